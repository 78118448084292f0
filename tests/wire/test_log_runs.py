"""Each state of a run is in the log once for each time it ran, whoever reports it and however often."""

import asyncio
from collections.abc import Callable
from itertools import chain

import pytest
from msgspec import json
from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire.channels import Meaning
from app.wire.codec.codec import decode
from app.wire.events.event import LoggedEvent, ProcessingChanged, RunChanged
from app.wire.log import log as logs
from app.wire.log.log import BEGINNING, Log, RangeGap
from tests.support.messages import enveloped


@pytest.fixture
def log(client: Redis, redis_url: str) -> Log:
    return Log(client, redis_url)


def run(status: str, at: float, run_id: str = "r1") -> RunChanged:
    return RunChanged(at=at, arrived_at=9999.0, work="import", run_id=run_id, status=status)


def daily(status: str, at: float, phase: str = "") -> ProcessingChanged:
    return ProcessingChanged(at=at, arrived_at=9999.0, run_id="r1", status=status, phase=phase)


def timeless(status: str) -> RunChanged:
    return RunChanged(at=5.0, arrived_at=5.0, work="cache", run_id="r1", status=status)


async def run_events(log: Log) -> list[tuple[str, float]]:
    rows = await log.since(BEGINNING, await log.top())
    assert not isinstance(rows, RangeGap)
    events = [entry.event for entry in rows]
    return [(event.status, event.at) for event in events if isinstance(event, RunChanged | ProcessingChanged)]


TWICE = [("started", 1000.0), ("completed", 1010.0), ("started", 1020.0), ("failed", 1030.0), ("started", 1030.0)]


@pytest.mark.parametrize("kind", [run, daily])
async def test_a_run_restarted_under_its_old_id_is_appended_again(
    log: Log, kind: Callable[[str, float], RunChanged | ProcessingChanged]
) -> None:
    for status, at in TWICE:
        assert await log.append_once(kind(status, at))

    assert await run_events(log) == TWICE


async def test_a_run_reported_late_by_every_process_is_appended_once(log: Log, client: Redis, redis_url: str) -> None:
    late, later = Log(client, redis_url), Log(client, redis_url)
    events = [run(status, at) for status, at in TWICE]

    for event in events:
        await log.append_once(event)
    for event in chain(events, events):
        assert await late.append_once(event) is None
    for event in events[2:]:
        assert await later.append_once(event) is None

    assert await run_events(log) == TWICE


async def test_a_run_reported_concurrently_is_appended_once(client: Redis, redis_url: str) -> None:
    async def append_all(log: Log, pause: float) -> None:
        for status, at in TWICE:
            await log.append_once(run(status, at))
            await asyncio.sleep(pause)

    processes = [Log(client, redis_url) for _ in range(4)]
    await asyncio.gather(*(append_all(each, 0.002 * number) for number, each in enumerate(processes)))

    assert await run_events(processes[0]) == TWICE


async def test_the_same_end_with_another_time_is_appended_once(log: Log) -> None:
    """As an engine says it that stamps each of its channels anew."""
    assert await log.append_once(run("started", 1000.0))
    assert await log.append_once(run("started", 1000.2)) is None
    assert await log.append_once(run("completed", 1010.0))
    assert await log.append_once(run("completed", 1010.3)) is None
    assert await log.append_once(run("started", 1000.1)) is None


async def test_two_formats_of_the_same_message_are_one_entry(log: Log) -> None:
    message = enveloped("data_import_completed", run_id="r7", success=True)
    for meaning in (Meaning.IMPORTS, Meaning.PROCESSING):
        event = decode(meaning, json.encode(message), 9999999999.0)
        assert isinstance(event, LoggedEvent)
        await log.append_once(event)

    assert [status for status, _ in await run_events(log)] == ["completed"]


async def test_phases_and_runs_are_distinguished(log: Log) -> None:
    for event in (
        daily("started", 1000.0, "import"),
        daily("completed", 1010.0, "import"),
        daily("started", 1010.0, "indicators"),
        run("started", 1000.0),
        run("started", 1000.0, "r2"),
        replace(run("started", 1000.0), work="patterns"),
    ):
        assert await log.append_once(event)


async def test_a_failure_in_a_phase_ends_the_run_that_began_without_one(log: Log) -> None:
    assert await log.append_once(daily("started", 1000.0))
    assert await log.append_once(daily("failed", 1005.0, "import"))
    assert await log.append_once(daily("started", 1020.0))
    assert await log.append_once(daily("failed", 1025.0, "import"))


async def test_a_run_without_times_can_start_again_shortly_after_its_end(
    log: Log, client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Log(client, redis_url)

    for status in ("started", "completed"):
        assert await log.append_once(timeless(status))
    for status in ("started", "completed"):
        assert await other.append_once(timeless(status)) is None
    monkeypatch.setattr(logs, "MOMENT_SECONDS", 0)
    await asyncio.sleep(0.01)
    for status in ("started", "completed"):
        assert await log.append_once(timeless(status))
        assert await other.append_once(timeless(status)) is None

    assert [status for status, _ in await run_events(log)] == ["started", "completed"] * 2
