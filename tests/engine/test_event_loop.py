"""The event loop stays responsive while an engine computes indicators and patterns."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import asyncpg
import pytest
import talib

from app.db.migrate import migrate
from app.db.pools import Pool
from app.engine.startup import history
from app.engine.startup.history import ShippedHistory, load
from app.finance.bars import Bar
from app.wire.channels import JOBS_PROCESSING
from app.wire.client import connect
from app.wire.events.event import EngineHealth, ProcessingChanged
from tests.support.engine_ticks import OPENS, intake_and_store
from tests.support.running_engine import PATH, UNTIL, events_of, eventually, recorded_events, running_engine

FORCED = b'{"command":"START_DAILY_PROCESSING","parameters":{"force":true,"symbols":["IBM","FB"]}}'
COMPUTING = {"growth", "analyse_history", "pattern_outcomes", "_evaluate"}


@contextmanager
def calls_in_this_thread() -> Iterator[set[str]]:
    """Functions of startup.history that compute and that this thread calls."""
    names: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename == history.__file__ and frame.f_code.co_name in COMPUTING:
            names.add(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        yield names
    finally:
        sys.setprofile(None)


@pytest.fixture
def computing(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Set when TA-Lib is called while the second is not set; that call ends when it is."""
    started, go_on = threading.Event(), threading.Event()
    go_on.set()
    rsi = talib.RSI

    def blocking_rsi(*arguments: object, **options: object) -> object:
        if not go_on.is_set():
            started.set()
        assert go_on.wait(20), "whoever computes stands in the way of whoever lets it go on"
        return rsi(*arguments, **options)

    monkeypatch.setattr(talib, "RSI", blocking_rsi)
    yield started, go_on
    go_on.set()


async def test_heartbeats_continue_during_requested_processing(
    redis_url: str, database_url: str, computing: tuple[threading.Event, threading.Event]
) -> None:
    started, go_on = computing
    client = connect(redis_url)
    async with running_engine(redis_url, database_url), recorded_events(redis_url) as events:
        go_on.clear()
        await client.publish(JOBS_PROCESSING, FORCED)
        assert await asyncio.to_thread(started.wait, 20)

        beats = len(events_of(EngineHealth, events))
        await eventually(lambda: len(events_of(EngineHealth, events)) >= beats + 3, 15)
        ends = [event.status for event in events_of(ProcessingChanged, events)]
        go_on.set()
        await eventually(lambda: events_of(ProcessingChanged, events)[-1].status == "completed")

    await client.aclose()
    assert ends == ["started"]


async def test_closed_bars_are_analysed_outside_the_event_loop(
    computing: tuple[threading.Event, threading.Event],
) -> None:
    started, go_on = computing
    intake, _ = intake_and_store("1min")
    bars = [Bar("IBM", "1min", OPENS + 60 * minute, 10, 11, 9, 10, 100, 4) for minute in range(40)]
    go_on.clear()
    analysis = asyncio.create_task(intake._bar_close.analyse(bars))

    assert await asyncio.to_thread(started.wait, 20)

    assert not analysis.done()
    go_on.set()
    await analysis


async def test_nothing_is_computed_in_the_thread_of_the_loop(redis_url: str, database_url: str) -> None:
    client = connect(redis_url)
    async with running_engine(redis_url, database_url), recorded_events(redis_url) as events:
        with calls_in_this_thread() as calls:
            await client.publish(JOBS_PROCESSING, FORCED)
            await eventually(lambda: any(event.status == "completed" for event in events_of(ProcessingChanged, events)))

    await client.aclose()
    assert calls == set()


async def test_nothing_is_computed_in_the_thread_of_the_loop_at_the_first_start(empty_url: str) -> None:
    await asyncio.to_thread(migrate_now, empty_url)
    pool = Pool(empty_url, "engine", 1, acquire_seconds=10.0, statement_ms=10_000)

    with calls_in_this_thread() as calls:
        assert await load(pool, ShippedHistory(PATH, UNTIL), 0.6) > 0

    await pool.close()
    assert calls == set()
    link = await asyncpg.connect(empty_url)
    assert await link.fetchval("select count(*) from daily_patterns") > 0
    assert await link.fetchval("select count(*) from pattern_outcomes") > 0
    await link.close()


def migrate_now(url: str) -> None:
    asyncio.run(migrate("market", url))
