"""The connection to Redis breaks in every way it can, and the next message is handled."""

import asyncio
import signal

import pytest
from redis.asyncio import Redis

from app.wire.backoff import Backoff
from app.wire.client import close, connect
from app.wire.log.log import Log
from app.wire.pubsub import subscriber
from app.wire.pubsub.rate import SLOT_SECONDS, SLOTS, RollingRate
from app.wire.pubsub.subscriber import Subscriber
from tests.support.channel_messages import Listener, listening, publish
from tests.wire.conftest import Server, cancel_tasks, eventually


async def test_messages_are_delivered_with_their_meaning_and_counted(redis_url: str) -> None:
    listener = Listener()

    async with listening(redis_url, listener) as link:
        await publish(redis_url, "one", b"a")
        await publish(redis_url, "two", b"b")
        await publish(redis_url, "three", b"c")
        await eventually(lambda: len(listener.messages) == 2)

    assert listener.messages == [("first", b"a"), ("second", b"b")]
    assert {name: counts.messages for name, counts in link.stats.channels.items()} == {"one": 1, "two": 1}
    assert (link.stats.gaps, link.stats.failed) == (0, 0)


async def test_a_message_that_raises_is_counted_and_the_next_is_handled(redis_url: str) -> None:
    listener = Listener()

    async with listening(redis_url, listener) as link:
        await publish(redis_url, "one", b"poison")
        await publish(redis_url, "one", b"good")
        await eventually(lambda: listener.has(b"good"))

    assert link.stats.failed == 1


async def test_a_message_that_takes_too_long_is_given_up(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "HANDLING_SECONDS", 0.1)
    listener = Listener()

    async with listening(redis_url, listener) as link:
        await publish(redis_url, "one", b"slow")
        await publish(redis_url, "one", b"good")
        await eventually(lambda: listener.has(b"good"))

    assert link.stats.failed == 1


async def test_a_broken_connection_is_reopened_and_counted_as_a_gap(redis_url: str, client: Redis) -> None:
    listener = Listener()

    async with listening(redis_url, listener) as link:
        await client.client_kill_filter(_type="pubsub")
        await eventually(lambda: link.stats.gaps == 1 and link.stats.connected)
        await publish(redis_url, "one", b"after")
        await eventually(lambda: listener.has(b"after"))

    assert link.stats.gaps == 1
    assert link.stats.lost_at is not None


async def test_each_gap_is_reported_once_after_all_channels_are_subscribed_again(redis_url: str, client: Redis) -> None:
    gap_calls: list[bool] = []
    link = Subscriber(redis_url, {"one": 1, "two": 2}, _ignore, lambda: gap_calls.append(link.stats.connected))
    task = asyncio.create_task(link.run())
    await eventually(lambda: link.stats.connected)
    assert gap_calls == []

    for gaps in (1, 2):
        await client.client_kill_filter(_type="pubsub")
        await eventually(lambda gaps=gaps: len(gap_calls) == gaps)

    assert gap_calls == [True, True]
    assert link.stats.gaps == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_repeated_subscription_confirmation_is_one_gap_for_all_channels() -> None:
    """All that is to be seen when the client library makes the link anew without a word."""
    gaps: list[int] = []
    link = Subscriber("unix:///nowhere", {"one": 1, "two": 2}, _ignore, lambda: gaps.append(link.stats.gaps))

    for _ in range(2):
        for channel in (b"one", b"two"):
            await link._on_reply(b"subscribe", channel, b"1", Backoff())

    assert link.stats.connected
    assert link.stats.gaps == 1
    assert gaps == [1]


async def _ignore(_label: int, _payload: bytes, _arrived_at: float) -> None:
    return None


async def test_messages_arrive_again_after_redis_was_killed_and_restarted(server: Server) -> None:
    listener = Listener()

    async with listening(server.url, listener) as link:
        server.kill()
        await eventually(lambda: not link.stats.connected)
        server.start()
        await eventually(lambda: link.stats.connected)
        await publish(server.url, "two", b"after")
        await eventually(lambda: listener.has(b"after"))

    assert link.stats.gaps == 1


async def test_an_outage_is_logged_once_and_once_when_it_ends(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    ours = connect(server.url)
    log = Log(ours, server.url)
    warnings = asyncio.Event()

    async def follow() -> None:
        async for _ in log.tail("mail"):
            warnings.set()

    async with listening(server.url, Listener()) as link:
        following = asyncio.create_task(follow())
        # It says first that it does not know what it missed; what fails before that ends it.
        await asyncio.wait_for(warnings.wait(), 10)
        caplog.clear()
        server.kill()
        await eventually(lambda: not link.stats.connected)
        await eventually(lambda: len(caplog.records) >= 2)
        # Long enough for several tries.
        await asyncio.sleep(1.5)
        assert sorted(record.getMessage().split(":")[0] for record in caplog.records) == [
            "the link to Redis for 2 channels is away",
            "the log is away",
        ]
        server.start()
        # Five seconds at most until the next try, then two until a read of nothing comes back.
        await eventually(lambda: len(caplog.records) == 4, 20)

    assert sum("is back after" in record.getMessage() for record in caplog.records) == 2
    await cancel_tasks(following)
    await close(ours)


async def test_redis_may_be_away_at_the_start(server: Server) -> None:
    listener = Listener()
    server.kill()
    link = Subscriber(server.url, {"one": "first"}, listener.on_message)
    task = asyncio.create_task(link.run())

    await asyncio.sleep(0)
    server.start()
    await eventually(lambda: link.stats.connected)

    assert link.stats.gaps == 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_hanging_redis_is_detected_and_messages_arrive_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "PING_SECONDS", 0.1)
    monkeypatch.setattr(subscriber, "SILENCE_SECONDS", 0.5)
    listener = Listener()

    async with listening(server.url, listener) as link:
        server.child.send(signal.SIGSTOP)
        await eventually(lambda: not link.stats.connected)
        monkeypatch.setattr(subscriber, "SILENCE_SECONDS", 30.0)
        server.child.send(signal.SIGCONT)
        await eventually(lambda: link.stats.connected)
        await publish(server.url, "one", b"after")
        await eventually(lambda: listener.has(b"after"))


async def test_messages_beyond_the_output_buffer_limit_arrive_or_are_a_gap(redis_url: str, client: Redis) -> None:
    """It says one receiver either way."""
    listener, huge = Listener(), b"x" * 40 * 1024 * 1024

    async with listening(redis_url, listener) as link:
        assert await client.publish("one", huge) == 1
        await eventually(lambda: (link.stats.gaps or listener.messages) and link.stats.connected)
        await publish(redis_url, "one", b"after")
        await eventually(lambda: listener.has(b"after"))

    assert listener.has(huge) != (link.stats.gaps == 1)


async def test_a_flood_of_messages_leaves_time_for_other_tasks(redis_url: str, client: Redis) -> None:
    """One that is all there before the first of it is handled: Redis may be slower than we are."""
    listener = Listener()
    turns = 0

    async with listening(redis_url, listener):
        listener.may.clear()
        async with client.pipeline(transaction=False) as pipeline:
            for number in range(5000):
                pipeline.publish("one", str(number))
            await pipeline.execute()
        listener.may.set()
        while len(listener.messages) < 5000:
            await asyncio.sleep(0)
            turns += 1

    assert [payload for _, payload in listener.messages] == [str(number).encode() for number in range(5000)]
    assert turns >= 5000 // subscriber.UNINTERRUPTED // 2


def test_a_rate_is_that_of_the_last_minute() -> None:
    rate, minute = RollingRate(), SLOTS * SLOT_SECONDS

    for second in range(120):
        rate.note(1_000.0 + second)
    assert minute - SLOT_SECONDS <= rate.per_minute(1_119.0) <= minute
    assert rate.per_minute(1_119.0 + minute / 2) <= minute / 2 + SLOT_SECONDS
    assert rate.per_minute(1_119.0 + minute) == 0
    rate.note(500.0)
    assert rate.per_minute(1_119.0 + minute) == 1
