"""`tickstock data load`: files or a provider's history into the market's tables, whether or not a desk runs."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from app.commands import addresses
from app.commands.carried import carried
from app.db import Unavailable
from app.db.migrate import ForeignSchema, NewerSchema, migrate
from app.db.pools import Pool
from app.db.trouble import REFUSED
from app.embedded.places import Unusable
from app.engine.loads.files import opened
from app.engine.loads.frames import FRAMES, Frame
from app.engine.loads.keeper import Keeper
from app.engine.loads.load import Outcome, load
from app.engine.loads.source import Unreadable
from app.settings import Settings

STATEMENT_MS = 60_000
AWAY: tuple[type[BaseException], ...] = (Unavailable, *REFUSED)
AGAIN = "the same command goes on where this one stopped"

Say = Callable[[str], object]


class Files(NamedTuple):
    paths: Sequence[Path]
    timeframe: str
    symbol: str | None = None
    dry_run: bool = False


def load_files(settings: Settings, environ: Mapping[str, str], asked: Files, say: Say, warn: Say) -> bool:
    """Whether all were read to their end and gave something. Raises Unusable."""
    if asked.dry_run:
        return asyncio.run(_files(None, asked, say, warn))
    with _market(settings, environ) as url:
        return asyncio.run(_with_pool(url, lambda pool: _files(pool, asked, say, warn)))


async def _files(pool: Pool | None, asked: Files, say: Say, warn: Say) -> bool:
    frame, until, fine = FRAMES[asked.timeframe], datetime.now(UTC).date(), True
    with _stopping() as stop, _bars() as bars:
        for path in asked.paths:
            if stop.is_set():
                break
            row = bars.add_task(path.name, total=1.0, said="")
            keeper = await _keeper(pool, frame)

            def told(outcome: Outcome, row: object = row) -> None:
                bars.update(row, completed=outcome.share, said=f"{outcome.rows:,} rows")  # type: ignore[arg-type]

            try:
                outcome = await load(opened(path, asked.symbol), frame, keeper, until, told, stop)
            except Unreadable as reason:
                warn(str(reason))
                fine = False
            else:
                fine &= _report(outcome, keeper is None, say, warn)
    if stop.is_set():
        raise Unusable(f"stopped; {AGAIN}")
    return fine


async def _keeper(pool: Pool | None, frame: Frame) -> Keeper | None:
    if pool is None:
        return None
    keeper = Keeper(pool, frame)
    await keeper.open()
    return keeper


def _report(outcome: Outcome, dry: bool, say: Say, warn: Say) -> bool:
    for refusal in outcome.refusals:
        warn(f"{outcome.name}:{refusal.number}: {refusal.reason}")
    if outcome.refused > len(outcome.refusals):
        warn(f"{outcome.name}: and {outcome.refused - len(outcome.refusals):,} more rows refused")
    rate = outcome.rows / outcome.seconds if outcome.seconds else 0
    resumed = f" ({outcome.resumed:,} by an earlier try)" if outcome.resumed else ""
    stored = "nothing stored: a dry run" if dry else f"{outcome.stored:,} new or changed{resumed}"
    say(
        f"{outcome.name}: {outcome.good:,} of {outcome.rows:,} rows good, {stored}, {outcome.doubles:,} came twice,"
        f" {outcome.refused:,} refused; {outcome.symbols:,} symbols; {outcome.seconds:.1f} s, {rate:,.0f} rows/s"
    )
    return bool(outcome.good) or not outcome.refused


@contextmanager
def _market(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """The address that may write the market's tables: one that is named, of the desk that runs here, or our own."""
    known = addresses.named(settings)
    if not (known.engine or known.market or known.own):
        known = addresses.running(settings.data_dir) or known
    if url := known.engine or known.market or known.own:
        yield url
    else:
        with carried(settings, environ) as laid:
            assert laid.engine
            yield laid.engine


async def _with_pool(url: str, work: Callable[[Pool], Awaitable[bool]]) -> bool:
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
    except Unreadable as reason:
        raise Unusable(str(reason)) from None
    except AWAY as error:
        raise Unusable(f"database: {type(error).__name__}; {AGAIN}") from error
    finally:
        await pool.close()


@contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """Set by Ctrl-C: what is being stored is stored to its end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _bars() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[said]}"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
