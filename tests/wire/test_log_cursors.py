"""A consumer with a stored cursor resumes where it stopped, in any process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from redis.asyncio import Redis

from app.wire.channels import LOG_CURSOR_PREFIX, LOG_KEY
from app.wire.events.event import PatternDetected
from app.wire.log.log import BEGINNING, Log, LogEntry, StreamPosition, TailGap


@pytest.fixture
def log(client: Redis, redis_url: str) -> Log:
    return Log(client, redis_url)


async def append(log: Log, *numbers: int) -> list[StreamPosition]:
    ids = [
        await log.append_once(PatternDetected(at=1000.0 + n, symbol="X", pattern="Doji", timeframe="", confidence=0.5))
        for n in numbers
    ]
    return [id_ for id_ in ids if id_]


async def take_entries(log: Log, count: int, commit: bool = True) -> list[LogEntry | TailGap]:
    """What the consumer `mail` is given, in a process that ends after so many."""
    received: list[LogEntry | TailGap] = []
    async with asyncio.timeout(10), aclosing(log.tail("mail")) as entries:
        async for entry in _first(entries, count):
            received.append(entry)
            if commit and isinstance(entry, LogEntry):
                await log.commit("mail", entry.id)
    return received


async def _first(entries: AsyncIterator[LogEntry | TailGap], count: int) -> AsyncIterator[LogEntry | TailGap]:
    for _ in range(count):
        yield await anext(entries)


def ids_of(entries: list[LogEntry | TailGap]) -> list[StreamPosition]:
    return [entry.id for entry in entries if isinstance(entry, LogEntry)]


async def test_a_new_cursor_starts_at_the_end_of_the_log(log: Log) -> None:
    await append(log, 1, 2)
    await log.cursor("mail")
    third = await append(log, 3)

    entries = await take_entries(log, 2)

    assert entries[0] == TailGap(None)
    assert ids_of(entries) == third


async def test_a_cursor_continues_after_the_committed_entry(log: Log, client: Redis, redis_url: str) -> None:
    await log.cursor("mail")
    ids = await append(log, *range(5))

    assert ids_of(await take_entries(log, 3)) == ids[:2]
    assert ids_of(await take_entries(Log(client, redis_url), 3)) == ids[2:]


async def test_uncommitted_entries_are_delivered_again(log: Log) -> None:
    await log.cursor("mail")
    ids = await append(log, 1, 2)

    assert await take_entries(log, 3, commit=False) == (again := await take_entries(log, 3))
    assert again[0] == TailGap(None)
    assert ids_of(again) == ids


async def test_a_cursor_lost_with_the_log_reports_the_loss_first(log: Log, client: Redis, redis_url: str) -> None:
    await append(log, 1, 2)
    assert await take_entries(log, 1) == [TailGap(None)]
    ids = await append(log, 3)
    assert ids_of(await take_entries(log, 2)) == ids

    await client.flushall()
    lost = await append(Log(client, redis_url), 4)
    later = Log(client, redis_url)
    assert await take_entries(later, 1) == [TailGap(None)]
    ids = await append(later, 5, 6)

    entries = await take_entries(later, 3)
    assert entries[0] == TailGap(None)
    assert ids_of(entries) == ids
    assert lost[0] not in ids_of(entries)
    assert await later.cursor("mail") == ids[-1]


async def test_a_lost_cursor_reports_the_loss(log: Log, client: Redis) -> None:
    await log.cursor("mail")
    ids = await append(log, 1, 2, 3)
    await log.commit("mail", ids[0])
    await client.delete(LOG_CURSOR_PREFIX + "mail")

    assert await take_entries(log, 1) == [TailGap(None)]


async def test_a_reader_that_began_before_the_log_was_lost_gets_the_loss_reported(
    log: Log, client: Redis, redis_url: str
) -> None:
    await log.cursor("mail")
    ids = await append(log, 1)
    await log.commit("mail", ids[0])

    async with asyncio.timeout(10), aclosing(log.tail("mail")) as entries:
        ids = await append(log, 2)
        assert ids_of([await anext(entries)]) == ids
        await client.flushall()
        later = await append(Log(client, redis_url), 3)
        assert await anext(entries) == TailGap(None)
        assert ids_of([await anext(entries)]) == later


async def test_a_cursor_never_moves_back_and_moves_no_other(log: Log) -> None:
    await log.cursor("sms")
    await log.cursor("mail")
    ids = await append(log, *range(3))

    await log.commit("mail", ids[2])
    await log.commit("mail", ids[0])

    assert await log.cursor("mail") == ids[2]
    assert await log.cursor("sms") == BEGINNING
    await log.commit("mail", StreamPosition(ids[2].epoch + 1, 0))
    assert await log.cursor("mail") == StreamPosition(ids[2].epoch + 1, 0)


async def test_entries_trimmed_while_a_reader_was_away_are_counted(log: Log, client: Redis) -> None:
    await log.cursor("mail")
    ids = await append(log, *range(6))
    await log.commit("mail", ids[0])
    await client.xtrim(LOG_KEY, minid=str(ids[4]), approximate=False)

    entries = await take_entries(log, 3)

    assert entries[0] == TailGap(3)
    assert ids_of(entries) == ids[4:]


async def test_a_malformed_cursor_starts_at_the_beginning(log: Log, client: Redis) -> None:
    ids = await append(log, 1)
    await client.set(LOG_CURSOR_PREFIX + "mail", b"\xff nonsense")

    entries = await take_entries(log, 2)

    assert entries[0] == TailGap(None)
    assert ids_of(entries) == ids
    assert await log.cursor("mail") == ids[0]
