"""One source into one table: read and checked in a thread, stored meanwhile, and told of as it goes."""

import asyncio
import time
from collections.abc import Callable, Generator
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.loads.queries import Entry
from app.engine.loads.sources.checker import Checked, Checker, Refusal
from app.engine.loads.sources.datetimes import Order
from app.engine.loads.sources.source import Chunk, Source
from app.engine.loads.sources.timeframes import Frame
from app.engine.loads.writer import Keeper

MOST_REFUSALS = 100
"""Named one by one; the others are counted."""


class Outcome(NamedTuple):
    """What became of a source, or has so far."""

    name: str
    status: str
    """running, completed, completed_with_errors or cancelled."""
    rows: int = 0
    good: int = 0
    stored: int = 0
    """New, or other than what was there."""
    doubles: int = 0
    """Rows whose key came again later: the last one counts."""
    refused: int = 0
    refusals: tuple[Refusal, ...] = ()
    known: frozenset[str] = frozenset()
    """Symbols with a good row."""
    resumed: int = 0
    """Rows that an earlier try had stored."""
    share: float = 0.0
    seconds: float = 0.0


class _Read(NamedTuple):
    chunk: Chunk
    checked: Checked
    hashes: NDArray[np.int64]


class _Tally:
    def __init__(self, name: str) -> None:
        self._began = time.monotonic()
        self._hashes: list[NDArray[np.int64]] = []
        self._out = Outcome(name, "running")

    def add(self, read: _Read, stored: int, *, resumed: bool) -> Outcome:
        before, refused = self._out, read.chunk.refused + read.checked.refused
        self._hashes.append(read.hashes)
        self._out = before._replace(
            rows=before.rows + len(read.checked.keys) + len(refused),
            good=before.good + len(read.checked.keys),
            stored=before.stored + stored,
            refused=before.refused + len(refused),
            refusals=(*before.refusals, *sorted(refused))[:MOST_REFUSALS],
            known=self._out.known | read.checked.symbols,
            resumed=before.resumed + (len(read.checked.keys) if resumed else 0),
            share=read.chunk.share,
            seconds=time.monotonic() - self._began,
        )
        return self._out

    def ended(self, *, cancelled: bool) -> Outcome:
        hashes = np.concatenate(self._hashes) if self._hashes else np.zeros(0, dtype=np.int64)
        doubles = len(hashes) - len(np.unique(hashes))
        status = "cancelled" if cancelled else "completed_with_errors" if self._out.refused else "completed"
        return self._out._replace(status=status, doubles=doubles, seconds=time.monotonic() - self._began)


async def load(
    source: Source,
    frame: Frame,
    keeper: Keeper | None,
    until: date,
    told: Callable[[Outcome], object] = lambda _: None,
    stop: asyncio.Event | None = None,
    order: Order | None = None,
) -> Outcome:
    """Without a keeper everything is checked and nothing stored. Raises Unreadable.

    `order`: what 03/05/2024 means; None leaves it to the dates of the source.
    A load that was stopped is read from the beginning, which makes the same counts, but not stored again.
    """
    name = f"{await asyncio.to_thread(source.identity)} {frame.name}{f' {order}' if order else ''}"
    reached = (await keeper.reached(name, ""))[0] if keeper else 0
    tally, cancelled = _Tally(source.name), False
    chunks = _checked(source, Checker(frame, until, order))
    ahead = asyncio.create_task(asyncio.to_thread(next, chunks, None))
    try:
        # Shielded: where this task is cancelled the thread reads on, and its chunk has to be waited for.
        while (read := await asyncio.shield(ahead)) is not None:
            if cancelled := stop is not None and stop.is_set():
                break
            ahead = asyncio.create_task(asyncio.to_thread(next, chunks, None))
            resumed = read.chunk.reached <= reached
            stored = 0
            if keeper and not resumed:
                stored = await keeper.keep(name, "", read.checked.lines, read.checked.symbols, read.chunk.reached)
            told(tally.add(read, stored, resumed=resumed))
    finally:
        # A thread cannot be called off: what it reads now ends within a moment.
        await asyncio.wait([ahead])
        ahead.exception()
        chunks.close()
    outcome = tally.ended(cancelled=cancelled)
    if keeper:
        await keeper.close(name, [""], _entry(outcome, keeper.fresh), over=not cancelled)
    return outcome


def _checked(source: Source, checker: Checker) -> Generator[_Read, None, None]:
    for chunk in source.chunks():
        checked = checker.check(chunk.rows)
        if checker.undecided:
            checker.decide(lambda: (each.rows for each in source.chunks()))
            checked = checker.check(chunk.rows)
        yield _Read(chunk, checked, np.fromiter(map(hash, checked.keys), np.int64, len(checked.keys)))


def _entry(outcome: Outcome, fresh: int) -> Entry:
    said = f"{outcome.refused} rows refused; " + "; ".join(
        f"{refusal.number}: {refusal.reason}" for refusal in outcome.refusals[:5]
    )
    error = said if outcome.refused else None
    return Entry(outcome.name, len(outcome.known), fresh, outcome.stored, outcome.status, error, outcome.seconds)
