import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from app.embedded import valkey
from app.embedded.child import Child
from app.embedded.places import prepare
from app.finance import history
from app.finance.bars import Bar
from app.finance.sessions import regular
from app.ingest.feed import Feed
from app.ingest.replay import ReplayProvider, ReplaySpeed
from app.wire.channels import Channels, Meaning
from app.wire.client import connect
from app.wire.codec.codec import decode
from app.wire.events.event import Tick
from app.wire.pubsub.subscriber import Subscriber
from app.wire.state import market_clock
from app.wire.state.newest_quotes import NewestQuotes
from tests.support.daily_bars import daily
from tests.wire.conftest import cancel_tasks

BARS = history.read(Path("config/history/us-equities-daily.csv.gz"))
DAY = date(2012, 9, 4)
AFTER = date(2012, 9, 3)
FAST = ReplaySpeed(speed=40_000, ticks_per_second=20, pause_seconds=60)
MIDDLING = ReplaySpeed(speed=4_000, ticks_per_second=20, pause_seconds=60)
"""A session of six seconds: whoever is to be stopped in its middle must not have come to its end."""
SLOW = ReplaySpeed(speed=1_000, ticks_per_second=10, pause_seconds=60)
EXACT = sorted(bar for bar in BARS if bar.day == DAY)
CLOSES = regular(DAY).closes


class Listener:
    """Hears ticks of one channel and rolls them up to days."""

    def __init__(self) -> None:
        self.ticks: list[Tick] = []

    async def on_message(self, meaning: Meaning, payload: bytes, arrived_at: float) -> None:
        event = decode(meaning, payload, arrived_at)
        assert isinstance(event, Tick)
        self.ticks.append(event)

    def bars(self) -> list[Bar]:
        return daily(self.ticks)

    async def heard_out(self) -> None:
        """What is published last, which is the close of every symbol, may still be on its way."""
        async with asyncio.timeout(20):
            while {tick.symbol for tick in self.ticks if tick.at >= CLOSES - 1} != {bar.symbol for bar in EXACT}:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(url: str, channel: str = Channels().ticks) -> AsyncIterator[Listener]:
    listener = Listener()
    subscriber = Subscriber(url, {channel: Meaning.TICKS}, listener.on_message)
    task = asyncio.create_task(subscriber.run())
    try:
        async with asyncio.timeout(20):
            while not subscriber.stats.connected:
                await asyncio.sleep(0.01)
        yield listener
    finally:
        await cancel_tasks(task)


@asynccontextmanager
async def feeding(url: str, *, also_to: tuple[str, ...] = (), pace: ReplaySpeed = FAST) -> AsyncIterator[asyncio.Event]:
    feed = Feed(ReplayProvider(BARS, AFTER, pace), url, Channels(), also_to)
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(feed.run(ready.set, stop))
    try:
        async with asyncio.timeout(20):
            await ready.wait()
        yield stop
        stop.set()
        async with asyncio.timeout(20):
            await asyncio.shield(task)
    finally:
        await cancel_tasks(task)
    await feed.close()


async def wait_until_closed(url: str) -> None:
    client = connect(url)
    async with asyncio.timeout(30):
        while (clock := await market_clock.read(client)) is None or clock.state != "closed":
            await asyncio.sleep(0.02)
    await client.aclose()


async def test_a_session_reaches_every_channel_and_the_newest_quotes_exactly(redis_url: str) -> None:
    async with listening(redis_url) as raw, listening(redis_url, "elsewhere") as copy:
        async with feeding(redis_url, also_to=("elsewhere",)):
            await wait_until_closed(redis_url)

        for listener in (raw, copy):
            await listener.heard_out()
            assert listener.bars() == EXACT
    client = connect(redis_url)
    quotes = await NewestQuotes(client).all()
    newest_by_symbol = sorted(
        Bar(q.symbol, "daily", EXACT[0].start, q.open, q.high, q.low, q.price, q.volume) for q in quotes.values()
    )
    assert newest_by_symbol == EXACT
    assert {quote.session for quote in quotes.values()} == {"2012-09-04"}
    assert quotes["IBM"].previous_close == 194.85
    await client.aclose()


async def test_a_stopped_feed_resumes_without_a_gap(redis_url: str) -> None:
    async with listening(redis_url) as listener:
        for enough in (20, 60):
            async with feeding(redis_url, pace=MIDDLING), asyncio.timeout(20):
                while len(listener.ticks) < enough:
                    await asyncio.sleep(0.01)
        async with feeding(redis_url):
            await wait_until_closed(redis_url)

        await listener.heard_out()
        assert listener.bars() == EXACT
        assert len(listener.ticks) == len({(tick.symbol, tick.at) for tick in listener.ticks})
    client = connect(redis_url)
    quotes = await NewestQuotes(client).all()
    assert {quote.symbol: quote.volume for quote in quotes.values()} == {bar.symbol: bar.volume for bar in EXACT}
    await client.aclose()


async def test_a_feed_waits_for_redis_and_continues(tmp_path: Path) -> None:
    places = prepare(tmp_path, None)
    server = Child(valkey.program(places))
    server.start()
    assert server.wait_ready(10)
    url = valkey.url(places)
    async with listening(url) as listener, feeding(url, pace=SLOW):
        async with asyncio.timeout(20):
            while len(listener.ticks) < 20:
                await asyncio.sleep(0.01)
        server.stop(5)
        messages = len(listener.ticks)
        server.start()
        assert server.wait_ready(10)
        async with asyncio.timeout(30):
            while len(listener.ticks) < messages + 20:
                await asyncio.sleep(0.01)

    times = [tick.at for tick in listener.ticks]
    assert times == sorted(times)
    server.stop(5)
    shutil.rmtree(places.sockets)
