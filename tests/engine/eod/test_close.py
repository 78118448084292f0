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
from tests.commands.conftest import command
from tests.conftest import Databases
from tests.support.day_close import DAY, SYMBOLS, Row, close_day, random_rows, run_of, store, tables


def rolled_up_bars(rows: list[Row], start: dict[date, date]) -> list[tuple[object, ...]]:
    """Bar by bar."""
    bars = []
    for (symbol, begins), group in groupby(sorted(rows), key=lambda row: (row[0], start[row[1]])):
        days = list(group)
        bars.append((
            symbol, days[0][2], max(day[3] for day in days), min(day[4] for day in days), days[-1][5],
            sum(day[6] for day in days), begins,
        ))  # fmt: skip
    return bars


async def test_weekly_and_monthly_bars_are_rolled_up_from_days(pool: Pool, link: asyncpg.Connection) -> None:
    rows = [row for symbol in SYMBOLS for row in random_rows(symbol, date(2012, 11, 1), DAY)]
    await store(link, rows)

    for day in calendar.sessions(date(2012, 11, 1), DAY):
        await close_day(pool, day)
    first = await tables(link)
    await close_day(pool, DAY)

    weeks = rolled_up_bars(rows, {row[1]: row[1] - timedelta(days=row[1].weekday()) for row in rows})
    months = rolled_up_bars(rows, {row[1]: row[1].replace(day=1) for row in rows})
    assert [tuple(row) for row in first[1]] == weeks  # type: ignore[attr-defined]
    assert [tuple(row) for row in first[2]] == months  # type: ignore[attr-defined]
    assert await tables(link) == first


async def test_a_missing_daily_bar_is_rolled_up_from_minutes(pool: Pool, link: asyncpg.Connection) -> None:
    await store(link, [("A", DAY, *(Decimal(1),) * 4, 7)])
    opens, closes = sessions.regular(DAY).opens, sessions.regular(DAY).closes
    minutes = [("A", opens, 5), ("B", opens - 60, 9), ("B", opens, 5), ("B", closes - 60, 6), ("B", closes, 9)]
    await link.executemany(
        "insert into ohlcv_1min values ($1, $2, $3::numeric, $3 + 1, $3 - 1, $3 + 0.5, 10)",
        [(symbol, datetime.fromtimestamp(at, UTC), price) for symbol, at, price in minutes],
    )

    await close_day(pool, DAY)

    rows = await link.fetch("select symbol, open, high, low, close, volume from ohlcv_daily order by 1")
    assert [tuple(row) for row in rows] == [("A", 1, 1, 1, 1, 7), ("B", 5, 7, 4, Decimal("6.5"), 20)]


async def test_closing_a_complete_day_publishes_the_events_of_the_contract(
    pool: Pool, link: asyncpg.Connection
) -> None:
    await store(link, [(symbol, DAY, *(Decimal(1),) * 4, 7) for symbol in SYMBOLS])
    await link.execute(
        "insert into symbols (symbol, active, list_date) values ('GONE', false, null), ('LATER', true, $1),"
        " ('X:BTCUSD', true, null), ('BTC-USD', true, null), ('EURUSD=X', true, null), ('TEST_CRASH_2020', true, null)",
        date(2013, 1, 2),
    )
    events: list[Event] = []

    await close_day(pool, DAY, events)

    run = await run_of(link, DAY)
    assert (run["status"], run["symbols_total"], run["symbols_processed"], run["symbols_failed"]) == (
        "success",
        30,
        30,
        0,
    )
    assert (run["trigger_type"], run["error_message"]) == ("automatic", None)
    assert [event.status for event in events] == ["started", "running", "running", "completed"]
    assert events[-1].run_id == f"eod-{DAY}"
    message = json.loads(codec.encode(events[-1]))
    assert message["event"] == "daily_processing_completed"
    assert message["payload"]["status"] == "success"
    assert message["payload"]["universes"] == ["all symbols"]


async def test_a_universe_with_too_many_missing_symbols_fails_the_day_and_names_them(
    pool: Pool, link: asyncpg.Connection
) -> None:
    bars = [(symbol, DAY, *(Decimal(1),) * 4, 7) for symbol in SYMBOLS]
    await store(link, bars)
    await link.execute("update ohlcv_daily set date = date - 2 where symbol = 'S7'")
    await link.execute(
        "insert into cache_entries (type, name, key, value, environment) values"
        " ('stock_universe', 'market_leaders', 'top_2',"
        ' \'{"stocks": [{"ticker": "S7"}, {"ticker": "S8"}]}\', \'x\'),'
        " ('etf_universe', 'etf', 'unheard', '[\"NOBODY\"]', 'x')"
    )
    events: list[Event] = []

    await close_day(pool, DAY, events)

    run = await run_of(link, DAY)
    assert run["status"] == "failed"
    assert run["error_message"] == "incomplete: market_leaders:top_2: 1 of 2"
    assert json.loads(run["metadata"])["universes"][1] == {
        "universe": "market_leaders:top_2", "expected": 2, "share": 0.5, "missing": ["S7"], "silent": []
    }  # fmt: skip
    assert isinstance(events[-1], ProcessingChanged)
    assert (events[-1].status, events[-1].failed) == ("failed", 1)

    await link.execute("insert into ohlcv_daily values ('S7', $1, 1, 1, 1, 1, 7)", DAY)
    await close_day(pool, DAY)

    assert (await run_of(link, DAY))["status"] == "success"


@pytest.mark.parametrize("seed", range(6))
async def test_an_interrupted_close_is_completed_by_the_next_attempt(
    seed: int, pool: Pool, databases: Databases, link: asyncpg.Connection
) -> None:
    await store(link, [row for symbol in SYMBOLS for row in random_rows(symbol, date(2012, 10, 1), DAY)])
    rng = random.Random(seed)
    stages: list[Event] = []
    cut = rng.randrange(3)

    def tell(event: Event) -> None:
        stages.append(event)
        if len(stages) > cut:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await DayClose(pool, tell, DAY).run()
    assert (await run_of(link, DAY))["status"] == "running"

    await close_day(pool, DAY)

    broken = await tables(link)
    await link.execute("delete from ohlcv_weekly; delete from ohlcv_monthly; delete from processing_runs")
    await close_day(pool, DAY)
    assert await tables(link) == broken
    assert await link.fetchval("select count(*) from processing_runs") == 1


async def test_a_day_is_closed_by_a_command(databases: Databases, link: asyncpg.Connection, tmp_path: Path) -> None:
    await store(link, [(symbol, DAY, *(Decimal(1),) * 4, 7) for symbol in SYMBOLS])
    engine = {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}

    process = command(tmp_path, "data", "close", **engine)
    holiday = command(tmp_path, "data", "close", "--date", "2012-11-22", **engine)

    assert process.returncode == 0, process.stderr
    assert "2012-11-23: 0 days made of minutes, 60 weeks and months new or changed" in process.stdout
    assert (await run_of(link, DAY))["trigger_type"] == "manual"
    assert holiday.returncode == 1
    assert "the exchange was closed on 2012-11-22" in holiday.stderr
    assert PHASES[-1] == (await run_of(link, DAY))["phase"]
