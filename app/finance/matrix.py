"""Bars of many symbols as arrays of one width: what whole series of indicators are computed from."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from app.finance import periods, shares
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.columns import CLOSE, OPEN, VOLUME, Columns
from app.finance.panel import Counts, Floats
from app.finance.shares import Splits
from app.finance.tick_size import tick_sizes

NO_SIZES: Mapping[str, float] = MappingProxyType({})


class BarMatrix(NamedTuple):
    """Arrays are (rows, width), one row a symbol, oldest bar first and the symbol's newest bar in the last column; NaN
    at the left where a symbol has fewer bars. Columns of different rows may be of different times.

    Prices and volumes are in the share of the row's last bar.
    """

    timeframe: Timeframe
    symbols: Sequence[str]
    start: Floats
    end: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    traded: Floats
    """Price as traded at that bar = price * traded; volume as traded = volume / traded. 1 without splits."""
    tick_size: Floats
    """In the share of the row's last bar; at each bar of the price as traded then."""
    share: Floats
    """(rows,): what a price in the share of the row's last bar is in the newest share of all known splits."""
    counts: Counts
    """(rows,): bars of each."""

    @property
    def width(self) -> int:
        return int(self.close.shape[1])

    def of_rows(self, rows: Counts) -> "BarMatrix":
        symbols = [self.symbols[row] for row in rows.tolist()]
        arrays: dict[str, Any] = {name: getattr(self, name)[rows] for name in self._fields[2:]}
        return self._replace(symbols=symbols, **arrays)


class MatrixChange(NamedTuple):
    """How a matrix differs from one before of the same symbols and width."""

    rows: Counts
    """Those that differ in another bar than the newest."""
    newest: bool
    """Whether the newest bar of other rows may differ."""


def build(
    timeframe: Timeframe,
    symbols: Sequence[str],
    values: Floats,
    splits: Splits = shares.NONE,
    instruments: Mapping[str, float] = NO_SIZES,
) -> BarMatrix:
    """`values`: (fields, rows, width) of bars as traded, whose first fields are start, open, high, low, close and
    volume, at the right and NaN where there is no bar. `instruments`: tick sizes by symbol, where known."""
    starts = values[0]
    rates, share = _rates(timeframe, symbols, starts, splits)
    sizes = tick_sizes(symbols, values[CLOSE], instruments)
    prices, volume, traded = values[OPEN:VOLUME], values[VOLUME], np.ones(starts.shape)
    if rates is not None:
        prices, volume, traded, sizes = prices * rates, volume / rates, 1 / rates, sizes * rates
    counts = (~np.isnan(starts)).sum(axis=1)
    return BarMatrix(timeframe, symbols, starts, ends(timeframe, starts), *prices, volume, traded, sizes, share, counts)  # type: ignore[call-arg]


def from_columns(
    bars: Columns, width: int, splits: Splits = shares.NONE, instruments: Mapping[str, float] = NO_SIZES
) -> BarMatrix:
    """Of the newest `width` bars of each symbol."""
    values = np.full((VOLUME + 1, len(bars.symbols), width), np.nan)
    for row, (_, own) in enumerate(bars.each()):
        newest = own[: VOLUME + 1, -width:]
        values[:, row, width - newest.shape[1] :] = newest
    return build(bars.timeframe, list(bars.symbols), values, splits, instruments)


def joined(parts: Sequence[BarMatrix]) -> BarMatrix:
    """The rows of all, at least one, of one timeframe and width."""
    symbols = [symbol for part in parts for symbol in part.symbols]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in BarMatrix._fields[2:]
    }
    return parts[0]._replace(symbols=symbols, **arrays)


def empty(timeframe: Timeframe) -> BarMatrix:
    """Without symbols."""
    return build(timeframe, (), np.full((VOLUME + 1, 0, 1), np.nan))


def append(values: Floats, symbols: Sequence[str], bars: Iterable[Bar]) -> None:
    """Puts each bar behind those of its symbol, whose oldest one is dropped, or in the place of that of the same start;
    `values` as in build()."""
    rows = {symbol: row for row, symbol in enumerate(symbols)}
    for bar in bars:
        row = rows.get(bar.symbol)
        if row is None or values[0, row, -1] > bar.start:
            continue
        if values[0, row, -1] != bar.start:
            values[:, row, :-1] = values[:, row, 1:]
        values[: VOLUME + 1, row, -1] = bar[2 : 3 + VOLUME]


def ends(timeframe: Timeframe, starts: Floats) -> Floats:
    """Where bars end that start then; NaN where there is none."""
    if timeframe in periods.SECONDS:
        return starts + periods.SECONDS[timeframe]
    present = ~np.isnan(starts)
    if not present.any():
        return starts
    # By days since the first one, without sorting the starts.
    first = float(np.min(starts, where=present, initial=np.inf))
    days = np.where(present, (starts - first) // DAY, 0).astype(np.int64)
    instants = np.full(int(days.max()) + 1, np.nan)
    for day in np.flatnonzero(np.bincount(days[present])).tolist():
        instants[day] = periods.end(timeframe, first + DAY * day)
    return np.where(present, instants[days], np.nan)


def _rates(
    timeframe: Timeframe, symbols: Sequence[str], starts: Floats, splits: Splits
) -> tuple[Floats | None, Floats]:
    """What prices are to be multiplied with to be in the share of their row's last bar, None where all are; and what
    that share is to be multiplied with."""
    rates, share = None, np.ones(len(symbols))
    for row, symbol in enumerate(symbols if splits else ()):
        own = splits.get(symbol, ())
        if own and starts.shape[1]:
            factors = shares.factors(starts[row], own, timeframe)
            share[row] = factors[-1]
            if shares.reach(own, float(np.fmin.reduce(starts[row]))):
                rates = np.ones(starts.shape) if rates is None else rates
                rates[row] = factors / factors[-1]
    return rates, share
