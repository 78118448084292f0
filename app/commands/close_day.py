"""`tickstock data close`: closes a trading day by hand."""

import asyncio
import os
import time
from datetime import date

from rich.console import Console
from rich.table import Table

from app import wire
from app.commands import addresses
from app.commands.market_database import market, with_pool
from app.db.pools import Pool
from app.embedded.places import Unusable
from app.engine.eod import queries
from app.engine.eod.day_close import DayClose, Event
from app.engine.eod.result import ClosedDay
from app.finance import calendar
from app.settings.load import Settings
from app.wire.channels import Channels
from app.wire.client import close as close_link
from app.wire.client import connect
from app.wire.pubsub.publisher import Publisher
from app.wire.state import day_results
from app.wire.state.day_results import DayResult

SYMBOLS_LISTED = 20


def close(settings: Settings, day: date | None) -> bool:
    """Whether every universe is complete enough. Raises Unusable."""

    async def work(pool: Pool) -> bool:
        session = day or await _newest(pool)
        if not calendar.is_session(session):
            raise Unusable(f"--date: the exchange was closed on {session}")
        events: list[Event] = []
        close = DayClose(pool, events.append, session, "manual")
        closed = await close.run()
        await _publish(settings, events, close.result(closed))
        _print(closed)
        return not closed.incomplete

    with market(settings, os.environ) as url:
        return asyncio.run(with_pool(url, work))


async def _newest(pool: Pool) -> date:
    async with pool.acquire() as connection:
        newest = await queries.last_session(connection)
    if newest is None:
        raise Unusable("no daily bar is stored: there is no day to close")
    return calendar.newest_session(newest)


async def _publish(settings: Settings, events: list[Event], result: DayResult) -> None:
    """Only if there is a Redis; the tables are right without it."""
    running = addresses.running_addresses(settings.data_dir) or addresses.Addresses()
    redis_url = addresses.configured_addresses(settings).redis or running.of_engine().redis
    if redis_url is None:
        return
    client = connect(redis_url)
    try:
        await Publisher(client, Channels(**settings.channels())).publish_all(events)
        await day_results.announce(client, result, time.time())
    except wire.RedisUnavailable as error:
        Console(stderr=True).print(f"Redis is away, so the result was not published: {error}", highlight=False)
    finally:
        await close_link(client)


def _print(closed: ClosedDay) -> None:
    console = Console()
    console.print(
        f"{closed.day}: {closed.filled:,} days made of minutes, {closed.rolled:,} weeks and months new or changed",
        highlight=False,
    )
    table = Table("universe", "expected", "there", "missing")
    for each in closed.checks:
        more = f" and {len(each.missing) - SYMBOLS_LISTED:,} more" if len(each.missing) > SYMBOLS_LISTED else ""
        table.add_row(
            each.universe, f"{each.expected:,}", f"{each.share:.1%}", ", ".join(each.missing[:SYMBOLS_LISTED]) + more
        )
    console.print(table)
