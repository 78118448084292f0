"""Which bar of another timeframe is the newest one that has closed by the end of each bar."""

from typing import NamedTuple, TypeVar

import numpy as np

from app.finance.matrix import BarMatrix
from app.finance.panel import Counts, Floats, Mask
from app.rules.truth import Truth

FEW_COLUMNS = 4
V = TypeVar("V", Floats, Mask)


class Alignment(NamedTuple):
    """From the bars of one matrix, `other`, to the last columns of another, `base`."""

    rows: Counts
    """(base rows,): row of `other` with the same symbol, -1 without one."""
    places: Counts
    """(base rows, columns): column of `other`, -1 where no bar had closed."""
    width: int
    """Of `other`."""
    share: Floats
    """(base rows, 1): what a price in the share of a row of `other` is in that of the base; 1 without splits."""

    @property
    def columns(self) -> int:
        """How many of the last columns of `other` are needed."""
        needed = self.places[self.places >= 0]
        return self.width - int(needed.min()) if len(needed) else 1

    def floats(self, values: Floats) -> Floats:
        """`values`: the last columns of `other`, at least `columns`."""
        return self._aligned(values, np.nan)

    def truth(self, truth: Truth) -> Truth:
        return Truth(self._aligned(truth.true, False), self._aligned(truth.false, False))

    def _aligned(self, values: V, missing: float | bool) -> V:
        places = self.places - (self.width - values.shape[1])
        if not len(values):
            return np.full(places.shape, missing)
        return np.where(self.places >= 0, values[self.rows[:, None], np.maximum(places, 0)], missing)


def align(base: BarMatrix, other: BarMatrix, columns: int) -> Alignment:
    """By the ends of the bars."""
    rows_by_symbol = {symbol: row for row, symbol in enumerate(other.symbols)}
    rows = np.array([rows_by_symbol.get(symbol, -1) for symbol in base.symbols], dtype=np.int64)
    ends = base.end[:, -columns:]
    places = np.full(ends.shape, -1, dtype=np.int64)
    if columns <= FEW_COLUMNS and other.symbols:
        own = other.end[rows]
        for column in range(ends.shape[1]):
            closed = (own <= ends[:, column : column + 1]).sum(axis=1)
            places[:, column] = np.where(closed > 0, other.width - other.counts[rows] + closed - 1, -1)
        places[rows < 0] = -1
    else:
        for row in np.flatnonzero(rows >= 0).tolist():
            places[row] = closed_before(other.end[rows[row]], ends[row])
    share = np.append(other.share, np.nan)[rows] / base.share
    return Alignment(rows, places, other.width, share[:, None])


def closed_before(ends: Floats, at: Floats) -> Counts:
    """The column of the newest bar that ended at each instant or before; -1 without one. `ends`: of one row."""
    present = ends[~np.isnan(ends)]
    places = np.searchsorted(present, at, side="right") - 1
    lacking = len(ends) - len(present)
    return np.where((places >= 0) & ~np.isnan(at), places + lacking, -1)
