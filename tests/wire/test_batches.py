"""Indicators are sent in batches to readers of batches, and singly while anybody else subscribes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire.channels import INDICATORS_CHANNEL, Channels, Meaning
from app.wire.client import close, connect
from app.wire.codec import batches, codec
from app.wire.codec.codec import Rejected, encode_indicators, open_indicators
from app.wire.events.event import IndicatorCalculated, PatternDetected
from app.wire.pubsub.listeners import Listeners, listeners
from app.wire.pubsub.publisher import Publisher
from app.wire.pubsub.subscriber import Subscriber
from tests.support.quote_samples import AWKWARD
from tests.wire.conftest import eventually

CONTRACT = Channels().indicators
NOW = 1_346_770_860.5
MACD = IndicatorCalculated(
    at=1_346_770_860.0,
    source="TickStockPL",
    symbol="BRK.B",
    indicator="MACD",
    timeframe="1min",
    value=0.25,
    signal="BULLISH",
    parts=(("MACD", 0.25), ("signal", 0.2)),
)
VALUES = [replace(MACD, symbol=symbol, value=float(n)) for n, symbol in enumerate(AWKWARD)]
DETECTED = PatternDetected(at=1.0, symbol="IBM", pattern="Doji", timeframe="daily", confidence=0.9)


@asynccontextmanager
async def subscribed(url: str, *channels: str) -> AsyncIterator[list[tuple[str, bytes]]]:
    """A stranger who subscribes to these, whole names or patterns."""
    messages: list[tuple[str, bytes]] = []
    client = connect(url)
    link = client.pubsub(ignore_subscribe_messages=True)
    patterns = [name for name in channels if "*" in name]
    names = [name for name in channels if "*" not in name]
    if patterns:
        await link.psubscribe(*patterns)
    if names:
        await link.subscribe(*names)

    async def read() -> None:
        while True:
            message = await link.get_message(timeout=None)
            if message:
                messages.append((message["channel"].decode(), message["data"]))

    reading = asyncio.create_task(read())
    await eventually(lambda: link.subscribed)
    try:
        yield messages
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await link.aclose()
        await close(client)


async def wait_for_subscribers(client: Redis, contract: int, batched: int, patterns: int = 0) -> None:
    while (await client.execute_command("PUBSUB", "NUMSUB", CONTRACT, INDICATORS_CHANNEL))[1::2] != [
        contract,
        batched,
    ] or await client.execute_command("PUBSUB", "NUMPAT") != patterns:
        await asyncio.sleep(0.01)


BOTH = (CONTRACT, INDICATORS_CHANNEL)


@pytest.mark.parametrize(
    ("subscribers", "singles", "batched"),
    [
        ([], 0, 0),
        ([BOTH], 0, 1),
        ([BOTH, BOTH], 0, 1),
        ([(CONTRACT,)], len(VALUES), 0),
        ([BOTH, (CONTRACT,)], len(VALUES), 1),
        ([BOTH, ("tickstock*",)], len(VALUES), 1),
    ],
    ids=["nobody", "a web process", "two of them", "a stranger", "both", "a pattern"],
)
async def test_indicators_are_sent_singly_or_in_batches_by_who_subscribes(
    redis_url: str, client: Redis, subscribers: Sequence[tuple[str, ...]], singles: int, batched: int
) -> None:
    async with subscribed(redis_url, "ts:probe") as probe:
        async with _all(redis_url, subscribers) as messages:
            names = [name for each in subscribers for name in each]
            patterns = names.count("tickstock*")
            await asyncio.wait_for(
                wait_for_subscribers(client, names.count(CONTRACT), names.count(INDICATORS_CHANNEL), patterns), 5
            )
            published = await _count_calls(client, Publisher(client, Channels()))
            await client.publish("ts:probe", "end")
            await eventually(lambda: probe)
            await eventually(lambda: all(len(each) >= _due(who, singles, batched) for who, each in messages))

        for who, each in messages:
            assert len(each) == _due(who, singles, batched)
        assert published == singles + batched


def _due(who: tuple[str, ...], singles: int, batched: int) -> int:
    return singles + batched * (INDICATORS_CHANNEL in who)


@asynccontextmanager
async def _all(
    url: str, subscribers: Sequence[tuple[str, ...]]
) -> AsyncIterator[list[tuple[tuple[str, ...], list[tuple[str, bytes]]]]]:
    if not subscribers:
        yield []
        return
    async with subscribed(url, *subscribers[0]) as messages, _all(url, subscribers[1:]) as others:
        yield [(subscribers[0], messages), *others]


async def _count_calls(client: Redis, publisher: Publisher) -> int:
    """Messages that Redis was given, whether or not anybody got them."""

    async def calls() -> int:
        return int((await client.info("commandstats")).get("cmdstat_publish", {}).get("calls", 0))

    before = await calls()
    await publisher.publish_all(VALUES)
    return await calls() - before


async def test_patterns_are_always_sent_singly(redis_url: str, client: Redis) -> None:
    channels = Channels()
    async with subscribed(redis_url, *BOTH, channels.patterns) as messages:
        await Publisher(client, channels).publish_all([DETECTED, MACD, replace(DETECTED, symbol="BF/B")])
        await eventually(lambda: len(messages) == 3)

    assert [channel for channel, _ in messages] == [INDICATORS_CHANNEL, channels.patterns, channels.patterns]


async def test_without_the_right_to_count_subscribers_indicators_are_sent_singly(redis_url: str, client: Redis) -> None:
    """By an engine that may not ask who listens, and by one that may not publish on our channel."""
    await client.execute_command("ACL", "SETUSER", "mute", "on", "nopass", "~*", "&*", "+@all", "-pubsub")
    await client.execute_command(
        "ACL", "SETUSER", "strict", "on", "nopass", "~*", "resetchannels", "&tickstock*", "+@all"
    )
    try:
        for user in ("mute", "strict"):
            engine = connect(redis_url.replace("unix://", f"unix://{user}:x@"))
            async with subscribed(redis_url, *BOTH) as messages:
                await Publisher(engine, Channels()).publish_all(VALUES)
                await eventually(lambda messages=messages: len(messages) == len(VALUES))  # type: ignore[misc]
                assert {channel for channel, _ in messages} == {CONTRACT}
            await close(engine)
    finally:
        await client.execute_command("ACL", "DELUSER", "mute", "strict")


async def test_a_reader_works_without_a_forbidden_channel(redis_url: str, client: Redis) -> None:
    await client.execute_command("ACL", "SETUSER", "old", "on", "nopass", "~*", "resetchannels", "&tickstock*", "+@all")
    messages: list[str] = []

    async def on_message(label: str, _payload: bytes, _at: float) -> None:
        messages.append(label)

    names = {CONTRACT: "singles", INDICATORS_CHANNEL: "batches"}
    link = Subscriber(redis_url.replace("unix://", "unix://old:x@"), names, on_message, optional=[INDICATORS_CHANNEL])
    running = asyncio.create_task(link.run())
    try:
        await eventually(lambda: link.stats.connected)
        assert await listeners(client, CONTRACT, INDICATORS_CHANNEL) == Listeners(0, others=True)
        await Publisher(client, Channels()).publish_all(VALUES)
        await eventually(lambda: len(messages) == len(VALUES))
        assert (set(messages), link.stats.lost_at) == ({"singles"}, None)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await client.execute_command("ACL", "DELUSER", "old")


def test_a_batch_survives_a_round_trip() -> None:
    (message,) = encode_indicators(VALUES, NOW)
    batch = open_indicators(message, NOW + 1)

    assert not isinstance(batch, Rejected)
    for event in VALUES:
        assert batch.of(event.symbol) == [replace(event, published_at=NOW, arrived_at=NOW + 1)]
    assert batch.of("NONE") == []


def test_a_batch_decodes_to_the_same_events_as_single_messages() -> None:
    published = replace(MACD, published_at=NOW)
    (message,) = encode_indicators([published], NOW)
    batch = open_indicators(message, NOW)

    assert not isinstance(batch, Rejected)
    assert batch.of("BRK.B") == [codec.decode(Meaning.INDICATORS, codec.encode(published), NOW)]


def test_large_batches_are_split_between_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_BYTES", 2_000)
    values = [replace(MACD, symbol=f"S{n:02d}", indicator=f"SMA{k}") for n in range(40) for k in range(5)]

    messages = encode_indicators(values, NOW)

    decoded = [open_indicators(message, NOW) for message in messages]
    symbols = [symbol for batch in decoded if not isinstance(batch, Rejected) for symbol in batch.rows]
    assert len(messages) > 5
    assert max(map(len, messages)) < 2_200
    assert sorted(symbols) == [f"S{n:02d}" for n in range(40)]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"source":"x","published_at":1e99,"symbols":{}}',
        b'{"source":"\\u0000","published_at":1,"symbols":{}}',
        b'{"source":"x","published_at":1,"symbols":[]}',
    ],
)
def test_malformed_bytes_are_no_batch(payload: bytes) -> None:
    assert open_indicators(payload, NOW) == Rejected("bad-shape")


@pytest.mark.parametrize(
    "rows",
    [b"1", b"{}", b"[[]]", b'[["","1min",1,"",1]]', b'[["A","1min",1e300,"",1]]', b'[["A","1min",1,"",1,{"x":"y"}]]'],
)
def test_an_invalid_symbol_is_dropped_alone(rows: bytes) -> None:
    good = msgspec.json.encode([("RSI14", "1min", 50.0, "", NOW)])
    batch = open_indicators(b'{"source":"x","published_at":%f,"symbols":{"BAD":%b,"GOOD":%b}}' % (NOW, rows, good), NOW)

    assert not isinstance(batch, Rejected)
    assert batch.of("BAD") == Rejected("bad-shape")
    decoded = batch.of("GOOD")
    assert not isinstance(decoded, Rejected)
    assert [event.value for event in decoded] == [50.0]
