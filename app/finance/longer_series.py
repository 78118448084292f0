"""Bars in memory with the longer ones that are made of them."""

from collections.abc import Sequence

import numpy as np

from app.finance import columns, periods
from app.finance.bars import Timeframe
from app.finance.columns import Columns
from app.finance.series_by_timeframe import SeriesByTimeframe

TAIL = 128
"""The newest bars of which longer ones are made again: more than there are minutes in two hours, or days in a
month."""


def fill(series: SeriesByTimeframe, bars: Columns) -> None:
    """Replaces the days or minutes of their symbols, and the longer bars."""
    series.fill(bars)
    for timeframe in _longer(bars.timeframe):
        series.fill(columns.merge(bars, timeframe, series.splits))


def put(series: SeriesByTimeframe, bars: Columns) -> None:
    """Adds newest days or minutes, fewer than half of TAIL of each symbol, or replaces them, with the longer bars."""
    short = series.timeframe(bars.timeframe)
    short.put(bars)
    parts = [short.columns(symbol)[:, -TAIL:] for symbol in bars.symbols]
    if not parts:
        return
    firsts = np.cumsum([0, *(part.shape[1] for part in parts)])[:-1]
    newest = Columns(bars.timeframe, bars.symbols, firsts, np.concatenate(parts, axis=1))
    for timeframe in _longer(bars.timeframe):
        longer = columns.merge(newest, timeframe, series.splits)
        series.timeframe(timeframe).put(columns.without_first(longer, [part.shape[1] == TAIL for part in parts]))


def _longer(timeframe: Timeframe) -> Sequence[Timeframe]:
    return {"1min": periods.FROM_MINUTES, "daily": periods.FROM_DAYS}.get(timeframe, ())
