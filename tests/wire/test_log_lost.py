"""After Redis lost the log no event is appended twice: processes remember what they appended."""

import asyncio

import pytest
from redis.asyncio import Redis

from app.wire.events.event import ErrorReported, LoggedEvent, ProcessingChanged, RunChanged
from app.wire.log.log import BEGINNING, Log, LogEntry, TailGap
from tests.support.event_log import append, detected, tailing
from tests.wire.conftest import eventually

MOMENT_SECONDS = 2.0
"""As the desk has it: time for a reminder to come through, however slow Redis and we are."""


def events_at(at: float) -> list[LoggedEvent]:
    """An event of each sort: by its content and time, by its name, by how often it is said, by what a run did."""
    return [
        detected(int(at)),
        ErrorReported(at=at, arrived_at=at, error_id=f"e{at}", message=f"disk {at} is full", severity="error"),
        ErrorReported(at=at, arrived_at=at, message="disk full", severity="error"),
        ProcessingChanged(at=at, arrived_at=9999.0, run_id="r1", status="started" if at < 1003 else "completed"),
        RunChanged(at=at, arrived_at=at, work="cache", run_id=f"r{at}", status="started"),
    ]


@pytest.fixture
def log(client: Redis, redis_url: str) -> Log:
    return Log(client, redis_url, MOMENT_SECONDS)


@pytest.fixture
def held_up(client: Redis, redis_url: str) -> Log:
    """A process that hears the same and comes late."""
    return Log(client, redis_url, MOMENT_SECONDS)


async def test_an_event_that_a_process_still_remembers_is_not_appended_again(
    log: Log, held_up: Log, client: Redis
) -> None:
    heard_by_both, in_hand = events_at(1001.0), events_at(1004.0)
    async with tailing(log, BEGINNING) as events:
        for event in heard_by_both:
            await log.append_once(event)
            assert await held_up.append_once(event) is None
        for event in in_hand:
            await log.append_once(event)
        await client.flushall()

        assert [await held_up.append_once(event) for event in in_hand] == [None] * len(in_hand)
        (newest,) = await append(held_up, 7)
        await eventually(lambda: isinstance(events[-1], LogEntry) and events[-1].id == newest)

    lost = events.index(TailGap(None))
    assert [type(each) for each in events[lost:]] == [TailGap, LogEntry]
    assert await log.append_once(detected(7)) is None


async def test_a_process_that_only_reads_restores_the_identities_with_its_next_event(
    log: Log, held_up: Log, client: Redis
) -> None:
    await append(log, 1, 2, 3)
    await append(held_up, 0)
    await client.flushall()

    logged = await asyncio.gather(held_up.append_once(detected(3)), log.append_once(detected(4)))

    assert logged[0] is None
    assert logged[1]


async def test_an_event_in_no_memory_is_appended_after_the_loss(log: Log, held_up: Log, client: Redis) -> None:
    await append(log, 1)
    await append(held_up, 2)
    await client.flushall()

    first, second = await asyncio.gather(append(log, 3), append(held_up, 4))

    assert {first[0].n, second[0].n} == {1, 2}
    assert first[0].epoch == second[0].epoch


async def test_a_process_without_logged_events_does_not_wait(client: Redis, redis_url: str) -> None:
    log = Log(client, redis_url, 3600)

    assert [id_.n for id_ in await append(log, 1, 2)] == [0, 1]
