"""The past of the invented market in the database: loaded once, filled up, and deleted where it begins again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest

from app.db.pools import Pool
from app.embedded import postgres
from app.embedded.places import Places
from app.engine.startup import history
from app.engine.startup.history import ShippedHistory
from app.engine.startup.invented_history import InventedHistory, LoadResult, load
from app.finance import calendar
from app.finance.invented import bars, schedule
from tests.conftest import copied
from tests.support.filled_databases import fill_database
from tests.support.invented_market import SECTION, SPACING, prices
from tests.support.running_engine import PATH

FIRST = date(2018, 2, 1)
"""Of the session that is played first: little past, so that the load is quick."""
PAST = list(calendar.sessions(date(2018, 1, 2), calendar.previous_session(FIRST)))
LATER = date(2018, 2, 6)
INVENTED = InventedHistory(SECTION.path, SECTION.seed, SPACING)


@pytest.fixture(scope="module")
def with_invented_past(places: Places, with_history: str) -> str:
    """The name of a database with the past before FIRST, to be copied."""
    return fill_database(places, "with_invented_past", with_history, _load_first)


async def _load_first(url: str) -> None:
    pool = _pool(url)
    assert (await load(pool, INVENTED, FIRST.isoformat(), 0.6)).new_days == len(PAST) * 123
    await pool.close()


@pytest.fixture
async def loaded(places: Places, with_invented_past: str) -> AsyncIterator[tuple[Pool, asyncpg.Connection]]:
    async for name in copied(places, with_invented_past):
        url = postgres.url(places, name)
        pool, link = _pool(url), await asyncpg.connect(url)
        yield pool, link
        await link.close()
        await pool.close()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = _pool(database_url)
    yield pool
    await pool.close()


async def test_the_past_is_stored_once_with_what_belongs_to_it(loaded: tuple[Pool, asyncpg.Connection]) -> None:
    pool, link = loaded

    assert (await load(pool, INVENTED, FIRST.isoformat(), 0.6)).new_days == 0

    minutes = await link.fetchrow("select count(distinct timestamp::date), count(distinct symbol) from ohlcv_1min")
    assert tuple(minutes) == (schedule.DAYS_OF_MINUTES, 123)
    row = await link.fetchrow("select name, type, sector, industry, market_cap from symbols where symbol = 'BRKH.B'")
    assert tuple(row)[:4] == ("Brookhaven Holdings Inc.", "CS", "Financials", "Diversified Insurance")
    assert 1e11 < row["market_cap"] < 1e12
    assert await link.fetchval("select count(*) from ohlcv_weekly where symbol = 'INV120'") == 5
    assert await link.fetchval("select count(*) from daily_patterns where symbol = 'ORBQ'") > 0
    assert await link.fetchval("select count(*) from dividends where source = 'invented'") > 20
    assert await link.fetchval("select count(*) from universe_members where universe = 'invented:market'") == 123
    announced = await link.fetchval("select max(ex_date) from splits where source = 'invented'")
    assert FIRST < announced <= schedule.sessions_after(FIRST, schedule.SPLITS_AHEAD)


async def test_stored_days_are_those_of_the_market_and_minutes_add_up_to_them(
    loaded: tuple[Pool, asyncpg.Connection],
) -> None:
    _, link = loaded
    market, before = prices(), calendar.previous_session(FIRST)
    rows = await link.fetch("select symbol, close::float8 from ohlcv_daily where date = $1", before)
    assert dict(map(tuple, rows)) == {bar.symbol: bar.close for bar in bars.daily(market, before, before)}
    row = await link.fetchrow(
        "select max(high)::float8, min(low)::float8, sum(volume)::int8 from ohlcv_1min"
        " where symbol = 'ORBQ' and timestamp::date = $1",
        before,
    )
    day = await link.fetchrow(
        "select high::float8, low::float8, volume::int8 from ohlcv_daily where symbol = 'ORBQ' and date = $1", before
    )
    assert tuple(row) == tuple(day)


async def test_sessions_that_the_engine_missed_are_filled_up(loaded: tuple[Pool, asyncpg.Connection]) -> None:
    pool, link = loaded

    assert (await load(pool, INVENTED, LATER.isoformat(), 0.6)).new_days == 3 * 123
    days = await link.fetch("select distinct date from ohlcv_daily where symbol = 'ORBQ' and date >= $1", FIRST)
    assert sorted(row["date"] for row in days) == [FIRST, date(2018, 2, 2), date(2018, 2, 5)]


async def test_a_market_that_begins_again_forgets_what_came_later_and_nothing_real(
    loaded: tuple[Pool, asyncpg.Connection],
) -> None:
    pool, link = loaded
    await load(pool, INVENTED, LATER.isoformat(), 0.6)
    real = await link.fetchval("select count(*) from ohlcv_daily where symbol = 'AAPL'")
    await link.execute("insert into engine_marks values ('later', '2018-02-05T12:00Z')")
    # As of a session in progress, which has no daily bar.
    await link.execute(
        "insert into ohlcv_1min select symbol, timestamp + interval '1 day', open, high, low, close, volume"
        " from ohlcv_1min where timestamp::date = '2018-02-05'"
    )

    assert await load(pool, INVENTED, FIRST.isoformat(), 0.6) == LoadResult(0, began_again=True)

    newest = await link.fetch("select max(date) from ohlcv_daily where symbol <> 'AAPL' and date > '2014-01-01'")
    assert newest[0][0] == calendar.previous_session(FIRST)
    assert await link.fetchval("select max(timestamp)::date from ohlcv_1min") == calendar.previous_session(FIRST)
    for table, key in (("daily_patterns", "detection_timestamp"), ("daily_indicators", "calculation_timestamp")):
        assert await link.fetchval(f"select count(*) from {table} where {key} >= $1", FIRST) == 0
    assert await link.fetchval("select count(*) from engine_marks where name = 'later'") == 0
    assert await link.fetchval("select count(*) from ohlcv_daily where symbol = 'AAPL'") == real


async def test_a_load_that_was_interrupted_is_made_again(pool: Pool, link: asyncpg.Connection) -> None:
    loading = asyncio.create_task(load(pool, INVENTED, FIRST.isoformat(), 0.6))
    while not await link.fetchval("select exists(select from ohlcv_1min)"):
        await asyncio.sleep(0.01)
    loading.cancel()
    await asyncio.wait({loading})

    assert (await load(pool, INVENTED, FIRST.isoformat(), 0.6)).new_days == len(PAST) * 123
    assert await link.fetchval("select count(*) from daily_patterns where symbol = 'ZPHL'") > 0
    assert await link.fetchval("select count(*) from ohlcv_daily where symbol = 'ADVN' and date > '2015-01-01'") == len(
        PAST
    )


async def test_the_real_history_is_a_universe_of_its_own(pool: Pool, link: asyncpg.Connection) -> None:
    await history.load(pool, ShippedHistory(PATH, date.max), 0.6)

    members = await link.fetch(
        "select symbol from universe_members where universe = 'shipped:US equities 2000 to 2013, real' order by 1"
    )
    assert [row["symbol"] for row in members] == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
    assert await link.fetchval("select max(date) from ohlcv_daily") == date(2013, 3, 1)


def _pool(url: str) -> Pool:
    return Pool(url, "engine", 4, acquire_seconds=10.0, statement_ms=10_000)
