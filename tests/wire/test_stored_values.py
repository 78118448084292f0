"""Values in Redis under keys of their own: quotes, clock, heartbeat, position, receivers."""

import asyncio
import time

import pytest
from redis.asyncio import Redis

from app.finance.clock import MarketClock
from app.finance.quote import NewestQuote
from app.wire import RedisUnavailable
from app.wire.channels import (
    CLOCK_KEY,
    HEARTBEAT_KEY,
    JOBS_PROCESSING,
    MARKET_TICKS,
    NEWEST_QUOTES_KEY,
    OTHER_HEARTBEAT_KEY,
    Channels,
    Meaning,
)
from app.wire.client import close, connect, ping
from app.wire.codec.codec import Rejected, decode
from app.wire.events.event import Tick
from app.wire.jobs import job
from app.wire.jobs.job import ProcessingCommand, ProcessingParameters
from app.wire.pubsub.publisher import Publisher
from app.wire.state import feed_position, heartbeat, market_clock
from app.wire.state.newest_quotes import NewestQuotes
from tests.wire.conftest import Server

QUOTE = NewestQuote("BF/B", 70.5, 1_346_700_000.0, "2012-09-04", 70.0, 71.0, 69.5, 123_456_789_012, None)
CLOCK = MarketClock("replay", "replay of daily bars", "2012-09-04", 1_346_700_000.0, 1_758_900_000.0, 60.0, "open")


async def test_the_newest_quotes_survive_a_round_trip(client: Redis) -> None:
    newest = NewestQuotes(client)

    await newest.put([QUOTE, QUOTE._replace(symbol="BRK.B")])
    await newest.put([QUOTE._replace(price=70.75)])
    await newest.put([])

    assert sorted(await newest.symbols()) == ["BF/B", "BRK.B"]
    assert await newest.of(["BF/B", "IBM"]) == {"BF/B": QUOTE._replace(price=70.75)}
    assert await newest.of([]) == {}
    assert await newest.all() == {"BF/B": QUOTE._replace(price=70.75), "BRK.B": QUOTE._replace(symbol="BRK.B")}


async def test_an_invalid_stored_quote_is_ignored(client: Redis) -> None:
    newest = NewestQuotes(client)
    await newest.put([QUOTE])
    await client.hset(NEWEST_QUOTES_KEY, mapping={"X": "{", "Y": "[1,2]", "Z": b"\xff"})

    assert await newest.all() == {"BF/B": QUOTE}
    assert await newest.of(["X", "BF/B", "Y"]) == {"BF/B": QUOTE}


async def test_the_market_clock_is_announced_to_everybody(client: Redis) -> None:
    assert await market_clock.read(client) is None
    await market_clock.announce(client, CLOCK)
    assert await market_clock.read(client) == CLOCK

    await client.set(CLOCK_KEY, "noon")
    assert await market_clock.read(client) is None


async def test_a_heartbeat_is_read_and_a_malformed_one_ignored(client: Redis) -> None:
    assert await heartbeat.read(client) is None
    await heartbeat.beat(client, 1_758_900_000.25)
    assert await heartbeat.read(client) == 1_758_900_000.25

    for nonsense in ("", "soon", "nan", "-1", b"\xff"):
        await client.set(HEARTBEAT_KEY, nonsense)
        assert await heartbeat.read(client) is None
    await client.delete(HEARTBEAT_KEY)
    await client.rpush(HEARTBEAT_KEY, "a list")
    assert await heartbeat.read(client) is None

    await client.set(OTHER_HEARTBEAT_KEY, "1758900060")
    assert await heartbeat.read(client) == 1_758_900_060.0
    await client.delete(HEARTBEAT_KEY)
    await heartbeat.beat(client, 1_758_900_090.5)
    assert await heartbeat.read(client) == 1_758_900_090.5


async def test_a_feeds_position_is_stored_together_with_its_ticks(client: Redis) -> None:
    ticks = [Tick(at=float(n), symbol="A", price=1.0) for n in range(1, 1202)]
    quote = Tick(at=9.0, symbol="A", price=1.0, bid=0.9, ask=1.1, kind="Q")
    received: list[tuple[str, bytes]] = []
    listener = client.pubsub()
    await listener.subscribe("my.ticks", MARKET_TICKS)

    publisher = Publisher(client, Channels(ticks="my.ticks"))
    await publisher.publish_and_set([*ticks, quote], (MARKET_TICKS,), feed_position.key("replay"), b"\x00\xff")

    async with asyncio.timeout(20):
        while len(received) < 2403:
            message = await listener.get_message(ignore_subscribe_messages=True, timeout=1)
            if message:
                received.append((message["channel"].decode(), message["data"]))
    await listener.aclose()
    raw = [decode(Meaning.TICKS, data, time.time()) for channel, data in received if channel == "my.ticks"]
    assert [tick.at for tick in raw if isinstance(tick, Tick)] == [*(tick.at for tick in ticks), 9.0]
    assert [channel for channel, _ in received].count(MARKET_TICKS) == 1201

    assert await feed_position.load(client, "replay") == b"\x00\xff"
    assert await feed_position.load(client, "other") is None


async def test_a_job_without_receivers_is_detected(client: Redis, redis_url: str) -> None:
    engine = connect(redis_url).pubsub()
    await engine.subscribe(JOBS_PROCESSING)
    await engine.get_message(timeout=5)

    assert await job.receivers(client, [JOBS_PROCESSING, "nobody"]) == {JOBS_PROCESSING: 1, "nobody": 0}
    await engine.aclose()


def test_a_job_is_decoded_as_encoded_and_otherwise_rejected() -> None:
    command = ProcessingCommand(
        command="START_DAILY_PROCESSING", parameters=ProcessingParameters(symbols=("IBM",), force=True)
    )

    assert job.decode(job.encode(command)) == command
    assert job.decode(b'{"command":"X"}') == ProcessingCommand(command="X")
    assert job.decode(b'{"command":1}') == Rejected("bad-job")
    assert job.decode(b"[" * 60_000) == Rejected("bad-job")
    assert job.decode(b" " * 70_000) == Rejected("too-big")


async def test_a_published_event_goes_to_its_channel_with_a_timestamp(client: Redis, redis_url: str) -> None:
    listener = connect(redis_url).pubsub()
    await listener.subscribe("my.ticks", "mirror")
    for _ in range(2):
        await listener.get_message(timeout=5)
    publisher = Publisher(client, Channels(ticks="my.ticks"))
    tick = Tick(at=1_346_700_000.0, symbol="IBM", price=195.5)

    assert await publisher.publish(tick) == 1
    assert await publisher.publish_to("mirror", tick) == 1
    payload = [await listener.get_message(timeout=5) for _ in range(2)]

    assert [message["channel"] for message in payload] == [b"my.ticks", b"mirror"]
    event = decode(Meaning.TICKS, payload[0]["data"], time.time())
    assert isinstance(event, Tick)
    assert event.at == tick.at
    assert event.published_at > tick.at
    await listener.aclose()


async def test_an_unreachable_redis_raises_unavailable(server: Server) -> None:
    link = connect(server.url)
    assert await ping(link)
    server.kill()

    assert not await ping(link)
    for calls in (
        NewestQuotes(link).all(),
        NewestQuotes(link).put([QUOTE]),
        market_clock.read(link),
        heartbeat.read(link),
        feed_position.load(link, "replay"),
        job.receivers(link, ["x"]),
        Publisher(link, Channels()).publish(Tick(at=1.0, symbol="A", price=1.0)),
    ):
        with pytest.raises(RedisUnavailable):
            await calls

    server.start()
    assert await NewestQuotes(link).all() == {}
    await close(link)
