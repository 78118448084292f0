"""Where the market database is of another engine, one of the web processes evaluates live rules from stored bars, and
keeps the rows for scans."""

import re
from datetime import UTC, datetime

import asyncpg
import pytest
from pydantic import SecretStr

from app.db.lease import Lease
from app.db.pools import Pool
from app.scans.matches import leased_evaluation
from app.settings.load import Settings
from app.wire.events.event import JobStatus
from tests.conftest import Databases
from tests.pipeline.conftest import Desk, serving
from tests.support.foreign_databases import BARS, SYMBOLS
from tests.support.list_pages import PAGE, rows
from tests.support.running_engine import eventually
from tests.support.web_process import process

TERM = "select term from app.leases where name = 'live rules' and expires_at > now()"
ROW = "select * from app.latest where symbol = 'BRK.B'"
CLOSE_OF_FRIDAY = datetime(2012, 8, 10, 20, tzinfo=UTC)
UNIVERSE = """
create table cache_entries (id serial, type varchar(50), name varchar(100), key varchar(100), value jsonb);
insert into cache_entries (type, name, key, value) values ('stock_universe', 'top', '1', '["BRK.B", "X:BTCUSD"]');
"""
MONDAY = """
insert into ohlcv_1min select 'BRK.B', timestamptz '2012-08-13 13:30Z' + n * interval '1 min', 59, 62, 58, 60, 10
  from generate_series(0, 9) as n;
insert into ohlcv_daily select 'BF/B', date, 1, 2, 1, 2, volume from ohlcv_daily where symbol = 'BRK.B';
"""
PAST = "close:29.4..30&at=2012-07-20"
LAPSE = "update app.leases set expires_at = now() - interval '1 second'"


@pytest.fixture
def foreign(settings: Settings, database_url: str) -> Settings:
    database = settings.database.model_copy(update={"market_url": SecretStr(database_url)})
    return settings.model_copy(update={"database": database})


@pytest.fixture
def transport() -> str:
    return "auto"


async def scanned(desk: Desk, rule: str) -> list[str]:
    async with desk.client() as client:
        answer = await client.get(f"/scan?q={rule}&v=1", headers=PAGE)
    assert answer.status_code in (200, 422), answer.text
    return rows(answer.text) or re.findall(r'<li class="error">([^<]*)', answer.text)


async def matches(desk: Desk, rule: str, *symbols: str) -> bool:
    return await scanned(desk, rule) == list(symbols)


async def test_one_process_evaluates_and_another_takes_over_when_it_is_killed(
    foreign: Settings, databases: Databases, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leased_evaluation, "RENEW_SECONDS", 0.1)
    market, own = await asyncpg.connect(database_url), await asyncpg.connect(databases.own)
    await market.execute(BARS)
    await market.execute(SYMBOLS)
    async with process(foreign.model_copy(update={"port": foreign.port + 1})) as holder:
        await eventually(lambda: own.fetchval(TERM))
        async with serving(foreign) as desk:
            await eventually(lambda: scanned(desk, "in5(close:gt:close@1)"))
            assert await scanned(desk, "in5(close:gt:close@1)") == ["BRK.B"]
            assert await own.fetchval(TERM) == 1
            holder.kill()
            await holder.wait()
            await market.execute(MONDAY)
            await own.execute(LAPSE)
            await eventually(lambda: own.fetchval(TERM))
            assert await own.fetchval(TERM) == 2
            await eventually(lambda: scanned(desk, "w.close:gt:10,close:gt:48"))
            assert await scanned(desk, "w.close:gt:10,close:gt:48") == ["BRK.B"]
            await eventually(lambda: own.fetchval(f"select exists ({ROW} and running and close = 60)"))
            await eventually(lambda: scanned(desk, PAST))
            assert await scanned(desk, PAST) == ["BRK.B"]
            await market.execute("update ohlcv_daily set close = 29.2 where date = '2012-07-20'")
            await desk.publish(JobStatus(at=1.0, job_id="load-1", status="completed"))
            await eventually(lambda: matches(desk, PAST))
    await market.close()
    await own.close()


async def test_rows_for_scans_are_kept_beside_our_own_tables(
    foreign: Settings, databases: Databases, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leased_evaluation, "RENEW_SECONDS", 0.1)
    monkeypatch.setattr(leased_evaluation, "REFRESH_SECONDS", 0.2)
    market, own = await asyncpg.connect(database_url), await asyncpg.connect(databases.own)
    await market.execute(BARS + SYMBOLS + UNIVERSE)

    async with serving(foreign) as desk:
        await eventually(lambda: own.fetchval("select exists (select from app.latest_symbols)"))
        day = await own.fetchrow(f"{ROW} and (timeframe, running) = ('daily', true)")
        assert (day["at"], day["close"], day["close_1"], day["bars"]) == (CLOSE_OF_FRIDAY, 50.5, 49.5, 40)
        assert day["sma20"] == pytest.approx(41.0)
        assert {row["timeframe"]: row["close"] for row in await own.fetch(f"{ROW} and not running")} == {
            "1min": 50.5, "5min": 50.5, "15min": 50.5, "30min": 50.5, "hourly": 50.5, "daily": 50.5, "weekly": 50.5,
            "monthly": 40.5,
        }  # fmt: skip

        assert await scanned(desk, "close:gt:sma20,sector:Finance,cap:..2") == ["BRK.B"]
        assert await scanned(desk, "universe:top_1,m5.close:50..") == ["BRK.B"]
        assert await scanned(desk, "close:gt:1k") == []
        async with desk.client() as client:
            document = (await client.get("/scan.json?q=close:50..&cols=tech&v=1")).json()
        row = document["rows"][0]
        assert (row["symbol"], row["name"], row["rsi14"]) == ("BRK.B", "Berkshire", 100)
        assert row["sma20"] == pytest.approx(23.17, abs=0.01)

        await market.execute(MONDAY)
        await eventually(lambda: own.fetchval(f"select exists ({ROW} and running and close = 60 and open = 59)"))
        assert await scanned(desk, "close:60..,chg:15..") == ["BRK.B"]
        # Days and minutes are not read in one snapshot: the other symbol may be in the next one.
        await eventually(lambda: matches(desk, "close:1..", "BF/B", "BRK.B"))

        await market.execute("delete from ohlcv_daily where symbol = 'BF/B'")
        await eventually(lambda: own.fetchval("select count(*) = 0 from app.latest where symbol = 'BF/B'"))
        assert await scanned(desk, "close:1.5..") == ["BRK.B"]
    await market.close()
    await own.close()


async def test_nobody_writes_rows_who_has_lost_the_lease(foreign: Settings, databases: Databases) -> None:
    pool = Pool(databases.own, "own", 2)
    first, second = Lease(pool, "live rules"), Lease(pool, "live rules")
    await first.take()
    async with pool.transaction() as connection:
        assert await first.holds(connection)
        assert not await second.holds(connection)
    async with pool.acquire() as connection:
        await connection.execute(LAPSE)
    await second.take()

    async with pool.transaction() as connection:
        assert not await first.holds(connection)
        assert await second.holds(connection)
    await pool.close()
