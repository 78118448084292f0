"""The invented market begins again: the engine ends, and its next start stores what is played now and nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import asyncpg
import msgspec
import pytest

from app.engine.bars.feed_state import MarketBeganAgain
from app.engine.process import Engine
from app.finance.clock import MarketClock
from app.finance.invented.schedule import PROVIDER
from app.finance.sessions import regular
from app.ingest.feed import Feed
from app.ingest.invented import InventedProvider
from app.ingest.replay import ReplaySpeed
from app.settings.load import Settings
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.state import feed_position, market_clock
from tests.support.invented_market import SPACING, prices
from tests.support.running_engine import eventually, stopped

TODAY = date(2018, 1, 10)
FIRST, LAST = date(2018, 1, 3), date(2018, 1, 9)
"""Sessions that are played."""
NEAR_THE_END = 400
"""Minute of the session with its pre-market."""
FAST = ReplaySpeed(speed=3000, ticks_per_second=3000 / SPACING, pause_seconds=2.0)


def engine(redis_url: str, database_url: str) -> Engine:
    settings = {"redis": {"url": redis_url}, "database": {"url": database_url}, "ingest": {"provider": PROVIDER}}
    return Engine(Settings.model_validate(settings), redis_url, database_url)


@asynccontextmanager
async def feed_near_the_end(redis_url: str) -> AsyncIterator[asyncio.Event]:
    """Plays once the event is set; the clock is there from the beginning."""
    provider, client, may_begin = InventedProvider(prices(), FAST, TODAY), connect(redis_url), asyncio.Event()
    position = provider.position(LAST, NEAR_THE_END)
    await client.set(feed_position.key(PROVIDER), msgspec.json.encode(position))
    clock = MarketClock(PROVIDER, "", LAST.isoformat(), regular(LAST).opens, time.time(), 1.0, "open")
    await market_clock.announce(client, clock)
    await client.aclose()
    feed, stop = Feed(provider, redis_url, Channels(), ()), asyncio.Event()

    async def play() -> None:
        await may_begin.wait()
        await feed.run(lambda: None, stop)

    task = asyncio.create_task(play())
    async with stopped(stop, task):
        yield may_begin
    await feed.close()


async def has_opened_again(redis_url: str) -> bool:
    """Whether the first session is five minutes old; minutes before it are not stored."""
    client = connect(redis_url)
    clock = await market_clock.read(client)
    await client.aclose()
    return clock is not None and clock.session < LAST.isoformat() and clock.market_time > regular(FIRST).opens + 300


async def test_after_the_market_began_again_only_what_is_played_now_is_stored(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    ready, stop = asyncio.Event(), asyncio.Event()
    async with feed_near_the_end(redis_url) as may_begin:
        first = asyncio.create_task(engine(redis_url, database_url).run(ready.set, stop))
        await eventually(lambda: ready.is_set() or first.done())
        may_begin.set()
        with pytest.raises(ExceptionGroup) as group:
            async with asyncio.timeout(60):
                await first
        assert group.group_contains(MarketBeganAgain)
        assert await link.fetchval("select count(*) from ohlcv_1min where timestamp::date = $1", LAST) > 0
        await eventually(lambda: has_opened_again(redis_url))

    # The feed has stopped: what it published is read as often as this takes.
    second = asyncio.create_task(engine(redis_url, database_url).run(lambda: None, stop))
    async with stopped(stop, second):
        counts = "select count(*) filter (where timestamp::date = $1), count(*) filter (where timestamp::date = $2)"
        is_replaced = f"select (first > 0 and last = 0) from ({counts} from ohlcv_1min) as counts (first, last)"
        await eventually(lambda: second.done() or link.fetchval(is_replaced, FIRST, LAST))
        assert not second.done()
        assert await link.fetchval("select max(date) from ohlcv_daily") < FIRST
        earliest = await link.fetchval("select min(timestamp) from ohlcv_1min where timestamp::date = $1", FIRST)
        assert earliest.timestamp() < regular(FIRST).opens + 600
