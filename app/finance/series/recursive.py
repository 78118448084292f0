"""Indicators that remember for ever, by TA-Lib row by row."""

from collections.abc import Callable
from functools import partial

import numpy as np
import talib

from app.finance.matrix import BarMatrix
from app.finance.panel import Floats
from app.finance.rolling import lagged
from app.finance.series.stillness import MIDDLE, is_still

MACD_PERIODS = (12, 26, 9)


def ema(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return rowwise(partial(talib.EMA, timeperiod=period), columns, matrix.close)


def macd(matrix: BarMatrix, _period: int, columns: int, *, place: int) -> Floats:
    """`place`: 0 the value, 1 its signal, 2 the histogram."""
    return rowwise(lambda close: talib.MACD(close, *MACD_PERIODS)[place], columns, matrix.close)


def rsi(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return middle_where_still(rowwise(partial(talib.RSI, timeperiod=period), columns, matrix.close), matrix, period)


def middle_where_still(values: Floats, matrix: BarMatrix, period: int) -> Floats:
    """`values`: RSI of the last columns; MIDDLE at one price."""
    still = is_still(matrix.close, matrix.close, matrix.tick_size, period + 1, values.shape[1])
    return np.where(still & ~np.isnan(values), MIDDLE, values)


def atr(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return rowwise(partial(talib.ATR, timeperiod=period), columns, matrix.high, matrix.low, matrix.close)


def atr_percent(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return 100 * atr(matrix, period, columns) / lagged(matrix.close, 0, columns)


def directional(matrix: BarMatrix, period: int, columns: int, *, function: Callable[..., Floats]) -> Floats:
    """ADX, PLUS_DI or MINUS_DI."""
    values = rowwise(partial(function, timeperiod=period), columns, matrix.high, matrix.low, matrix.close)
    return zero_where_still(values, matrix, period)


def zero_where_still(values: Floats, matrix: BarMatrix, period: int) -> Floats:
    """`values`: those of directional() at the last columns; 0 at one price."""
    still = is_still(matrix.high, matrix.low, matrix.tick_size, period + 1, values.shape[1])
    return np.where(still & ~np.isnan(values), 0.0, values)


def rowwise(function: Callable[..., Floats], columns: int, *prices: Floats) -> Floats:
    """Of each row by itself, the last columns alone; NaN at the left stays NaN."""
    if columns == 1:
        return np.array([function(*own)[-1] for own in zip(*prices, strict=True)], dtype=np.float64)[:, None]
    values = np.full((len(prices[0]), min(columns, prices[0].shape[1])), np.nan)
    for row, own in enumerate(zip(*prices, strict=True)):
        values[row] = function(*own)[-columns:]
    return values
