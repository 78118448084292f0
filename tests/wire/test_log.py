"""Every entry is in the log once, in order, and every reader learns what is missing."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from app.wire.channels import LOG_EPOCH_KEY, LOG_KEY, LOG_SEEN_PREFIX
from app.wire.client import RedisUnavailable, close, connect
from app.wire.log import log as logs
from app.wire.log.log import BEGINNING, Log, LogEntry, RangeGap, StreamPosition, TailGap
from tests.support.event_log import append, detected, tailing
from tests.wire.conftest import Server, eventually


@pytest.fixture
def log(client: Redis, redis_url: str) -> Log:
    return Log(client, redis_url)


async def test_ids_count_from_zero_without_gaps(log: Log) -> None:
    first, second, third = await append(log, 1, 2, 3)

    assert [first.n, second.n, third.n] == [0, 1, 2]
    assert first.epoch == second.epoch == third.epoch
    assert await log.top() == third


async def test_an_event_received_by_several_processes_is_appended_once(log: Log, client: Redis, redis_url: str) -> None:
    other = Log(client, redis_url)

    answers = await asyncio.gather(*(each.append_once(detected(1)) for each in (log, other) * 20))

    assert len([answer for answer in answers if answer]) == 1
    assert await client.xlen(LOG_KEY) == 1


async def test_the_bar_time_identifies_an_event_and_the_arrival_time_does_not(log: Log) -> None:
    await append(log, 1, 2)

    assert await log.append_once(detected(2, arrived_at=9.0, published_at=3000.0, source="twice")) is None


async def test_events_without_time_or_id_count_by_their_occurrence(log: Log, client: Redis, redis_url: str) -> None:
    other = Log(client, redis_url)
    nameless = [detected(number, published_at=0.0) for number in range(3)]

    ids = [await each.append_once(event) for event in nameless for each in (log, other)]

    assert [answer is not None for answer in ids] == [True, False] * 3


async def test_since_returns_each_entry_between_two_positions_once(log: Log) -> None:
    ids = await append(log, *range(5))

    entries = await log.since(ids[1], ids[3])

    assert isinstance(entries, tuple)
    assert [entry.id for entry in entries] == ids[2:4]
    assert [entry.event.at for entry in entries] == [1002.0, 1003.0]
    assert await log.since(ids[4], ids[4]) == ()
    assert await log.since(ids[4], ids[2]) == ()


async def test_a_page_read_before_the_first_entry_misses_none(log: Log) -> None:
    before = await log.top()
    ids = await append(log, 1, 2)

    entries = await log.since(before, ids[-1])

    assert before == BEGINNING
    assert isinstance(entries, tuple)
    assert [entry.id for entry in entries] == ids


async def test_a_trimmed_log_counts_the_missing_entries(log: Log, client: Redis) -> None:
    ids = await append(log, *range(6))
    await client.xtrim(LOG_KEY, minid=str(ids[3]), approximate=False)

    assert await log.since(ids[0], ids[5]) == RangeGap(5)
    assert await log.since(StreamPosition(ids[0].epoch - 1, 7), ids[5]) == RangeGap(None)
    assert await log.since(StreamPosition(ids[5].epoch, 99), ids[5]) == RangeGap(None)


async def test_the_log_stays_bounded(log: Log, client: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_ENTRIES", 100)

    await append(log, *range(500))

    assert await client.xlen(LOG_KEY) < 300
    assert (await log.top()).n == 499


async def test_a_tail_continues_after_its_last_entry(log: Log) -> None:
    first, second = await append(log, 1, 2)

    async with tailing(log, first) as entries:
        await eventually(lambda: len(entries) == 1)
        (third,) = await append(log, 3)
        await eventually(lambda: len(entries) == 2)

    assert [entry.id for entry in entries if isinstance(entry, LogEntry)] == [second, third]


async def test_a_tail_that_fell_behind_counts_missed_entries(log: Log, client: Redis) -> None:
    ids = await append(log, *range(6))
    await client.xtrim(LOG_KEY, minid=str(ids[4]), approximate=False)

    async with tailing(log, ids[0]) as entries:
        await eventually(lambda: len(entries) == 3)

    assert entries[0] == TailGap(3)
    assert [entry.id for entry in entries[1:] if isinstance(entry, LogEntry)] == ids[4:]


async def test_a_foreign_entry_is_ignored(log: Log, client: Redis) -> None:
    (first,) = await append(log, 1)
    await client.xadd(LOG_KEY, {"e": "nonsense"}, id=f"{first.epoch}-*")
    (third,) = await append(log, 2)

    async with tailing(log, BEGINNING) as entries:
        await eventually(lambda: len(entries) == 2)

    assert [entry.id for entry in entries if isinstance(entry, LogEntry)] == [first, third]


async def test_a_tail_survives_a_killed_redis_that_kept_its_data(server: Server) -> None:
    client = connect(server.url)
    log = Log(client, server.url)
    await client.config_set("appendfsync", "always")

    async with tailing(log, BEGINNING) as entries:
        (first,) = await append(log, 1)
        await eventually(lambda: len(entries) == 1)
        server.kill()
        with pytest.raises(RedisUnavailable):
            await log.append_once(detected(2))
        server.start()
        (second,) = await append(log, 2)
        await eventually(lambda: len(entries) == 2)

    assert [entry.id for entry in entries if isinstance(entry, LogEntry)] == [first, second]
    assert second == StreamPosition(first.epoch, 1)
    await close(client)


@pytest.mark.parametrize("also", [(LOG_EPOCH_KEY,), ()], ids=["epoch gone too", "epoch kept"])
async def test_a_lost_log_continues_under_a_later_epoch(log: Log, client: Redis, also: tuple[str, ...]) -> None:
    async with tailing(log, BEGINNING) as entries:
        ids = await append(log, 1, 2)
        await eventually(lambda: len(entries) == 2)
        await client.delete(LOG_KEY, *also)
        (fresh,) = await append(log, 3)
        await eventually(lambda: len(entries) == 4)

    assert fresh.epoch > ids[-1].epoch
    assert fresh.n == 1
    assert entries[2] == TailGap(None)
    assert isinstance(entries[3], LogEntry)
    assert await log.since(ids[-1], fresh) == RangeGap(None)


async def test_no_id_is_reused_after_redis_lost_its_last_entries(log: Log, client: Redis) -> None:
    ids = await append(log, *range(4))
    await _forget(client, ids[2:])

    (next_,) = await append(log, 9)

    assert next_.epoch > ids[-1].epoch


async def test_a_tail_detects_lost_entries_after_reconnecting(log: Log, client: Redis) -> None:
    async with tailing(log, BEGINNING) as entries:
        ids = await append(log, *range(4))
        await eventually(lambda: len(entries) == 4)
        await _forget(client, ids[2:])
        await _break_links(client)
        await eventually(lambda: TailGap(None) in entries)
        (next_,) = await append(log, 9)
        await eventually(lambda: len(entries) == 6)

    assert entries[4] == TailGap(None)
    assert isinstance(entries[5], LogEntry)
    assert entries[5].id == next_
    assert next_.epoch > ids[-1].epoch


async def test_a_tail_detects_that_its_last_id_names_another_event(log: Log, client: Redis, redis_url: str) -> None:
    async with tailing(log, BEGINNING) as entries:
        ids = await append(log, *range(4))
        await eventually(lambda: len(entries) == 4)
        await _forget(client, ids[2:])
        # A process that has seen less than this one takes the forgotten ids again.
        newcomer = Log(client, redis_url)
        assert await append(newcomer, 7, 8) == ids[2:]
        await _break_links(client)
        await eventually(lambda: TailGap(None) in entries)
        (next_,) = await append(log, 9)
        await eventually(lambda: len(entries) == 6)

    assert next_.epoch > ids[-1].epoch


async def _forget(client: Redis, ids: list[StreamPosition]) -> None:
    """As after a power cut: the newest entries never reached the disk."""
    remaining = await client.xrange(LOG_KEY, max=f"({ids[0]}")
    await client.delete(LOG_KEY)
    for id_, fields in remaining:
        await client.xadd(LOG_KEY, fields, id=id_)
    keys = [key async for key in client.scan_iter(LOG_SEEN_PREFIX + "*")]
    await client.delete(*keys)


async def _break_links(client: Redis) -> None:
    """Those that wait; the one that says so stays."""
    for link in await client.client_list():
        if link["cmd"] == "xread":
            await client.client_kill_filter(_id=link["id"])


@given(st.text(max_size=50))
def test_any_cursor_text_is_parsed_or_refused(text: str) -> None:
    position = StreamPosition.parse(text)

    assert position is None or StreamPosition.parse(str(position)) == position


@pytest.mark.parametrize("text", ["", "1", "1-", "-1", "1-2-3", "1-2\n", "٣-٤", "1" * 30 + "-1", " 1-2", "1-+2"])
def test_an_invalid_id_parses_to_none(text: str) -> None:
    assert StreamPosition.parse(text) is None


def test_an_id_survives_a_round_trip() -> None:
    assert StreamPosition.parse("1795352246282-17") == StreamPosition(1795352246282, 17)
    assert str(StreamPosition(1795352246282, 17)) == "1795352246282-17"
