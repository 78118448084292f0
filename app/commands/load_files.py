"""`tickstock data load`: loads files of bars, whether or not a desk is running."""

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


class FileRequest(NamedTuple):
    paths: Sequence[Path | Source]
    timeframe: str
    symbol: str | None = None
    dry_run: bool = False
    dates: DateOrder | None = None


def load_files(settings: Settings, environ: Mapping[str, str], request: FileRequest, say: Say, warn: Say) -> bool:
    """Whether every file was read to its end and had bars. Raises Unusable."""
    if request.dry_run:
        return asyncio.run(_files(None, request, say, warn))
    with market(settings, environ) as url:
        return asyncio.run(with_pool(url, lambda pool: _load_into(pool, request, say, warn)))


async def _load_into(pool: Pool, request: FileRequest, say: Say, warn: Say) -> bool:
    if request.symbol:
        (symbol,) = await symbol_arguments.stored_symbols(pool, [request.symbol.strip()], "--symbol")
        request = request._replace(symbol=symbol)
    return await _files(pool, request, say, warn)


async def _files(pool: Pool | None, request: FileRequest, say: Say, warn: Say) -> bool:
    frame, until, fine = LOAD_TIMEFRAMES[request.timeframe], datetime.now(UTC).date(), True
    with stopping() as stop, bars() as progress:
        for path in request.paths:
            if stop.is_set():
                break
            row = progress.add_task(path.name, total=1.0, amount="")
            writer = await _keeper(pool, frame)

            def on_progress(outcome: SourceResult, row: object = row) -> None:
                progress.update(row, completed=outcome.share, amount=f"{outcome.rows:,} rows")  # type: ignore[arg-type]

            try:
                source = open_source(path, request.symbol) if isinstance(path, Path) else path
                outcome = await load_source(source, frame, writer, until, on_progress, stop, request.dates)
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
    """Stores the reference data of a source: instruments, splits and dividends."""
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
    summary = "nothing stored: a dry run" if dry else f"{outcome.new_bars:,} new or changed{resumed}"
    say(
        f"{outcome.name}: {outcome.good_rows:,} of {outcome.rows:,} rows good, {summary},"
        f" {outcome.duplicates:,} came twice, {outcome.rejected_rows:,} refused; {len(outcome.symbols):,} symbols;"
        f" {outcome.seconds:.1f} s, {rate:,.0f} rows/s"
    )
    if not outcome.rows:
        warn(f"{outcome.name}: holds no row after its header")
    return bool(outcome.good_rows)
