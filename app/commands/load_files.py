"""`tickstock data load`: files of bars into the market's tables, whether or not a desk runs."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from app.commands import symbol_arguments
from app.commands.market_database import AGAIN, bars, market, stopping, with_pool
from app.db.pools import Pool
from app.embedded.places import Unusable
from app.engine.loads.load import Outcome, load
from app.engine.loads.sources.datetimes import Order
from app.engine.loads.sources.files import opened
from app.engine.loads.sources.scenario import ScenarioBars
from app.engine.loads.sources.shipped import SOURCE, Shipped
from app.engine.loads.sources.source import Source, Unreadable
from app.engine.loads.sources.timeframes import FRAMES, Frame
from app.engine.loads.writer import Keeper
from app.settings.load import Settings

Say = Callable[[str], object]


class Files(NamedTuple):
    paths: Sequence[Path | Source]
    timeframe: str
    symbol: str | None = None
    dry_run: bool = False
    dates: Order | None = None


def load_files(settings: Settings, environ: Mapping[str, str], asked: Files, say: Say, warn: Say) -> bool:
    """Whether all were read to their end and gave something. Raises Unusable."""
    if asked.dry_run:
        return asyncio.run(_files(None, asked, say, warn))
    with market(settings, environ) as url:
        return asyncio.run(with_pool(url, lambda pool: _stored(pool, asked, say, warn)))


async def _stored(pool: Pool, asked: Files, say: Say, warn: Say) -> bool:
    if asked.symbol:
        (symbol,) = await symbol_arguments.stored(pool, [asked.symbol.strip()], "--symbol")
        asked = asked._replace(symbol=symbol)
    return await _files(pool, asked, say, warn)


async def _files(pool: Pool | None, asked: Files, say: Say, warn: Say) -> bool:
    frame, until, fine = FRAMES[asked.timeframe], datetime.now(UTC).date(), True
    with stopping() as stop, bars() as shown:
        for path in asked.paths:
            if stop.is_set():
                break
            row = shown.add_task(path.name, total=1.0, said="")
            keeper = await _keeper(pool, frame)

            def told(outcome: Outcome, row: object = row) -> None:
                shown.update(row, completed=outcome.share, said=f"{outcome.rows:,} rows")  # type: ignore[arg-type]

            try:
                source = opened(path, asked.symbol) if isinstance(path, Path) else path
                outcome = await load(source, frame, keeper, until, told, stop, asked.dates)
                if keeper:
                    await _keep_reference(keeper, source)
            except Unreadable as reason:
                warn(str(reason))
                fine = False
            else:
                fine &= _report(outcome, keeper is None, say, warn)
    if stop.is_set():
        raise Unusable(f"stopped; {AGAIN}")
    return fine


async def _keep_reference(keeper: Keeper, source: Source) -> None:
    """What a source has besides bars."""
    if isinstance(source, ScenarioBars):
        await keeper.keep_reference([source.named], (), (), "synthetic")
    elif isinstance(source, Shipped):
        await keeper.add_splits(source.splits, SOURCE)


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
        f" {outcome.refused:,} refused; {len(outcome.known):,} symbols; {outcome.seconds:.1f} s, {rate:,.0f} rows/s"
    )
    if not outcome.rows:
        warn(f"{outcome.name}: holds no row after its header")
    return bool(outcome.good)
