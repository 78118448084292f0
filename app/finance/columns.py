"""Bars of many symbols as numpy columns."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from app.finance import periods, shares
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.panel import Counts, Floats, number_of_ticks
from app.finance.shares import Splits

OPEN, HIGH, LOW, CLOSE, VOLUME = range(1, 6)
"""Rows of `values`; the first is the start, the last the ticks."""


class Columns(NamedTuple):
    """Of one timeframe, by symbol and oldest first.

    `values` is (7, bars): start, open, high, low, close, volume and ticks, as panel.fields has them of one bar;
    `firsts` says at which bar each symbol begins.
    """

    timeframe: Timeframe
    symbols: Sequence[str]
    firsts: Counts
    values: Floats

    def each(self) -> Iterator[tuple[str, Floats]]:
        """A view of the bars of each symbol."""
        # Without a symbol there is one piece, an empty one.
        yield from zip(self.symbols, np.split(self.values, self.firsts[1:], axis=1), strict=False)


def gather(timeframe: Timeframe, names: Sequence[str], places: Counts, values: Floats) -> Columns:
    """Of bars in any order: `places` says of each to which of the names it belongs. Names without bars are left out."""
    order = np.lexsort((values[0], places))
    places, values = places[order], values[:, order]
    firsts = np.flatnonzero(np.diff(places, prepend=-1))
    return Columns(timeframe, [names[place] for place in places[firsts].tolist()], firsts, values)


def bars(columns: Columns) -> list[Bar]:
    return [
        Bar(symbol, columns.timeframe, start, open_price, high, low, close, int(volume), number_of_ticks(ticks))
        for symbol, values in columns.each()
        for start, open_price, high, low, close, volume, ticks in values.T.tolist()
    ]


def merge(short: Columns, timeframe: Timeframe, splits: Splits = shares.NONE) -> Columns:
    """The longer bars that these make; weeks and months are each in the share of their last day."""
    if not len(short.symbols):
        return short._replace(timeframe=timeframe)
    values = short.values if timeframe in periods.SECONDS else _in_one_share(short, timeframe, splits)
    begins = _begins(timeframe, values[0])
    new = np.diff(begins, prepend=np.nan) != 0
    new[short.firsts] = True
    firsts = np.flatnonzero(new)
    lasts = np.append(firsts[1:], len(begins)) - 1
    longer = np.stack(
        [
            begins[firsts],
            values[OPEN, firsts],
            np.maximum.reduceat(values[HIGH], firsts),
            np.minimum.reduceat(values[LOW], firsts),
            values[CLOSE, lasts],
            np.add.reduceat(values[VOLUME], firsts),
            np.add.reduceat(values[-1], firsts),
        ]
    )
    return Columns(timeframe, short.symbols, np.searchsorted(firsts, short.firsts), longer)


def without_first(bars: Columns, cut: Sequence[bool]) -> Columns:
    """Without the first bar of each symbol for which that is said."""
    parts = [own[:, 1:] if is_cut else own for (_, own), is_cut in zip(bars.each(), cut, strict=True)]
    if not parts:
        return bars
    firsts = np.cumsum([0, *(own.shape[1] for own in parts)])[:-1]
    return bars._replace(firsts=firsts, values=np.concatenate(parts, axis=1))


def _in_one_share(days: Columns, timeframe: Timeframe, splits: Splits) -> Floats:
    if not splits:
        return days.values
    values = days.values.copy()
    for symbol, own in days._replace(values=values).each():
        own_splits = splits.get(symbol, ())
        if shares.reach(own_splits, own[0, 0]):
            rates = shares.within(own[0], own_splits, timeframe)
            own[OPEN : CLOSE + 1] *= rates
            own[VOLUME] = np.where(rates == 1, own[VOLUME], np.rint(own[VOLUME] / rates))
    return values


def _begins(timeframe: Timeframe, starts: Floats) -> Floats:
    """periods.begin of each."""
    if timeframe in periods.SECONDS:
        return starts // periods.SECONDS[timeframe] * periods.SECONDS[timeframe]
    if timeframe == "weekly":
        return (starts - periods.MONDAY) // periods.WEEK * periods.WEEK + periods.MONDAY
    months = (starts // DAY).astype("datetime64[D]").astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.float64) * DAY
