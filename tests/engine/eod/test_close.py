import asyncio
import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.eod.day_close import PHASES, DayClose, Event
from app.finance import calendar, sessions
from app.wire.codec import codec
from app.wire.events.event import ProcessingChanged
from tests.cli.conftest import command
from tests.conftest import Databases
from tests.support.day_close import DAY, SYMBOLS, Row, closed, invented, run_of, store, tables


def rolled(rows: list[Row], start: dict[date, date]) -> list[tuple[object, ...]]:
    """Bar by bar."""
    made = []
    for (symbol, begins), group in groupby(sorted(rows), key=lambda row: (row[0], start[row[1]])):
        days = list(group)
        made.append((
            symbol, days[0][2], max(day[3] for day in days), min(day[4] for day in days), days[-1][5],
            sum(day[6] for day in days), begins,
        ))  # fmt: skip
    return made


async def test_weeks_and_months_are_what_their_days_make(pool: Pool, link: asyncpg.Connection) -> None:
    rows = [row for symbol in SYMBOLS for row in invented(symbol, date(2012, 11, 1), DAY)]
    await store(link, rows)

    for day in calendar.sessions(date(2012, 11, 1), DAY):
        await closed(pool, day)
    first = await tables(link)
    await closed(pool, DAY)

    weeks = rolled(rows, {row[1]: row[1] - timedelta(days=row[1].weekday()) for row in rows})
    months = rolled(rows, {row[1]: row[1].replace(day=1) for row in rows})
    assert [tuple(row) for row in first[1]] == weeks  # type: ignore[attr-defined]
    assert [tuple(row) for row in first[2]] == months  # type: ignore[attr-defined]
    assert await tables(link) == first


async def test_a_day_that_is_missing_is_made_of_its_minutes(pool: Pool, link: asyncpg.Connection) -> None:
    await store(link, [("A", DAY, *(Decimal(1),) * 4, 7)])
    opens, closes = sessions.regular(DAY).opens, sessions.regular(DAY).closes
    minutes = [("A", opens, 5), ("B", opens - 60, 9), ("B", opens, 5), ("B", closes - 60, 6), ("B", closes, 9)]
    await link.executemany(
        "insert into ohlcv_1min values ($1, $2, $3::numeric, $3 + 1, $3 - 1, $3 + 0.5, 10)",
        [(symbol, datetime.fromtimestamp(at, UTC), price) for symbol, at, price in minutes],
    )

    await closed(pool, DAY)

    found = await link.fetch("select symbol, open, high, low, close, volume from ohlcv_daily order by 1")
    assert [tuple(row) for row in found] == [("A", 1, 1, 1, 1, 7), ("B", 5, 7, 4, Decimal("6.5"), 20)]


async def test_a_day_with_enough_bars_is_told_in_the_contracts_words(pool: Pool, link: asyncpg.Connection) -> None:
    await store(link, [(symbol, DAY, *(Decimal(1),) * 4, 7) for symbol in SYMBOLS])
    await link.execute(
        "insert into symbols (symbol, active, list_date) values ('GONE', false, null), ('LATER', true, $1),"
        " ('X:BTCUSD', true, null), ('BTC-USD', true, null), ('EURUSD=X', true, null), ('TEST_CRASH_2020', true, null)",
        date(2013, 1, 2),
    )
    told: list[Event] = []

    await closed(pool, DAY, told)

    run = await run_of(link, DAY)
    assert (run["status"], run["symbols_total"], run["symbols_processed"], run["symbols_failed"]) == (
        "success",
        30,
        30,
        0,
    )
    assert (run["trigger_type"], run["error_message"]) == ("automatic", None)
    assert [event.status for event in told] == ["started", "running", "running", "completed"]
    assert told[-1].run_id == f"eod-{DAY}"
    written = json.loads(codec.encode(told[-1]))
    assert written["event"] == "daily_processing_completed"
    assert written["payload"]["status"] == "success"
    assert written["payload"]["universes"] == ["all symbols"]


async def test_a_universe_that_lacks_too_much_fails_the_day_and_says_whom(pool: Pool, link: asyncpg.Connection) -> None:
    bars = [(symbol, DAY, *(Decimal(1),) * 4, 7) for symbol in SYMBOLS]
    await store(link, bars)
    await link.execute("update ohlcv_daily set date = date - 2 where symbol = 'S7'")
    await link.execute(
        "insert into cache_entries (type, name, key, value, environment) values"
        " ('stock_universe', 'market_leaders', 'top_2',"
        ' \'{"stocks": [{"ticker": "S7"}, {"ticker": "S8"}]}\', \'x\'),'
        " ('etf_universe', 'etf', 'unheard', '[\"NOBODY\"]', 'x')"
    )
    told: list[Event] = []

    await closed(pool, DAY, told)

    run = await run_of(link, DAY)
    assert run["status"] == "failed"
    assert run["error_message"] == "incomplete: market_leaders:top_2: 1 of 2"
    assert json.loads(run["metadata"])["universes"][1] == {
        "universe": "market_leaders:top_2", "expected": 2, "share": 0.5, "missing": ["S7"], "silent": []
    }  # fmt: skip
    assert isinstance(told[-1], ProcessingChanged)
    assert (told[-1].status, told[-1].failed) == ("failed", 1)

    await link.execute("insert into ohlcv_daily values ('S7', $1, 1, 1, 1, 1, 7)", DAY)
    await closed(pool, DAY)

    assert (await run_of(link, DAY))["status"] == "success"


@pytest.mark.parametrize("seed", range(6))
async def test_a_day_whose_closing_was_broken_off_is_closed_by_the_next_try(
    seed: int, pool: Pool, databases: Databases, link: asyncpg.Connection
) -> None:
    await store(link, [row for symbol in SYMBOLS for row in invented(symbol, date(2012, 10, 1), DAY)])
    made = random.Random(seed)
    stages: list[Event] = []
    cut = made.randrange(3)

    def tell(event: Event) -> None:
        stages.append(event)
        if len(stages) > cut:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await DayClose(pool, tell, DAY).run()
    assert (await run_of(link, DAY))["status"] == "running"

    await closed(pool, DAY)

    broken = await tables(link)
    await link.execute("delete from ohlcv_weekly; delete from ohlcv_monthly; delete from processing_runs")
    await closed(pool, DAY)
    assert await tables(link) == broken
    assert await link.fetchval("select count(*) from processing_runs") == 1


async def test_a_day_is_closed_by_a_command(databases: Databases, link: asyncpg.Connection, tmp_path: Path) -> None:
    await store(link, [(symbol, DAY, *(Decimal(1),) * 4, 7) for symbol in SYMBOLS])
    engine = {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}

    found = command(tmp_path, "data", "close", **engine)
    holiday = command(tmp_path, "data", "close", "--date", "2012-11-22", **engine)

    assert found.returncode == 0, found.stderr
    assert "2012-11-23: 0 days made of minutes, 60 weeks and months new or changed" in found.stdout
    assert (await run_of(link, DAY))["trigger_type"] == "manual"
    assert holiday.returncode == 1
    assert "the exchange was closed on 2012-11-22" in holiday.stderr
    assert PHASES[-1] == (await run_of(link, DAY))["phase"]
