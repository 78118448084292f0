"""An administrator's command begins the next session of an invented market."""

import asyncio
from datetime import date

from app.finance import calendar
from app.ingest.feed import Feed
from app.ingest.invented import InventedProvider
from app.ingest.market_commands import MarketCommands
from app.ingest.replay import ReplaySpeed
from app.wire.channels import JOBS_MARKET, Channels
from app.wire.client import connect
from app.wire.jobs.commands import NEXT_SESSION, MarketCommand
from app.wire.jobs.job import encode, receivers
from app.wire.state import market_clock
from tests.support.invented_market import prices
from tests.support.running_engine import eventually, stopped

TODAY = date(2018, 1, 10)
FIRST = date(2018, 1, 3)
FAST = ReplaySpeed(speed=100_000, ticks_per_second=200, pause_seconds=3600)


async def test_a_command_ends_the_pause_and_nonsense_does_not(redis_url: str) -> None:
    client, provider, stop = connect(redis_url), InventedProvider(prices(), FAST, TODAY), asyncio.Event()
    feed, commands = Feed(provider, redis_url, Channels(), ()), MarketCommands(redis_url, provider)
    commands.start()
    task = asyncio.create_task(feed.run(lambda: None, stop))

    async def session_and_state() -> tuple[str, str]:
        clock = await market_clock.read(client)
        return (clock.session, clock.state) if clock else ("", "")

    async def is_listening() -> bool:
        return (await receivers(client, [JOBS_MARKET]))[JOBS_MARKET] == 1

    async def is_closed() -> bool:
        return await session_and_state() == (FIRST.isoformat(), "closed")

    async def is_next() -> bool:
        return (await session_and_state())[0] == calendar.next_session(FIRST).isoformat()

    async with stopped(stop, task):
        await eventually(is_listening)
        await eventually(is_closed)
        await client.publish(JOBS_MARKET, b'{"command": "OTHER", "requested_by": "u1"}')
        await client.publish(JOBS_MARKET, b"\xff")
        assert await is_closed()
        await client.publish(JOBS_MARKET, encode(MarketCommand(command=NEXT_SESSION, requested_by="u1")))
        await eventually(is_next)
    await commands.stop(1.0)
    await feed.close()
    await client.aclose()
