"""Every message on a channel is decoded, or counted by its reason; none stops the next."""

import asyncio
import json
import logging
import time

import pytest
from msgspec.structs import replace

from app.pipeline.receiver import Receiver
from app.wire import RedisUnavailable
from app.wire.channels import Channels, Meaning
from app.wire.client import close, connect
from app.wire.codec.codec import encode
from app.wire.events.event import (
    AnyEvent,
    EngineHealth,
    LoggedEvent,
    PatternDetected,
    ProcessingChanged,
    ProcessingProgressed,
    Tick,
)
from app.wire.log.log import Log, RangeGap
from app.wire.pubsub.publisher import Publisher
from app.wire.pubsub.subscriber import Subscriber
from tests.support.waiting import until

GOOD = Tick(symbol="AAPL", price=665.2, volume=100, at=1_346_679_000.0)
DOJI = PatternDetected(symbol="BRK.B", pattern="Doji", timeframe="1min", confidence=0.8, at=1_346_679_060.0)
NOISE = [b"", b"\xff\xfe", b"[" * 100_000, b'{"symbol":"\\ud800"}', b"null", b"{}", b"x" * 70_000, b'{"price":1e999}']


async def test_malformed_messages_on_every_channel_are_counted_and_the_next_valid_one_arrives(redis_url: str) -> None:
    client, published = connect(redis_url), list[AnyEvent]()
    intake = Receiver(Log(client, redis_url).append_once, published.append)
    subscriber = Subscriber(redis_url, Channels().meanings(), intake.on_message)
    running = asyncio.create_task(subscriber.run())
    await until(lambda: subscriber.stats.connected)

    for channel in Channels():
        for payload in NOISE:
            await client.publish(channel, payload)
    await Publisher(client, Channels()).publish(GOOD)
    await until(lambda: published)

    received = published[0]
    assert isinstance(received, Tick)
    assert (received.symbol, received.price) == ("AAPL", 665.2)
    assert intake.ticked_at == received.arrived_at
    assert intake.rejected.total() == len(NOISE) * len(Channels())
    assert {meaning for meaning, _ in intake.rejected} == set(Meaning)
    assert subscriber.stats.failed == 0
    running.cancel()
    await close(client)


async def test_a_pattern_is_appended_to_the_log_once_and_not_published_directly(redis_url: str) -> None:
    client, published = connect(redis_url), list[AnyEvent]()
    log = Log(client, redis_url)
    before = await log.top()
    intakes = [Receiver(log.append_once, published.append) for _ in range(3)]

    for intake in intakes:
        await intake.on_message(Meaning.PATTERNS, encode(DOJI), time.time())
    entries = await log.since(before, await log.top())

    assert not isinstance(entries, RangeGap)
    assert [entry.event.symbol for entry in entries] == ["BRK.B"]
    assert published == []
    await close(client)


async def test_an_event_waits_for_the_log_to_return() -> None:
    tries = iter([True, True, False])
    appended: list[PatternDetected] = []

    async def append(event: PatternDetected) -> None:
        if next(tries):
            raise RedisUnavailable
        appended.append(event)

    await Receiver(append, list[AnyEvent]().append).on_message(Meaning.PATTERNS, encode(DOJI), time.time())

    assert len(appended) == 1


async def test_an_event_that_could_not_be_logged_is_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.pipeline.receiver.APPEND_WITHIN_SECONDS", 0.0)

    async def away(_event: PatternDetected) -> None:
        raise RedisUnavailable

    intake = Receiver(away, list[AnyEvent]().append)
    await intake.on_message(Meaning.PATTERNS, encode(DOJI), time.time())

    assert intake.lost == 1


async def test_a_received_event_is_kept_although_its_connection_broke() -> None:
    back, appended = asyncio.Event(), list[LoggedEvent]()

    async def append(event: LoggedEvent) -> None:
        if not back.is_set():
            raise RedisUnavailable
        appended.append(event)

    intake = Receiver(append, list[AnyEvent]().append)
    first = asyncio.create_task(intake.on_message(Meaning.PATTERNS, encode(DOJI), time.time()))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    second = asyncio.create_task(intake.on_message(Meaning.PATTERNS, encode(replace(DOJI, symbol="AAPL")), time.time()))
    await asyncio.sleep(0)
    back.set()
    await asyncio.wait_for(second, 5)

    assert [event.symbol for event in appended if isinstance(event, PatternDetected)] == ["BRK.B", "AAPL"]


async def test_events_that_still_wait_at_shutdown_are_dropped() -> None:
    async def away(_event: LoggedEvent) -> None:
        raise RedisUnavailable

    intake = Receiver(away, list[AnyEvent]().append)
    waiting = asyncio.create_task(intake.on_message(Meaning.PATTERNS, encode(DOJI), time.time()))
    await asyncio.sleep(0.01)
    await intake.close()
    await asyncio.gather(waiting, return_exceptions=True)

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_progress_bypasses_the_log_and_the_end_of_a_run_is_logged() -> None:
    published, appended = list[AnyEvent](), list[LoggedEvent]()

    async def append(event: LoggedEvent) -> None:
        appended.append(event)

    intake = Receiver(append, published.append)
    for event in (
        ProcessingProgressed(at=1.0, run_id="r1", done=4, total=9),
        ProcessingChanged(at=2.0, run_id="r1", status="completed"),
    ):
        await intake.on_message(Meaning.PROCESSING, encode(event), time.time())

    assert [type(event) for event in published] == [ProcessingProgressed]
    assert [type(event) for event in appended] == [ProcessingChanged]


async def test_a_batch_is_handled_item_by_item_and_an_invalid_item_is_dropped_alone() -> None:
    appended = list[LoggedEvent]()

    async def append(event: LoggedEvent) -> None:
        appended.append(event)

    intake = Receiver(append, list[AnyEvent]().append)
    items = [{"symbol": name, "pattern": "Doji", "timestamp": 1e9, "confidence": 0.9} for name in ("AAPL", "", "BF/B")]
    batch = {"type": "streaming_patterns_batch", "patterns": items, "count": 3}
    await intake.on_message(Meaning.PATTERNS, json.dumps(batch).encode(), time.time())

    assert [event.symbol for event in appended if isinstance(event, PatternDetected)] == ["AAPL", "BF/B"]
    assert intake.rejected == {(Meaning.PATTERNS, "no-symbol"): 1}


async def test_a_message_published_long_before_it_arrived_counts_as_late() -> None:
    published = list[AnyEvent]()
    intake = Receiver(_nothing, published.append)
    now = time.time()
    pattern = {"symbol": "IBM", "pattern": "Doji", "timestamp": now - 3600}
    old = {"type": "streaming_patterns_batch", "batch_timestamp": now - 3600, "patterns": [pattern, pattern]}

    assert await intake.on_message(Meaning.PATTERNS, json.dumps(old).encode(), now) == 2
    assert await intake.on_message(Meaning.TICKS, encode(replace(GOOD, published_at=now)), now + 1) == 0
    assert await intake.on_message(Meaning.TICKS, b"noise", now) == 0
    assert [type(event) for event in published] == [Tick]


async def test_the_newest_health_of_the_engine_is_kept() -> None:
    published = list[AnyEvent]()
    intake = Receiver(_nothing, published.append)

    await intake.on_message(Meaning.HEALTH, encode(EngineHealth(at=1.0, status="healthy", interval=2.0)), time.time())

    assert intake.health
    assert intake.health.interval == 2.0
    assert published == [intake.health]


async def test_many_malformed_messages_are_logged_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    intake = Receiver(_nothing, list[AnyEvent]().append)

    with caplog.at_level(logging.WARNING):
        for _ in range(1000):
            await intake.on_message(Meaning.TICKS, b"noise", time.time())

    assert intake.rejected[Meaning.TICKS, "not-json"] == 1000
    assert 1 <= len(caplog.records) < 50


async def _nothing(_event: PatternDetected) -> None:
    return None
