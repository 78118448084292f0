"""An engine and a feed on real servers in one event loop, much faster than real time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

import asyncpg

from app.engine.process import Engine
from app.finance import history
from app.finance.bars import Bar, day_start
from app.ingest.feed import Feed
from app.ingest.replay import ReplayProvider, ReplaySpeed
from app.settings.load import Settings
from app.wire.channels import TICKS_KEY, Channels
from app.wire.client import connect
from app.wire.codec.codec import Rejected, decode
from app.wire.events.event import AnyEvent
from app.wire.pubsub.subscriber import Subscriber
from app.wire.state import market_clock
from tests.wire.conftest import cancel_tasks

PATH = Path("config/history/us-equities-daily.csv.gz")
BARS = history.read(PATH)
UNTIL = date(2012, 8, 31)
DAY = date(2012, 9, 4)
EXACT = sorted(bar for bar in BARS if bar.day == DAY)
E = TypeVar("E")
Then = Callable[[AnyEvent], Awaitable[None]]
FAST = ReplaySpeed(speed=20_000, ticks_per_second=100, pause_seconds=60)
"""A session in little more than a second, 117 ticks of each symbol."""
SLOW = ReplaySpeed(speed=8_000, ticks_per_second=40, pause_seconds=60)
END = "tests.end"
"""A channel of our own: what is heard on it comes after all that was published before."""


async def eventually(condition: Callable[[], Awaitable[object] | object], seconds: float = 60) -> None:
    """A first start alone may take three seconds of a whole core."""
    async with asyncio.timeout(seconds):
        while True:
            outcome = condition()
            if await outcome if isinstance(outcome, Awaitable) else outcome:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def stopped(stop: asyncio.Event, task: "asyncio.Task[None]") -> AsyncIterator[None]:
    """Stops a task in an orderly way, or cancels it after a failure."""
    try:
        yield
        stop.set()
        async with asyncio.timeout(20):
            await asyncio.shield(task)
    finally:
        await cancel_tasks(task)


@asynccontextmanager
async def running_engine(redis_url: str, database_url: str, **engine: object) -> AsyncIterator[Engine]:
    """Runs an engine that is ready and subscribed; the context ends it."""
    settings = {
        "redis": {"url": redis_url},
        "database": {"url": database_url},
        "engine": {"beat_seconds": 0.2, **engine},
        "ingest": {"provider": "replay"},
        "replay": {"path": PATH, "history_until": UNTIL},
    }
    process = Engine(Settings.model_validate(settings), redis_url, database_url)
    ready, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(process.run(ready.set, stop))
    async with stopped(stop, task):
        await eventually(lambda: ready.is_set() or task.done())
        if task.done():
            task.result()
        await eventually(lambda: process._subscriber.stats.connected)
        await eventually(lambda: process._stream.read_at or process._channel.connected)
        yield process


@asynccontextmanager
async def running_feed(redis_url: str, pace: ReplaySpeed = FAST, after: date = UNTIL) -> AsyncIterator[None]:
    feed = Feed(ReplayProvider(BARS, after, pace), redis_url, Channels(), ())
    stop = asyncio.Event()
    task = asyncio.create_task(feed.run(lambda: None, stop))
    async with stopped(stop, task):
        yield
    await feed.close()


async def forget_ticks(redis_url: str) -> None:
    """Removes the stored ticks, as if no engine had run for longer than they are kept."""
    client = connect(redis_url)
    await client.delete(TICKS_KEY)
    await client.aclose()


async def ignore(_event: AnyEvent) -> None:
    pass


@asynccontextmanager
async def recorded_events(
    redis_url: str, then: Callable[[AnyEvent], Awaitable[None]] = ignore
) -> AsyncIterator[list[AnyEvent]]:
    """Records everything that is published within the context, in order."""
    events: list[AnyEvent] = []
    last = asyncio.Event()

    async def on_message(meaning: object, payload: bytes, arrived_at: float) -> None:
        if meaning is None:
            last.set()
            return
        event = decode(meaning, payload, arrived_at)  # type: ignore[arg-type]
        assert not isinstance(event, Rejected)
        events.append(event)
        await then(event)

    subscriber = Subscriber(redis_url, {**Channels().meanings(), END: None}, on_message)
    task = asyncio.create_task(subscriber.run())
    try:
        await eventually(lambda: subscriber.stats.connected)
        yield events
        client = connect(redis_url)
        await client.publish(END, b"")
        await client.aclose()
        await eventually(last.is_set)
        assert subscriber.stats.failed == 0
    finally:
        await cancel_tasks(task)


async def daily(link: asyncpg.Connection, day: date) -> list[Bar]:
    rows = await link.fetch(
        """
        select symbol, open::float8, high::float8, low::float8, close::float8, volume
          from ohlcv_daily
         where date = $1
        """,
        day,
    )
    return sorted(Bar(row[0], "daily", day_start(day), *row[1:]) for row in rows)


async def session_is_closed(redis_url: str) -> bool:
    """Whether the feed's clock says that its session is closed."""
    client = connect(redis_url)
    clock = await market_clock.read(client)
    await client.aclose()
    return clock is not None and clock.state == "closed"


def events_of(kind: type[E], events: Iterable[AnyEvent]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]
