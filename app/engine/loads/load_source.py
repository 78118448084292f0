"""Loads one source into one table: a thread reads and checks chunks while earlier ones are written."""

import asyncio
import time
from collections.abc import Callable, Generator
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.loads.queries import LoadLogEntry
from app.engine.loads.sources.checker import CheckedRows, RejectedRow, RowChecker
from app.engine.loads.sources.datetimes import DateOrder
from app.engine.loads.sources.source import Chunk, Source
from app.engine.loads.sources.timeframes import LoadTimeframe
from app.engine.loads.writer import BarWriter

MOST_REJECTIONS = 100
"""Rejected rows that are listed; the others are counted."""


class SourceResult(NamedTuple):
    """Result of a source so far."""

    name: str
    status: str
    """running, completed, completed_with_errors or cancelled."""
    rows: int = 0
    good_rows: int = 0
    new_bars: int = 0
    """New bars and changed ones."""
    duplicates: int = 0
    """Rows whose key came again later: the last one counts."""
    rejected_rows: int = 0
    rejections: tuple[RejectedRow, ...] = ()
    symbols: frozenset[str] = frozenset()
    """Symbols with a valid row."""
    resumed: int = 0
    """Rows that an earlier load had stored."""
    share: float = 0.0
    seconds: float = 0.0


class _CheckedChunk(NamedTuple):
    chunk: Chunk
    checked: CheckedRows
    hashes: NDArray[np.int64]


class _Tally:
    def __init__(self, name: str) -> None:
        self._began = time.monotonic()
        self._hashes: list[NDArray[np.int64]] = []
        self._result = SourceResult(name, "running")

    def add(self, read: _CheckedChunk, new_bars: int, *, resumed: bool) -> SourceResult:
        before, rejected = self._result, read.chunk.rejections + read.checked.rejections
        self._hashes.append(read.hashes)
        self._result = before._replace(
            rows=before.rows + len(read.checked.keys) + len(rejected),
            good_rows=before.good_rows + len(read.checked.keys),
            new_bars=before.new_bars + new_bars,
            rejected_rows=before.rejected_rows + len(rejected),
            rejections=(*before.rejections, *sorted(rejected))[:MOST_REJECTIONS],
            symbols=self._result.symbols | read.checked.symbols,
            resumed=before.resumed + (len(read.checked.keys) if resumed else 0),
            share=read.chunk.share,
            seconds=time.monotonic() - self._began,
        )
        return self._result

    def ended(self, *, cancelled: bool) -> SourceResult:
        hashes = np.concatenate(self._hashes) if self._hashes else np.zeros(0, dtype=np.int64)
        doubles = len(hashes) - len(np.unique(hashes))
        status = "cancelled" if cancelled else "completed_with_errors" if self._result.rejected_rows else "completed"
        return self._result._replace(status=status, duplicates=doubles, seconds=time.monotonic() - self._began)


async def load_source(
    source: Source,
    frame: LoadTimeframe,
    writer: BarWriter | None,
    until: date,
    on_progress: Callable[[SourceResult], object] = lambda _: None,
    stop: asyncio.Event | None = None,
    order: DateOrder | None = None,
) -> SourceResult:
    """Without a writer all rows are checked and none is stored. `order`: the order of 03/05/2024; None derives it from
    the dates of the source. A resumed load reads the source from the beginning, and skips what is stored. Raises
    UnreadableSource."""
    name = f"{await asyncio.to_thread(source.identity)} {frame.name}{f' {order}' if order else ''}"
    reached = (await writer.reached(name, ""))[0] if writer else 0
    tally, cancelled = _Tally(source.name), False
    chunks = _checked(source, RowChecker(frame, until, order))
    ahead = asyncio.create_task(asyncio.to_thread(next, chunks, None))
    try:
        # Shielded: where this task is cancelled, the thread reads on and its chunk has to be waited for.
        while (read := await asyncio.shield(ahead)) is not None:
            if cancelled := stop is not None and stop.is_set():
                break
            ahead = asyncio.create_task(asyncio.to_thread(next, chunks, None))
            resumed = read.chunk.reached <= reached
            new_bars = 0
            if writer and not resumed:
                new_bars = await writer.write(name, "", read.checked.lines, read.checked.symbols, read.chunk.reached)
            on_progress(tally.add(read, new_bars, resumed=resumed))
    finally:
        # A thread cannot be cancelled: its read ends within a moment.
        await asyncio.wait([ahead])
        ahead.exception()
        chunks.close()
    outcome = tally.ended(cancelled=cancelled)
    if writer:
        await writer.close(name, [""], _log_entry(outcome, writer.new_symbols), over=not cancelled)
    return outcome


def _checked(source: Source, checker: RowChecker) -> Generator[_CheckedChunk, None, None]:
    for chunk in source.chunks():
        checked = checker.check(chunk.rows)
        if checker.undecided:
            checker.decide(lambda: (each.rows for each in source.chunks()))
            checked = checker.check(chunk.rows)
        yield _CheckedChunk(chunk, checked, np.fromiter(map(hash, checked.keys), np.int64, len(checked.keys)))


def _log_entry(outcome: SourceResult, fresh: int) -> LoadLogEntry:
    message = f"{outcome.rejected_rows} rows refused; " + "; ".join(
        f"{refusal.number}: {refusal.reason}" for refusal in outcome.rejections[:5]
    )
    error = message if outcome.rejected_rows else None
    return LoadLogEntry(
        outcome.name, len(outcome.symbols), fresh, outcome.new_bars, outcome.status, error, outcome.seconds
    )
