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
from app.engine.loads.load_source import SourceResult, load_source
from app.engine.loads.sources.datetimes import DateOrder
from app.engine.loads.sources.files import open_source
from app.engine.loads.sources.scenario import ScenarioBars
from app.engine.loads.sources.shipped import SOURCE, ShippedSource
from app.engine.loads.sources.source import Source, UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES, LoadTimeframe
from app.engine.loads.writer import BarWriter
from app.settings.load import Settings

Say = Callable[[str], object]


class Files(NamedTuple):
    paths: Sequence[Path | Source]
    timeframe: str
    symbol: str | None = None
    dry_run: bool = False
    dates: DateOrder | None = None


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
    frame, until, fine = LOAD_TIMEFRAMES[asked.timeframe], datetime.now(UTC).date(), True
    with stopping() as stop, bars() as shown:
        for path in asked.paths:
            if stop.is_set():
                break
            row = shown.add_task(path.name, total=1.0, said="")
            writer = await _keeper(pool, frame)

            def told(outcome: SourceResult, row: object = row) -> None:
                shown.update(row, completed=outcome.share, said=f"{outcome.rows:,} rows")  # type: ignore[arg-type]

            try:
                source = open_source(path, asked.symbol) if isinstance(path, Path) else path
                outcome = await load_source(source, frame, writer, until, told, stop, asked.dates)
                if writer:
                    await _keep_reference(writer, source)
            except UnreadableSource as reason:
                warn(str(reason))
                fine = False
            else:
                fine &= _report(outcome, writer is None, say, warn)
    if stop.is_set():
        raise Unusable(f"stopped; {AGAIN}")
    return fine


async def _keep_reference(writer: BarWriter, source: Source) -> None:
    """What a source has besides bars."""
    if isinstance(source, ScenarioBars):
        await writer.write_reference([source.details], (), (), "synthetic")
    elif isinstance(source, ShippedSource):
        await writer.add_splits(source.splits, SOURCE)


async def _keeper(pool: Pool | None, frame: LoadTimeframe) -> BarWriter | None:
    if pool is None:
        return None
    writer = BarWriter(pool, frame)
    await writer.open()
    return writer


def _report(outcome: SourceResult, dry: bool, say: Say, warn: Say) -> bool:
    for refusal in outcome.rejections:
        warn(f"{outcome.name}:{refusal.number}: {refusal.reason}")
    if outcome.rejected_rows > len(outcome.rejections):
        warn(f"{outcome.name}: and {outcome.rejected_rows - len(outcome.rejections):,} more rows refused")
    rate = outcome.rows / outcome.seconds if outcome.seconds else 0
    resumed = f" ({outcome.resumed:,} by an earlier try)" if outcome.resumed else ""
    stored = "nothing stored: a dry run" if dry else f"{outcome.new_bars:,} new or changed{resumed}"
    say(
        f"{outcome.name}: {outcome.good_rows:,} of {outcome.rows:,} rows good, {stored},"
        f" {outcome.duplicates:,} came twice, {outcome.rejected_rows:,} refused; {len(outcome.symbols):,} symbols;"
        f" {outcome.seconds:.1f} s, {rate:,.0f} rows/s"
    )
    if not outcome.rows:
        warn(f"{outcome.name}: holds no row after its header")
    return bool(outcome.good_rows)
