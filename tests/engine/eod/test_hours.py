"""The schedule of the close with simulated clocks: when a day is checked again, until when, and what is published."""

import asyncio
from datetime import date, time
from decimal import Decimal

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.eod.day_close import DayClose
from tests.support.day_close import run_of
from tests.support.market_hours import CloseSimulation, wall_time
from tests.support.running_engine import eventually

FRIDAY, MONDAY, HALF, HOLIDAY = date(2012, 11, 16), date(2012, 11, 19), date(2012, 11, 23), date(2012, 11, 22)
NAMES = ["AAPL", "IBM", "LATE"]


async def put(link: asyncpg.Connection, day: date, *symbols: str) -> None:
    bars = [(symbol, day, *(Decimal(1),) * 4, 7) for symbol in symbols]
    await link.executemany("insert into ohlcv_daily values ($1, $2, $3, $4, $5, $6, $7)", bars)


async def market(link: asyncpg.Connection, day: date) -> None:
    """Three that traded the week before, of which one has no bar of the day yet."""
    await link.executemany("insert into symbols (symbol, active) values ($1, true)", [(name,) for name in NAMES])
    await put(link, date(2012, 11, 14), *NAMES)
    await put(link, day, *NAMES[:2])


async def test_bars_until_18_00_complete_the_day_in_one_run(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, FRIDAY)
    hours = CloseSimulation(pool, FRIDAY, time(16, 5))
    hours.at(time(17, 20), lambda: put(link, FRIDAY, "LATE"))

    hours.schedule.add(FRIDAY)
    await hours.closed()

    assert wall_time(FRIDAY, time(17, 20)) <= hours.wall <= wall_time(FRIDAY, time(17, 21))
    assert hours.statuses == ["started", "completed"]
    assert (await run_of(link, FRIDAY))["status"] == "success"
    (result,) = hours.results
    assert (result.status, result.target_date, result.total_symbols, result.completion_rate) == (
        "COMPLETE",
        "2012-11-16",
        3,
        1.0,
    )
    assert await link.fetchval("select sum(volume) from ohlcv_weekly where symbol = 'LATE'") == 14


async def test_at_18_00_an_incomplete_day_fails_and_names_the_missing_symbols(
    pool: Pool, link: asyncpg.Connection
) -> None:
    await market(link, FRIDAY)
    hours = CloseSimulation(pool, FRIDAY, time(16, 5))
    hours.at(time(18, 1), lambda: put(link, FRIDAY, "LATE"))

    hours.schedule.add(FRIDAY)
    await hours.closed()

    assert hours.statuses == ["started", "failed"]
    assert wall_time(FRIDAY, time(18)) <= hours.wall < wall_time(FRIDAY, time(18, 1))
    (result,) = hours.results
    assert (result.status, result.missing_symbol_list) == ("INCOMPLETE", ("LATE",))
    assert result.error == "all symbols: 2 of 3"
    assert (await run_of(link, FRIDAY))["error_message"] == "incomplete: all symbols: 2 of 3"


async def test_the_18_00_deadline_holds_while_redis_is_down(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, FRIDAY)
    hours = CloseSimulation(pool, FRIDAY, time(17, 50))
    hours.away = True

    hours.schedule.add(FRIDAY)
    await hours.closed()

    assert hours.statuses == ["started", "failed"]


async def test_closing_a_day_does_not_wait_for_the_previous_day(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, FRIDAY)
    hours = CloseSimulation(pool, FRIDAY, time(16, 5))

    async def monday() -> None:
        await put(link, MONDAY, *NAMES)
        hours.schedule.add(MONDAY)

    hours.at(time(16, 30), monday)
    hours.schedule.add(FRIDAY)
    await hours.closed(2)

    assert hours.statuses == ["started", "failed", "started", "completed"]
    assert [result.target_date for result in hours.results] == ["2012-11-16", "2012-11-19"]
    assert hours.wall < wall_time(FRIDAY, time(16, 32))


async def test_a_day_that_ends_again_during_its_close_is_checked_again(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, FRIDAY)
    hours = CloseSimulation(pool, FRIDAY, time(16, 5))

    async def again() -> None:
        await put(link, FRIDAY, "LATE")
        hours.schedule.add(FRIDAY)

    hours.at(time(16, 5, 20), again)
    hours.schedule.add(FRIDAY)
    await hours.closed()

    assert hours.statuses == ["started", "completed"]
    assert hours.wall < wall_time(FRIDAY, time(16, 6))


async def test_the_close_waits_for_bars_that_are_being_written(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, FRIDAY)
    hours = CloseSimulation(pool, FRIDAY, time(18, 1))
    hours.settling.append(lambda: put(link, FRIDAY, "LATE"))

    hours.schedule.add(FRIDAY)
    async with hours.running():
        await eventually(lambda: hours.events)
        await hours.settling[0]()
        hours.settling.clear()
        await eventually(lambda: hours.results)

    assert hours.statuses == ["started", "completed"]


async def test_a_day_that_ends_repeatedly_while_the_store_lags_is_closed_once(
    pool: Pool, link: asyncpg.Connection
) -> None:
    await market(link, FRIDAY)
    hours = CloseSimulation(pool, FRIDAY, time(18, 1))
    hours.settling.append(lambda: put(link, FRIDAY, "LATE"))

    hours.schedule.add(FRIDAY)
    async with hours.running():
        await eventually(lambda: hours.events)
        for _ in range(5):
            hours.schedule.add(FRIDAY)
            await asyncio.sleep(0)
        await hours.settling.pop()()
        await eventually(lambda: hours.results)
        hours.schedule.add(MONDAY)
        await eventually(lambda: len(hours.results) > 1)

    assert hours.statuses[:2] == ["started", "completed"]
    assert [result.target_date for result in hours.results] == [str(FRIDAY), str(MONDAY)]


async def test_a_replay_closes_without_waiting(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, FRIDAY)
    hours = CloseSimulation(pool, FRIDAY, time(16, 5))
    hours.speed = 60.0

    hours.schedule.add(FRIDAY)
    await hours.closed()

    assert (hours.statuses, hours.wall) == (["started", "failed"], wall_time(FRIDAY, time(16, 5)))


async def test_a_half_day_is_closed_at_13_00_with_the_same_wait(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, HALF)
    hours = CloseSimulation(pool, HALF, time(13, 5))
    hours.at(time(14, 30), lambda: put(link, HALF, "LATE"))

    hours.schedule.add(HALF)
    await hours.closed()

    assert hours.statuses == ["started", "completed"]


async def test_a_holiday_on_which_only_crypto_trades_is_not_closed(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, HALF)
    hours = CloseSimulation(pool, HALF, time(18, 30))

    hours.schedule.add(HOLIDAY)
    hours.schedule.add(HALF)
    await hours.closed()

    assert [event.run_id for event in hours.events if event.status == "started"] == [f"eod-{HALF}"]
    assert await link.fetchval("select count(*) from processing_runs") == 1


async def test_an_engine_resumes_the_closes_that_its_predecessor_began(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, FRIDAY)
    for day in (FRIDAY, MONDAY):
        await DayClose(pool, lambda _event: None, day).begin()
    before = await run_of(link, FRIDAY)
    await put(link, FRIDAY, "LATE")
    await put(link, MONDAY, *NAMES)
    hours = CloseSimulation(pool, MONDAY, time(19))

    await hours.closed(2)

    assert [(result.target_date, result.status) for result in hours.results] == [
        ("2012-11-16", "COMPLETE"),
        ("2012-11-19", "COMPLETE"),
    ]
    after = await run_of(link, FRIDAY)
    assert (after["status"], after["started_at"]) == ("success", before["started_at"])


async def test_a_failed_close_is_published_and_the_next_day_is_closed(pool: Pool, link: asyncpg.Connection) -> None:
    await market(link, FRIDAY)
    await put(link, MONDAY, *NAMES)
    hours = CloseSimulation(pool, FRIDAY, time(16, 5))
    await link.execute("alter table ohlcv_weekly rename column volume to weight")

    hours.schedule.add(FRIDAY)
    async with hours.running():
        await eventually(lambda: hours.results)
        await link.execute("alter table ohlcv_weekly rename column weight to volume")
        hours.schedule.add(MONDAY)
        await eventually(lambda: len(hours.results) == 2)

    assert [result.status for result in hours.results] == ["ERROR", "COMPLETE"]
    assert hours.schedule.failed == 1
    assert (await run_of(link, FRIDAY))["status"] == "failed"


@pytest.mark.parametrize("away", [False, True])
async def test_retention_runs_after_the_day_is_published_and_its_failure_stops_no_close(
    away: bool, pool: Pool, link: asyncpg.Connection
) -> None:
    await market(link, FRIDAY)
    await put(link, FRIDAY, "LATE")
    await put(link, MONDAY, *NAMES)
    hours = CloseSimulation(pool, FRIDAY, time(16, 5))
    hours.cannot_forget = away

    async with hours.running():
        for day in (FRIDAY, MONDAY):
            hours.schedule.add(day)
        await eventually(lambda: len(hours.forgotten) == 2, 60)

    assert hours.forgotten == [(FRIDAY, 1, True), (MONDAY, 2, False)]
