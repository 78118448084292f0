"""Prices of each bar, their changes, and the volume-weighted mean price of the session."""

import numpy as np

from app.finance.bars import DAY
from app.finance.hours import session_numbers
from app.finance.matrix import BarMatrix
from app.finance.panel import Counts, Floats
from app.finance.rolling import lagged


def growth(close: Floats, bars: int, columns: int | None = None) -> Floats:
    """0.1 for 10 %."""
    return _part(lagged(close, 0, columns), lagged(close, bars, columns))


def _part(price: Floats, base: Floats) -> Floats:
    """By how much the price is above its base, in parts of the base; NaN unless that is above zero, because the sign
    would mislead."""
    part: Floats = price / np.where(base > 0, base, np.nan) - 1
    return part


def change(matrix: BarMatrix, _period: int, columns: int) -> Floats:
    return 100 * growth(matrix.close, 1, columns)


def gap(matrix: BarMatrix, _period: int, columns: int) -> Floats:
    return 100 * _part(lagged(matrix.open, 0, columns), lagged(matrix.close, 1, columns))


def span(matrix: BarMatrix, _period: int, columns: int) -> Floats:
    return 100 * _part(lagged(matrix.high, 0, columns), lagged(matrix.low, 0, columns))


def change_of_the_year(matrix: BarMatrix, _period: int, columns: int) -> Floats:
    """From the last close of the year before, in percent; NaN unless that is in the matrix."""
    present = ~np.isnan(matrix.start)
    years = (np.where(present, matrix.start, 0) // DAY).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    first = present & (np.diff(years, axis=1, prepend=years[:, :1]) != 0)
    places = np.maximum.accumulate(np.where(first, np.arange(matrix.width), 0), axis=1) - 1
    before = np.where(places >= 0, np.take_along_axis(matrix.close, np.maximum(places, 0), axis=1), np.nan)
    return lagged(100 * _part(matrix.close, before), 0, columns)


def vwap(matrix: BarMatrix, _period: int, columns: int) -> Floats:
    """NaN in the first session of a row unless its beginning is in the matrix, and before anything was traded."""
    sessions = session_numbers(matrix.symbols, matrix.end)
    before = session_numbers(matrix.symbols, matrix.start)
    at_begin = sessions != before
    first = np.diff(sessions, axis=1, prepend=np.nan) != 0
    places = np.maximum.accumulate(np.where(first, np.arange(matrix.width), 0), axis=1)
    typical = (matrix.high + matrix.low + matrix.close) / 3
    money, volume = (_since(places, values) for values in (typical * matrix.volume, matrix.volume))
    is_first = sessions == np.fmin.reduce(sessions, axis=1, keepdims=True)
    complete = ~is_first | np.take_along_axis(at_begin, places, axis=1)
    means = np.divide(money, volume, out=np.full(money.shape, np.nan), where=complete & (volume > 0))
    return lagged(means, 0, columns)


def _since(places: Counts, values: Floats) -> Floats:
    """Sums of each row from the column of `places` on."""
    sums = np.cumsum(np.nan_to_num(values), axis=1)
    before = np.take_along_axis(sums - np.nan_to_num(values), places, axis=1)
    return sums - before
