"""The function of each field: its value at every bar of a matrix."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import talib

from app.finance.matrix import BarMatrix
from app.finance.panel import Floats
from app.finance.rolling import lagged
from app.finance.series import benchmark, prices, recursive, volumes, windows
from app.finance.series.newest import NEWEST

DECIMALS = 6
"""To which values are rounded, prices as traded: means of equal prices are equal to them then."""


class SeriesFunction(NamedTuple):
    compute: Callable[[BarMatrix, int, int], Floats]
    """Of a matrix, a period in bars and a number of columns."""
    needs: int = 1
    """Bars until there is a value; with a period, bars beyond it."""
    is_price: bool = False
    smoothings: int = 1
    """How many periods follow each other until there is a value."""

    def bars(self, period: int) -> int:
        """Until there is a value."""
        return self.needs + self.smoothings * period


def _column(name: str) -> Callable[[BarMatrix, int, int], Floats]:
    return lambda matrix, _period, columns: lagged(getattr(matrix, name), 0, columns)


FUNCTIONS: Mapping[tuple[str, str], SeriesFunction] = {
    ("close", ""): SeriesFunction(_column("close"), is_price=True),
    ("open", ""): SeriesFunction(_column("open"), is_price=True),
    ("high", ""): SeriesFunction(_column("high"), is_price=True),
    ("low", ""): SeriesFunction(_column("low"), is_price=True),
    ("chg", ""): SeriesFunction(prices.change, 2),
    ("gap", ""): SeriesFunction(prices.gap, 2),
    ("span", ""): SeriesFunction(prices.span),
    ("ytd", ""): SeriesFunction(prices.change_of_the_year, 2),
    ("vwap", ""): SeriesFunction(prices.vwap, is_price=True),
    ("volume", ""): SeriesFunction(_column("volume")),
    ("money", ""): SeriesFunction(volumes.money),
    ("relvol", ""): SeriesFunction(volumes.relative_volume, 21),
    ("sma", ""): SeriesFunction(windows.sma, 0, is_price=True),
    ("ema", ""): SeriesFunction(recursive.ema, 0, is_price=True),
    ("macd", ""): SeriesFunction(partial(recursive.macd, place=0), 34, is_price=True),
    ("macd", "signal"): SeriesFunction(partial(recursive.macd, place=1), 34, is_price=True),
    ("macd", "histogram"): SeriesFunction(partial(recursive.macd, place=2), 34, is_price=True),
    ("adx", ""): SeriesFunction(partial(recursive.directional, function=talib.ADX), 0, smoothings=2),
    ("adx", "plus"): SeriesFunction(partial(recursive.directional, function=talib.PLUS_DI), 0, smoothings=2),
    ("adx", "minus"): SeriesFunction(partial(recursive.directional, function=talib.MINUS_DI), 0, smoothings=2),
    ("rs", ""): SeriesFunction(benchmark.relative_strength),
    ("rsi", ""): SeriesFunction(recursive.rsi),
    ("stoch", ""): SeriesFunction(windows.slow_stochastic, 4),
    ("stoch", "signal"): SeriesFunction(windows.slow_stochastic_signal, 4),
    ("atr", ""): SeriesFunction(recursive.atr, is_price=True),
    ("atrp", ""): SeriesFunction(recursive.atr_percent),
    ("bb", ""): SeriesFunction(windows.sma, 0, is_price=True),
    ("bb", "upper"): SeriesFunction(windows.upper_band, 0, is_price=True),
    ("bb", "lower"): SeriesFunction(windows.lower_band, 0, is_price=True),
    ("bb", "width"): SeriesFunction(windows.band_width, 0),
    ("bb", "place"): SeriesFunction(windows.place_in_bands, 0),
    ("volatility", ""): SeriesFunction(windows.volatility),
    ("beta", ""): SeriesFunction(benchmark.beta),
    ("corr", ""): SeriesFunction(benchmark.correlation),
}
"""By field and part. TA-Lib computes each row by itself what remembers for ever; what looks back a fixed way goes for
all rows at once."""


def series(matrix: BarMatrix, field: str, period: int = 0, part: str = "", columns: int | None = None) -> Floats:
    """(rows, columns): the field at the last `columns` bars of each row, or at all of them. NaN where there are too few
    bars before. KeyError for a field without a number for each bar."""
    function = FUNCTIONS[field, part]
    columns = matrix.width if columns is None else min(columns, matrix.width)
    return _round_and_mask(function.compute(matrix, period, columns), function, matrix, period)


def newest_values(matrix: BarMatrix, field: str, period: int, part: str, state: Floats) -> Floats:
    """(rows, 1): as series() at the newest bar, of a field in NEWEST. `state`: of its bar before."""
    function = FUNCTIONS[field, part]
    values = NEWEST[field, part].step(matrix, period, state)
    without_state = np.flatnonzero(np.isnan(state).any(axis=0) & (matrix.counts >= function.bars(period)))
    if len(without_state):  # It is their first value.
        values[without_state] = function.compute(matrix.of_rows(without_state), period, 1)
    return _round_and_mask(values, function, matrix, period)


def _round_and_mask(values: Floats, function: SeriesFunction, matrix: BarMatrix, period: int) -> Floats:
    """Rounded, and NaN where there are too few bars."""
    traded = lagged(matrix.traded, 0, values.shape[1])
    rounded = rounded_prices(values, traded) if function.is_price else rounded_to(values)
    return _from_enough_bars(rounded, matrix, function.bars(period))


def rounded_prices(values: Floats, traded: Floats) -> Floats:
    """`traded`: see BarMatrix."""
    if np.all((traded == 1) | np.isnan(traded)):
        return np.round(values, DECIMALS)
    return np.round(values * traded, DECIMALS) / traded


def rounded_to(values: Floats) -> Floats:
    return np.round(values, DECIMALS)


def _from_enough_bars(values: Floats, matrix: BarMatrix, bars: int) -> Floats:
    """NaN at the bars of a row that have fewer than `bars` up to them."""
    first_starts = lagged(matrix.start, max(bars - 1, 0), values.shape[1])
    return np.where(np.isnan(first_starts), np.nan, values)
