"""Indicators of a fixed number of bars: means, bands, stochastic and volatility."""

import math

import numpy as np

from app.finance.matrix import BarMatrix
from app.finance.panel import Floats
from app.finance.rolling import deviation, lagged, mean
from app.finance.series.prices import growth
from app.finance.series.stillness import SMOOTHING, stochastic

DEVIATIONS = 2.0
"""Between the mean and each Bollinger band."""
SESSIONS_A_YEAR = 252
HALF = 0.5


def sma(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return mean(matrix.close, period, columns)


def upper_band(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return mean(matrix.close, period, columns) + DEVIATIONS * deviation(matrix.close, period, columns)


def lower_band(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return mean(matrix.close, period, columns) - DEVIATIONS * deviation(matrix.close, period, columns)


def band_width(matrix: BarMatrix, period: int, columns: int) -> Floats:
    """Between both bands, in percent of the mean."""
    widths = 200 * DEVIATIONS * deviation(matrix.close, period, columns)
    return widths / mean(matrix.close, period, columns)


def place_in_bands(matrix: BarMatrix, period: int, columns: int) -> Floats:
    """0 at the lower band, 1 at the upper one; HALF where they are the same."""
    reach = DEVIATIONS * deviation(matrix.close, period, columns)
    apart = lagged(matrix.close, 0, columns) - mean(matrix.close, period, columns)
    middle = np.where(np.isnan(reach), np.nan, 0.0)
    return HALF + HALF * np.divide(apart, reach, out=middle, where=reach > 0)


def slow_stochastic(matrix: BarMatrix, period: int, columns: int) -> Floats:
    return stochastic((matrix.high, matrix.low, matrix.close), matrix.tick_size, period, columns)


def slow_stochastic_signal(matrix: BarMatrix, period: int, columns: int) -> Floats:
    """%D: the mean of %K."""
    return mean(slow_stochastic(matrix, period, columns + SMOOTHING - 1), SMOOTHING, columns)


def volatility(matrix: BarMatrix, period: int, columns: int) -> Floats:
    """Of a year, in percent."""
    changes = growth(matrix.close, 1, columns + period)
    return 100 * math.sqrt(SESSIONS_A_YEAR) * deviation(changes, period, columns)
