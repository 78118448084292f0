"""Volume of each bar in money, and against what is usual in the same hours."""

import numpy as np

from app.finance import periods
from app.finance.hours import hourless, regular_hours
from app.finance.matrix import BarMatrix
from app.finance.panel import USUAL_BARS, Floats
from app.finance.rolling import lagged, total
from app.finance.studies import FEWEST_ALIKE


def money(matrix: BarMatrix, _period: int, columns: int) -> Floats:
    return lagged(matrix.close, 0, columns) * lagged(matrix.volume, 0, columns)


def relative_volume(matrix: BarMatrix, _period: int, columns: int) -> Floats:
    """As studies.relative_volume has it of the last bar."""
    volume = matrix.volume
    length = min(columns, matrix.width)
    if matrix.timeframe not in periods.SECONDS:
        usual = lagged(total(volume, USUAL_BARS, length + 1), 1, length) / USUAL_BARS
        return _times(lagged(volume, 0, length), usual)
    recent = slice(-(length + USUAL_BARS), None)
    volume, regular = volume[:, recent], regular_hours(matrix.start[:, recent])
    free = hourless(matrix.symbols)[:, None]
    sums, numbers = np.zeros((2, len(matrix.symbols), length))
    for own in (regular | free, ~regular & ~free):
        last = lagged(own.astype(np.float64), 0, length) > 0
        sums += np.where(last, _before(np.where(own, volume, 0 * volume), length), 0)
        numbers += np.where(last, _before(own.astype(np.float64), length), 0)
    times = _times(lagged(volume, 0, length), sums / np.maximum(numbers, 1))
    return np.where(numbers >= FEWEST_ALIKE, times, np.nan)


def _before(values: Floats, columns: int) -> Floats:
    """Sums of the USUAL_BARS before each bar."""
    return lagged(total(values, USUAL_BARS, columns + 1), 1, columns)


def _times(volume: Floats, usual: Floats) -> Floats:
    """1 where nothing was traded before."""
    nothing = np.where(np.isnan(volume + usual), np.nan, 1.0)
    times: Floats = np.divide(volume, usual, out=nothing, where=usual > 0)
    return times
