"""Indicators that remember for ever, at the newest bar alone: from their state at the bar before it.

While a bar runs, its price changes again and again and the state before it does not: TA-Lib computes that state once,
and each new price is one step of the same recursion.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import talib

from app.finance.matrix import BarMatrix
from app.finance.panel import Floats
from app.finance.series.recursive import MACD_PERIODS, middle_where_still, rowwise, zero_where_still


class NewestValue(NamedTuple):
    state: Callable[[BarMatrix, int], Floats]
    """(values, rows) at the bar before the newest, of a matrix and a period; NaN where there are too few bars."""
    step: Callable[[BarMatrix, int, Floats], Floats]
    """(rows, 1) at the newest bar, of a matrix of two columns or more, a period and the state."""


def _ema_state(matrix: BarMatrix, period: int) -> Floats:
    return _before_newest(partial(talib.EMA, timeperiod=period), matrix.close)[None]


def _ema(matrix: BarMatrix, period: int, state: Floats) -> Floats:
    return _exponential(state[0], matrix.close[:, -1], period)[:, None]


def _atr_state(matrix: BarMatrix, period: int) -> Floats:
    return _before_newest(partial(talib.ATR, timeperiod=period), matrix.high, matrix.low, matrix.close)[None]


def _atr(matrix: BarMatrix, period: int, state: Floats) -> Floats:
    before = matrix.close[:, -2]
    true_range = np.maximum(matrix.high[:, -1], before) - np.minimum(matrix.low[:, -1], before)
    return _wilder(state[0], true_range, period)[:, None]


def _atr_percent(matrix: BarMatrix, period: int, state: Floats) -> Floats:
    return 100 * _atr(matrix, period, state) / matrix.close[:, -1:]


def _rsi_state(matrix: BarMatrix, period: int) -> Floats:
    """Means of gains and of losses. The true range of bars without a reach is the change of their close, so that its
    mean is that of gains and losses together; RSI is the share of gains in it."""
    close = matrix.close
    changes = _before_newest(partial(talib.ATR, timeperiod=period), close, close, close)
    gains = changes * _before_newest(partial(talib.RSI, timeperiod=period), close) / 100
    return np.stack([gains, changes - gains])


def _rsi(matrix: BarMatrix, period: int, state: Floats) -> Floats:
    change = matrix.close[:, -1] - matrix.close[:, -2]
    gains = _wilder(state[0], np.maximum(change, 0), period)
    changes = gains + _wilder(state[1], np.maximum(-change, 0), period)
    values = 100 * np.divide(gains, changes, out=_zeros(changes), where=changes > 0)
    return middle_where_still(values[:, None], matrix, period)


def _adx_state(matrix: BarMatrix, period: int) -> Floats:
    """Sums of directional movement up and down, and ADX."""
    high, low, close = matrix.high, matrix.low, matrix.close
    up, down = (
        _before_newest(partial(function, timeperiod=period), high, low) for function in (talib.PLUS_DM, talib.MINUS_DM)
    )
    return np.stack([up, down, _before_newest(partial(talib.ADX, timeperiod=period), high, low, close)])


def _adx(matrix: BarMatrix, period: int, state: Floats) -> Floats:
    rise, fall = matrix.high[:, -1] - matrix.high[:, -2], matrix.low[:, -2] - matrix.low[:, -1]
    share = 1 - 1 / period
    up = state[0] * share + np.where((rise > fall) & (rise > 0), rise, 0)
    down = state[1] * share + np.where((fall > rise) & (fall > 0), fall, 0)
    movement = up + down
    direction = 100 * np.divide(np.abs(up - down), movement, out=_zeros(movement), where=movement > 0)
    values = np.where(movement > 0, _wilder(state[2], direction, period), state[2])
    return zero_where_still(values[:, None], matrix, period)


def _macd_state(matrix: BarMatrix, _period: int) -> Floats:
    """The fast and the slow mean, and the signal. The slow mean begins as any other of its period, the fast one only
    with it: it is what MACD has beside the slow one."""
    value, signal = (
        _before_newest(lambda close, place=place: talib.MACD(close, *MACD_PERIODS)[place], matrix.close)
        for place in (0, 1)
    )
    slow = _before_newest(partial(talib.EMA, timeperiod=MACD_PERIODS[1]), matrix.close)
    return np.stack([value + slow, slow, signal])


def _macd(matrix: BarMatrix, _period: int, state: Floats, *, place: int) -> Floats:
    """`place`: as in recursive.macd()."""
    close = matrix.close[:, -1]
    fast, slow = (_exponential(state[row], close, MACD_PERIODS[row]) for row in (0, 1))
    value = fast - slow
    signal = _exponential(state[2], value, MACD_PERIODS[2])
    return (value, signal, value - signal)[place][:, None]


NEWEST: Mapping[tuple[str, str], NewestValue] = {
    ("ema", ""): NewestValue(_ema_state, _ema),
    ("rsi", ""): NewestValue(_rsi_state, _rsi),
    ("atr", ""): NewestValue(_atr_state, _atr),
    ("atrp", ""): NewestValue(_atr_state, _atr_percent),
    ("adx", ""): NewestValue(_adx_state, _adx),
    ("macd", ""): NewestValue(_macd_state, partial(_macd, place=0)),
    ("macd", "signal"): NewestValue(_macd_state, partial(_macd, place=1)),
    ("macd", "histogram"): NewestValue(_macd_state, partial(_macd, place=2)),
}
"""By field and part, as the functions of whole series."""


def _exponential(mean: Floats, value: Floats, period: int) -> Floats:
    """An exponential mean with one more value."""
    after: Floats = mean + (value - mean) * (2 / (period + 1))
    return after


def _wilder(mean: Floats, value: Floats, period: int) -> Floats:
    """Wilder's mean with one more value."""
    after: Floats = (mean * (period - 1) + value) / period
    return after


def _before_newest(function: Callable[..., Floats], *prices: Floats) -> Floats:
    """(rows,)"""
    return rowwise(function, 1, *(own[:, :-1] for own in prices))[:, 0]


def _zeros(values: Floats) -> Floats:
    """NaN stays NaN."""
    return np.where(np.isnan(values), np.nan, 0.0)
