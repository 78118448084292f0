"""The newest bars of every symbol in memory, as NumPy arrays: the input of indicators and patterns."""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from app.finance import periods, shares
from app.finance.bars import Bar, Timeframe
from app.finance.columns import Columns
from app.finance.hours import same_hours
from app.finance.matrix import BarMatrix, append, build
from app.finance.panel import (
    PATTERN_BARS,
    USUAL_BARS,
    WIDTH,
    Counts,
    Floats,
    Panel,
    fields,
    number_of_ticks,
    usual_bars,
)
from app.finance.rollup import CORRECTION_SECONDS
from app.finance.shares import Splits
from app.finance.tick_size import tick_sizes

BARS_PER_SYMBOL = WIDTH
SLACK = 64
"""Spare columns, so that a row is moved to its beginning only when it is full."""
FIRST_ROWS = 64
CORRECTION_SECONDS = CORRECTION_SECONDS + 60.0
"""How far a corrected minute may be behind the newest; longer bars by their own length more."""
FEWEST_COMPARED = 2
FIELDS = 7
"""start, open, high, low, close, volume, ticks: see panel.fields."""


class BarSeries:
    """Bars of one timeframe, in shape (FIELDS, symbols, bars + SLACK), oldest first. They are stored as traded; panels
    are adjusted for splits."""

    def __init__(
        self, timeframe: Timeframe, splits: Splits = shares.NONE, sizes: Mapping[str, float] = MappingProxyType({})
    ) -> None:
        """`sizes`: tick sizes by symbol, where known."""
        self.timeframe = timeframe
        self.splits = splits
        self.tick_sizes = sizes
        self.rows: dict[str, int] = {}
        self.bars = usual_bars(timeframe)
        """That are kept of each symbol at least."""
        self.values = np.zeros((FIELDS, FIRST_ROWS, self.bars + SLACK))
        self.ends = np.zeros(FIRST_ROWS, dtype=np.int64)
        self.revision, self.revisions = 0, np.zeros(FIRST_ROWS, dtype=np.int64)
        """Grows with every change of a bar; and by row, as it was at the last change of a bar of the symbol."""

    def add(self, bar: Bar) -> None:
        """Replaces the bar of the same start, or inserts it. Bars more than CORRECTION_SECONDS later are dropped: they
        belong to an older run of the feed."""
        row = self.rows.get(bar.symbol)
        if row is None:
            row = self._new_row(bar.symbol)
        end = int(self.ends[row])
        if not end or self.values[0, row, end - 1] < bar.start:
            self._append(row, end, fields(bar))
            return
        at = int(np.searchsorted(self.values[0, row, :end], bar.start))
        later = at + 1 if at < end and self.values[0, row, at] == bar.start else at
        length = periods.SECONDS.get(self.timeframe, 0)
        keeps = later < end and self.values[0, row, end - 1] - bar.start <= (
            CORRECTION_SECONDS + length if length else 0
        )
        following = self.values[:, row, later:end].copy() if keeps else None
        self._append(row, at, fields(bar))
        if following is not None:
            for column in following.T:
                self._append(row, int(self.ends[row]), column)

    def fill(self, bars: Columns) -> None:
        """Replaces all bars of these symbols by the newest ones of each."""
        self.reserve(len(self.rows) + len(bars.symbols))
        for symbol, own in bars.each():
            row = self.rows.setdefault(symbol, len(self.rows))
            newest = own[:, -self.bars :]
            self.values[:, row, : newest.shape[1]] = newest
            self._set_end(row, newest.shape[1])

    def put(self, bars: Columns) -> None:
        """Replaces bars of the same start, and adds the others in their place."""
        for symbol, own in bars.each():
            before = self.columns(symbol) if symbol in self.rows else own[:, :0]
            every = np.concatenate([before[:, ~np.isin(before[0], own[0])], own], axis=1)
            places = np.arange(every.shape[1])
            self.fill(Columns(self.timeframe, (symbol,), places[:1], every[:, np.argsort(every[0])]))

    def widen(self, bars: int, earlier: Iterable[Columns]) -> None:
        """Keeps more bars of each symbol from now on. `earlier`: also bars before those in memory."""
        values = np.zeros((FIELDS, self.values.shape[1], bars + SLACK))
        values[:, :, : self.bars + SLACK] = self.values
        self.bars, self.values = bars, values
        for symbol, own in (each for columns in earlier for each in columns.each() if each[0] in self.rows):
            after = self.columns(symbol)
            before = own[:, own[0] < after[0, 0]] if after.size else own
            self.fill(Columns(self.timeframe, (symbol,), np.zeros(1, dtype=np.int64), np.hstack([before, after])))

    def _append(self, row: int, end: int, values: Sequence[float] | Floats) -> None:
        if end == self.bars + SLACK:
            self.values[:, row, : self.bars - 1] = self.values[:, row, end - self.bars + 1 : end]
            end = self.bars - 1
        self.values[:, row, end] = values
        self._set_end(row, end + 1)

    def _set_end(self, row: int, end: int) -> None:
        self.revision += 1
        self.ends[row], self.revisions[row] = end, self.revision

    def last(self, symbol: str, count: int = BARS_PER_SYMBOL) -> list[Bar]:
        """Oldest first."""
        row = self.rows.get(symbol)
        if row is None:
            return []
        end = int(self.ends[row])
        columns = self.values[:, row, max(0, end - count) : end]
        return [
            Bar(symbol, self.timeframe, start, open_, high, low, close, int(volume), number_of_ticks(ticks))
            for start, open_, high, low, close, volume, ticks in columns.T.tolist()
        ]

    def bar_at(self, symbol: str, start: float) -> Bar | None:
        row = self.rows.get(symbol)
        if row is None:
            return None
        at = int(np.searchsorted(self.values[0, row, : self.ends[row]], start))
        if at == self.ends[row] or self.values[0, row, at] != start:
            return None
        _, open_, high, low, close, volume, ticks = self.values[:, row, at].tolist()
        return Bar(symbol, self.timeframe, start, open_, high, low, close, int(volume), number_of_ticks(ticks))

    def forget_after(self, start: float) -> None:
        """Drops bars that start then or later."""
        for row in self.rows.values():
            if (end := int(np.searchsorted(self.values[0, row, : self.ends[row]], start))) < self.ends[row]:
                self._set_end(row, end)

    def panel(self, symbols: Sequence[str], width: int = WIDTH) -> Panel:
        """The newest `width` bars of known symbols, adjusted for splits."""
        rows = np.array([self.rows[symbol] for symbol in symbols], dtype=np.int64)
        ends = self.ends[rows]
        places = np.maximum(ends[:, None] - np.arange(width, 0, -1), np.maximum(ends - BARS_PER_SYMBOL, 0)[:, None])
        columns = self.values[1:6, rows[:, None], places]
        starts = self.values[0, rows, ends - 1]
        if self.splits:
            self._adjust_for_splits(columns, symbols, self.values[0, rows[:, None], places])
        last = self.values[0, rows[:, None], places[:, -1 - USUAL_BARS :]]
        alike = same_hours(symbols, last) if self.timeframe in periods.SECONDS else None
        ticks = self.values[6, rows[:, None], places[:, -PATTERN_BARS:]]
        sizes = tick_sizes(symbols, columns[3, :, -1], self.tick_sizes)
        counts = np.minimum(ends, width)
        return Panel(self.timeframe, list(symbols), starts, *columns, counts, sizes, alike, ticks)  # type: ignore[call-arg]

    def matrix(
        self, symbols: Sequence[str], running: Iterable[Bar] = (), width: int = WIDTH, until: float = math.inf
    ) -> BarMatrix:
        """The newest `width` bars, adjusted for splits. `running`: bars that are not closed, which follow them. A
        symbol without bars has a row without any. `until`: bars that end later are left out."""
        values = np.full((6, len(symbols), width), np.nan)
        for place, symbol in enumerate(symbols):
            row = self.rows.get(symbol)
            if row is not None:
                end = self.end_of(symbol, until)
                count = min(end, width, self.bars)
                values[:, place, width - count :] = self.values[:6, row, end - count : end]
        append(values, symbols, running)
        return build(self.timeframe, list(symbols), values, self.splits, self.tick_sizes)

    def end_of(self, symbol: str, until: float = math.inf) -> int:
        """Number of bars of a known symbol that ended by then, counted in `columns`."""
        row = self.rows[symbol]
        end = int(self.ends[row])
        while until < math.inf and end and periods.end(self.timeframe, float(self.values[0, row, end - 1])) > until:
            end -= 1
        return end

    def columns(self, symbol: str) -> Floats:
        """Of a known symbol, in shape (FIELDS, bars), oldest first."""
        row = self.rows[symbol]
        return self.values[:, row, : self.ends[row]]

    def newest(self) -> float:
        """Start of the newest bar of all symbols; 0 without bars."""
        rows = np.flatnonzero(self.ends)
        return float(self.values[0, rows, self.ends[rows] - 1].max()) if len(rows) else 0.0

    def newest_of(self, symbol: str) -> float:
        """Start of the newest bar of a known symbol."""
        row = self.rows[symbol]
        return float(self.values[0, row, self.ends[row] - 1])

    def last_before(self, symbol: str, start: float) -> float | None:
        """The last close before `start`, adjusted for splits until then."""
        row = self.rows.get(symbol)
        if row is None:
            return None
        place = int(np.searchsorted(self.values[0, row, : self.ends[row]], start)) - 1
        if place < 0:
            return None
        ratio = shares.between(float(self.values[0, row, place]), start, self.splits.get(symbol, ()), self.timeframe)
        return float(self.values[4, row, place]) / ratio

    def benchmark_growth(self, benchmark: str, bars: int, since: float) -> float:
        """Growth of the benchmark's close over `bars` bars, or the mean of all symbols without it; only of symbols
        whose last bar starts at `since` or later. NaN with fewer than FEWEST_COMPARED."""
        rows = self._rows_with_growth(bars, since)
        own = rows[rows == self.rows.get(benchmark, -1)]
        if len(own):
            return self._mean_growth(own, bars)
        return self._mean_growth(rows, bars) if len(rows) >= FEWEST_COMPARED else float("nan")

    def _rows_with_growth(self, bars: int, since: float) -> Counts:
        rows = np.flatnonzero(self.ends[: len(self.rows)] > bars)
        growing: Counts = rows[self.values[0, rows, self.ends[rows] - 1] >= since]
        return growing

    def _mean_growth(self, rows: Counts, bars: int) -> float:
        close, ends = self.values[4], self.ends[rows]
        times = close[rows, ends - 1] / close[rows, ends - 1 - bars]
        if self.splits:
            times *= self._split_ratios(rows, bars)
        return float((times - 1).mean())

    def _adjust_for_splits(self, columns: Floats, symbols: Sequence[str], starts: Floats) -> None:
        """Adjusts open, high, low, close and volume in place; each in shape (rows, width)."""
        for row, symbol in enumerate(symbols):
            splits = self.splits.get(symbol, ())
            if shares.reach(splits, starts[row, 0]):
                factors = shares.factors(starts[row], splits, self.timeframe)
                rates = factors / factors[-1]
                columns[:4, row] *= rates
                columns[4, row] /= rates

    def _split_ratios(self, rows: Counts, bars: int) -> Floats:
        """Shares held now for one share held `bars` bars ago."""
        ratios = np.ones(len(rows))
        places = dict(zip(rows.tolist(), range(len(rows)), strict=True))
        for symbol, splits in self.splits.items():
            row = self.rows.get(symbol, -1)
            if row in places:
                first, last = self.values[0, row, self.ends[row] - 1 - bars], self.values[0, row, self.ends[row] - 1]
                ratios[places[row]] = shares.between(first, last, splits, self.timeframe)
        return ratios

    def _new_row(self, symbol: str) -> int:
        row = self.rows[symbol] = len(self.rows)
        if row == len(self.ends):
            self.reserve(row + 1)
        return row

    def reserve(self, rows: int) -> None:
        """Grows the arrays to at least so many symbols, and at least to twice their size."""
        used = len(self.ends)
        if rows <= used:
            return
        rows = max(rows, 2 * used)
        values = np.zeros((FIELDS, rows, self.bars + SLACK))
        values[:, :used] = self.values
        self.values = values
        self.ends, self.revisions = (
            np.append(old, np.zeros(rows - used, old.dtype)) for old in (self.ends, self.revisions)
        )
