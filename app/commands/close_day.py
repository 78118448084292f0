"""`tickstock data close`: the end of a day by hand."""

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

SHOWN = 20


def close(settings: Settings, day: date | None) -> bool:
    """Whether enough of every universe is there. Raises Unusable."""

    async def work(pool: Pool) -> bool:
        chosen = day or await _newest(pool)
        if not calendar.is_session(chosen):
            raise Unusable(f"--date: the exchange was closed on {chosen}")
        told: list[Event] = []
        close = DayClose(pool, told.append, chosen, "manual")
        closed = await close.run()
        await _publish(settings, told, close.result(closed))
        _print(closed)
        return not closed.incomplete

    with market(settings, os.environ) as url:
        return asyncio.run(with_pool(url, work))


async def _newest(pool: Pool) -> date:
    async with pool.acquire() as connection:
        found = await queries.last_session(connection)
    if found is None:
        raise Unusable("no daily bar is stored: there is no day to close")
    return calendar.newest_session(found)


async def _publish(settings: Settings, told: list[Event], result: DayResult) -> None:
    """Where there is a Redis; the tables are right without."""
    running = addresses.running(settings.data_dir) or addresses.Addresses()
    known = addresses.named(settings).redis or running.of_engine().redis
    if known is None:
        return
    client = connect(known)
    try:
        await Publisher(client, Channels(**settings.channels())).publish_all(told)
        await day_results.announce(client, result, time.time())
    except wire.RedisUnavailable as error:
        Console(stderr=True).print(f"redis away, nobody was told: {error}", highlight=False)
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
        more = f" and {len(each.missing) - SHOWN:,} more" if len(each.missing) > SHOWN else ""
        table.add_row(each.universe, f"{each.expected:,}", f"{each.share:.1%}", ", ".join(each.missing[:SHOWN]) + more)
    console.print(table)
