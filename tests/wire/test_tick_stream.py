"""The stream of published ticks: written atomically, in order, and bounded."""

import asyncio
import json
import logging
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire.channels import MARKET_TICKS, TICKS_CHANNEL, TICKS_KEY, TICKS_NUMBER_KEY, Channels
from app.wire.client import RedisUnavailable, close
from app.wire.codec.codec import decode_ticks, encode_ticks
from app.wire.events.event import Tick
from app.wire.pubsub.publisher import Publisher
from app.wire.state import feed_position
from app.wire.ticks.retention import EntrySizes, Retention

NOW = 1_700_000_000.0
TICK = Tick(at=NOW, source="replay", symbol="BF/B", price=70.5, volume=12.5)
FULL = Tick(
    at=NOW + 0.999, published_at=NOW + 1.5, source="massive", symbol="BRK.B", price=1.0, volume=3.0, bid=0.9, ask=1.1,
    open=1.0, high=1.2, low=0.8, close=1.0, vwap=1.05, kind="A", starts_at=NOW, trade_id="a-1", belongs="extended",
    day_volume=900.0, day_open=0.95,
)  # fmt: skip
KEY = feed_position.key("replay")


@given(st.lists(st.sampled_from([TICK, FULL, replace(TICK, kind="Q", bid=1.0, volume=0.0)])))
def test_ticks_survive_a_round_trip(ticks: list[Tick]) -> None:
    payload = encode_ticks(ticks, NOW + 2)

    stamped = [replace(tick, published_at=tick.published_at or NOW + 2, arrived_at=NOW + 3) for tick in ticks]
    assert decode_ticks(payload, NOW + 3) == stamped
    assert decode_ticks(zlib.decompress(payload), NOW + 3) == stamped


def test_an_invalid_item_is_dropped_alone() -> None:
    good = json.loads(zlib.decompress(encode_ticks([TICK], NOW)))[0]
    bad = [
        {**good, "price": -1},
        {**good, "ticker": "no symbol"},
        {**good, "timestamp": NOW + 1e6},
        {**good, "volume": "many"},
        {**good, "source": "\n"},
        {},
        7,
        None,
    ]
    items = [good, *(item for one in bad for item in (one, good))]

    ticks = decode_ticks(json.dumps(items).encode(), NOW)

    assert ticks == [replace(TICK, published_at=NOW, arrived_at=NOW)] * (len(bad) + 1)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[", b"x", zlib.compress(b"[1"), b"[" * 100_000, b"[\xff]"])
def test_a_payload_that_is_no_array_has_no_ticks(payload: bytes) -> None:
    assert decode_ticks(payload, NOW) == []


async def test_entries_messages_and_position_are_written_atomically(client: Redis) -> None:
    subscription, stranger = client.pubsub(), client.pubsub()
    await subscription.subscribe(Channels().ticks, TICKS_CHANNEL)
    await stranger.subscribe(Channels().ticks)
    assert await stranger.get_message(timeout=5)
    ticks = [replace(TICK, at=NOW + number) for number in range(1201)]
    before = time.time()

    await Publisher(client, Channels()).publish_and_set(ticks, (), KEY, b"here")

    assert await feed_position.load(client, "replay") == b"here"
    entries = [fields for _, fields in await client.xrange(TICKS_KEY)]
    assert [fields[b"number"] for fields in entries] == [b"1", b"2", b"3"]
    assert await client.get(TICKS_NUMBER_KEY) == b"3"
    stream = [tick for fields in entries for tick in decode_ticks(fields[b"ticks"], time.time())]
    assert [tick.at for tick in stream] == [tick.at for tick in ticks]
    assert all(before <= tick.published_at <= time.time() for tick in stream)
    messages: dict[bytes, list[bytes]] = {Channels().ticks.encode(): [], TICKS_CHANNEL.encode(): []}
    async with asyncio.timeout(20):
        while sum(map(len, messages.values())) < 1204:
            if message := await subscription.get_message(ignore_subscribe_messages=True, timeout=1):
                messages[message["channel"]].append(message["data"])
    assert messages[TICKS_CHANNEL.encode()] == [fields[b"ticks"] for fields in entries]
    assert [json.loads(text)["timestamp"] for text in messages[Channels().ticks.encode()]] == [t.at for t in ticks]
    await close(subscription, stranger)


async def test_ticks_are_published_singly_only_while_a_subscriber_reads_no_batches(client: Redis) -> None:
    web, stranger = client.pubsub(ignore_subscribe_messages=True), client.pubsub(ignore_subscribe_messages=True)
    names = Channels().ticks.encode(), TICKS_CHANNEL.encode(), MARKET_TICKS.encode()
    await web.subscribe(*names)
    for _ in names:
        assert await web.get_message(timeout=5) is None
    publisher = Publisher(client, Channels())

    async def received() -> list[bytes]:
        await publisher.publish_and_set([TICK, replace(TICK, at=NOW + 1)], (MARKET_TICKS,), KEY, b"here")
        await client.publish(MARKET_TICKS, "end")
        channels = []
        while (message := await web.get_message(timeout=5)) and message["data"] != b"end":
            channels.append(message["channel"])
        return channels

    ticks, batches, market = names
    assert await received() == [batches, market, market]
    await stranger.psubscribe("tickstock.data.*")
    assert await stranger.get_message(timeout=5) is None
    assert sorted(await received()) == sorted([batches, ticks, market, ticks, market])
    await close(web, stranger)


async def test_a_refused_script_has_no_effect(client: Redis) -> None:
    await client.set(TICKS_KEY, "no stream")
    subscription = client.pubsub()
    await subscription.subscribe(Channels().ticks, TICKS_CHANNEL)

    with pytest.raises(RedisUnavailable):
        await Publisher(client, Channels()).publish_and_set([TICK], (), KEY, b"here")

    assert await feed_position.load(client, "replay") is None
    assert await client.get(TICKS_NUMBER_KEY) is None
    messages = [await subscription.get_message(timeout=0.2) for _ in range(4)]
    assert not [message for message in messages if message and message["type"] == "message"]
    await close(subscription)


async def test_old_entries_are_trimmed(client: Redis) -> None:
    old = int((time.time() - 120) * 1000)
    for number in range(300):
        await client.xadd(TICKS_KEY, {"number": number, "ticks": encode_ticks([TICK], NOW)}, id=f"{old}-{number}")

    await Publisher(client, Channels(), Retention(minutes=1)).publish_and_set([TICK], (), KEY, b"here")

    # Redis lets go of whole nodes of the stream, of a hundred entries each.
    assert await client.xlen(TICKS_KEY) <= 101


async def test_the_stream_stays_within_its_memory_limit(client: Redis) -> None:
    publisher = Publisher(client, Channels(), Retention(megabytes=1))
    for size in (10, 400):
        for number in range(1500):
            ticks = [replace(TICK, price=1 + (number * 7919 + place * 104_729) % 9973) for place in range(size)]
            await publisher.publish_and_set(ticks[:size], (), KEY, b"here")
            if size == 400 and number == 400:
                break
        assert 200_000 < await client.memory_usage(TICKS_KEY, samples=0) < 1_500_000


def test_the_memory_limit_allows_many_small_or_few_large_entries() -> None:
    sizes = EntrySizes(Retention(megabytes=1))

    few = min(sizes.most(100_000) for _ in range(500))
    many = max(sizes.most(36) for _ in range(500))

    assert (few, many) == (9, pytest.approx(10_000, rel=0.1))


async def test_without_the_right_to_write_the_stream_ticks_are_published(
    client: Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    may = "~ts:ingest:* &* -@all +@connection -client +client|setname +eval +set +publish"
    await client.execute_command(f"ACL SETUSER feed reset on nopass {may}")
    feed = Redis.from_url(redis_url, username="feed", password="x")
    publisher = Publisher(feed, Channels())
    subscription = client.pubsub()
    await subscription.subscribe(MARKET_TICKS)
    await subscription.get_message(timeout=5)
    caplog.set_level(logging.WARNING)

    for value in (b"1", b"2"):
        await publisher.publish_and_set([TICK], (MARKET_TICKS,), KEY, value)

    assert await feed_position.load(client, "replay") == b"2"
    assert await client.xlen(TICKS_KEY) == 0
    messages = [await subscription.get_message(timeout=5) for _ in range(2)]
    assert [json.loads(message["data"])["symbol"] for message in messages if message] == ["BF/B"] * 2
    assert len([record for record in caplog.records if "does not allow the stream of ticks" in record.message]) == 1
    await close(subscription, feed)
    await client.execute_command("ACL DELUSER feed")
