"""The newest bars of all symbols of one timeframe as a matrix that follows them."""

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np

from app.finance.bar_series import BarSeries
from app.finance.bars import Bar
from app.finance.columns import VOLUME
from app.finance.matrix import BarMatrix, MatrixChange, build
from app.finance.panel import Counts
from app.finance.tick_size import tick_sizes

AT_ONCE = 250
"""Symbols whose bars are copied without a pause: some milliseconds."""
PRICES_AND_VOLUME = ("open", "high", "low", "close", "volume")


class LiveMatrix:
    """Its arrays are written in place, so that what update() returns holds until the next call: of thousands of symbols
    that all trade, a minute changes one column."""

    def __init__(self, series: BarSeries) -> None:
        self.series = series
        self._matrix: BarMatrix | None = None
        self._rows: dict[str, int] = {}
        self._revision = 0
        """Of the series, up to which its bars are in the matrix."""
        self._running: Mapping[str, Bar] = {}
        """Bars that are not closed, as they stand in the matrix."""
        self._splits, self._sizes = series.splits, series.tick_sizes
        self._change: MatrixChange | None = None

    async def update(self, running: Sequence[Bar] = ()) -> BarMatrix:
        """All symbols, with the bars that are not closed behind the others. The bars of one symbol are of one moment,
        those of different symbols may be some milliseconds apart."""
        days, revision = {bar.symbol: bar for bar in running}, self.series.revision
        symbols = list(dict.fromkeys([*self.series.rows, *days]))
        if self._matrix is None or not self._is_of(symbols):
            matrix = self._matrix = self._empty(symbols)
            stale = np.arange(len(symbols))
        else:
            matrix = self._matrix
            stale = self._stale_rows(days)
        for first in range(0, len(stale), AT_ONCE):
            self._copy(matrix, stale[first : first + AT_ONCE], days)
            await asyncio.sleep(0)
        others = [bar for symbol, bar in days.items() if bar != self._running.get(symbol)]
        newest = self._set_newest(matrix, others)
        self._revision, self._running = revision, days
        if self._change:
            self._change = MatrixChange(np.union1d(self._change.rows, stale), self._change.newest or newest)
        return matrix

    def take_change(self) -> MatrixChange | None:
        """Since the last call; None where most is new."""
        change, self._change = self._change, MatrixChange(np.zeros(0, dtype=np.int64), False)
        return None if change is None or 2 * len(change.rows) > len(self._rows) else change

    def _is_of(self, symbols: Sequence[str]) -> bool:
        unchanged = self.series.splits == self._splits and self.series.tick_sizes == self._sizes
        has_width = self._matrix is not None and self._matrix.width == self.series.bars
        return unchanged and has_width and symbols == list(self._rows)

    def _empty(self, symbols: Sequence[str]) -> BarMatrix:
        self._rows = {symbol: row for row, symbol in enumerate(symbols)}
        self._splits, self._sizes, self._change = self.series.splits, self.series.tick_sizes, None
        matrix = build(self.series.timeframe, symbols, np.full((VOLUME + 1, len(symbols), self.series.bars), np.nan))
        return matrix._replace(end=matrix.end.copy())  # Of no bars they are the starts themselves.

    def _stale_rows(self, days: Mapping[str, Bar]) -> Counts:
        """Rows in which another bar than the newest changed."""
        changed = np.flatnonzero(self.series.revisions[: len(self.series.rows)] > self._revision)
        rows = changed.tolist()  # The matrix begins with the rows of the series, in their order.
        for symbol in days.keys() | self._running.keys():
            now, before = days.get(symbol), self._running.get(symbol)
            if now is None or before is None or now.start != before.start:
                rows.append(self._rows[symbol])
        return np.array(sorted(set(rows)), dtype=np.int64)

    def _copy(self, matrix: BarMatrix, rows: Counts, days: Mapping[str, Bar]) -> None:
        symbols = [matrix.symbols[row] for row in rows.tolist()]
        part = self.series.matrix(symbols, [days[symbol] for symbol in symbols if symbol in days], matrix.width)
        is_whole = rows[-1] - rows[0] == len(rows) - 1
        where = slice(rows[0], rows[-1] + 1) if is_whole else rows
        for name in BarMatrix._fields[2:]:
            getattr(matrix, name)[where] = getattr(part, name)

    def _set_newest(self, matrix: BarMatrix, bars: Sequence[Bar]) -> bool:
        """Whether any of these bars, which are not closed, differs from what stands there."""
        bars = [bar for bar in bars if matrix.start[self._rows[bar.symbol], -1] == bar.start]
        if not bars:
            return False
        rows = np.array([self._rows[bar.symbol] for bar in bars])
        values = np.array([bar[3 : 3 + VOLUME] for bar in bars], dtype=np.float64)
        for name, own in zip(PRICES_AND_VOLUME, values.T, strict=True):
            getattr(matrix, name)[rows, -1] = own
        matrix.tick_size[rows, -1] = tick_sizes([bar.symbol for bar in bars], matrix.close[rows, -1], self._sizes)
        return True
