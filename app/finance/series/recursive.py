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
    return lagged(rowwise(partial(talib.EMA, timeperiod=period), matrix.close), 0, columns)


def macd(matrix: BarMatrix, _period: int, columns: int, *, place: int) -> Floats:
    """`place`: 0 the value, 1 its signal, 2 the histogram."""
    values = rowwise(lambda close: talib.MACD(close, *MACD_PERIODS)[place], matrix.close)
    return lagged(values, 0, columns)


def rsi(matrix: BarMatrix, period: int, columns: int) -> Floats:
    values = lagged(rowwise(partial(talib.RSI, timeperiod=period), matrix.close), 0, columns)
    still = is_still(matrix.close, matrix.close, matrix.tick_size, period + 1, columns)
    return np.where(still & ~np.isnan(values), MIDDLE, values)


def atr(matrix: BarMatrix, period: int, columns: int) -> Floats:
    values = rowwise(partial(talib.ATR, timeperiod=period), matrix.high, matrix.low, matrix.close)
    return lagged(values, 0, columns)


def atr_percent(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return 100 * atr(matrix, period, columns) / lagged(matrix.close, 0, columns)


def directional(matrix: BarMatrix, period: int, columns: int, *, function: Callable[..., Floats]) -> Floats:
    """ADX, PLUS_DI or MINUS_DI; each is 0 at one price."""
    values = rowwise(partial(function, timeperiod=period), matrix.high, matrix.low, matrix.close)
    recent = lagged(values, 0, columns)
    still = is_still(matrix.high, matrix.low, matrix.tick_size, period + 1, columns)
    return np.where(still & ~np.isnan(recent), 0.0, recent)


def rowwise(function: Callable[..., Floats], *columns: Floats) -> Floats:
    """Of each row by itself; NaN at the left stays NaN."""
    values = np.full(columns[0].shape, np.nan)
    for row, arguments in enumerate(zip(*columns, strict=True)):
        values[row] = function(*arguments)
    return values
