"""What loading commands share: the market database, Ctrl-C and progress bars."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.commands import addresses
from app.commands.temporary_postgres import temporary_postgres
from app.db import Unavailable
from app.db.errors import CONNECT_ERRORS
from app.db.migrate import ForeignSchema, NewerSchema, migrate
from app.db.pools import Pool
from app.embedded.places import Unusable
from app.engine.loads.sources.source import UnreadableSource
from app.settings.load import Settings

STATEMENT_MS = 60_000
AWAY: tuple[type[BaseException], ...] = (Unavailable, *CONNECT_ERRORS)
AGAIN = "the same command goes on where this one stopped"


@contextmanager
def market(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """An address that may write the market's tables: of the settings, of the running desk, or our own."""
    urls = addresses.configured_addresses(settings)
    if not (urls.engine or urls.market or urls.own):
        urls = addresses.running_addresses(settings.data_dir) or urls
    if url := urls.engine or urls.market or urls.own:
        yield url
    else:
        with temporary_postgres(settings, environ) as temporary:
            assert temporary.engine
            yield temporary.engine


async def with_pool(url: str, work: Callable[[Pool], Awaitable[bool]]) -> bool:
    async with _pool(url) as pool:
        return await work(pool)


@asynccontextmanager
async def _pool(url: str) -> AsyncIterator[Pool]:
    pool = Pool(url, "load", 2, acquire_seconds=5.0, statement_ms=STATEMENT_MS)
    try:
        with suppress(ForeignSchema):
            await migrate("market", url)
        yield pool
    except NewerSchema as newer:
        raise Unusable(f"database: {newer}; update this program") from None
    except UnreadableSource as reason:
        raise Unusable(str(reason)) from None
    except AWAY as error:
        raise Unusable(f"database: {type(error).__name__}; {AGAIN}") from error
    finally:
        await pool.close()


@contextmanager
def stopping() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C sets, so that the current write is finished."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def bars() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[amount]}"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
