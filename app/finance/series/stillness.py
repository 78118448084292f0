"""Where prices stand still: differences below a tick count for nothing."""

import numpy as np

from app.finance.panel import Floats, Mask
from app.finance.rolling import highest, lagged, lowest, mean
from app.finance.tick_size import side

MIDDLE = 50.0
"""Of what is between 0 and 100, at one price."""
SMOOTHING = 3


def is_still(high: Floats, low: Floats, tick_size: Floats, bars: int, columns: int | None = None) -> Mask:
    """Whether no price of the last `bars` bars differs by a tick; False where there are fewer."""
    reach = highest(high, bars, columns) - lowest(low, bars, columns)
    recent = tick_size if columns is None else tick_size[:, -columns:]
    still: Mask = side(reach, recent) == 0
    return still


def stochastic(
    prices: tuple[Floats, Floats, Floats], tick_size: Floats, period: int, columns: int | None = None
) -> Floats:
    """%K, slow: where the close is between the extremes of `period` bars, 0 to 100, as a mean over SMOOTHING bars. It
    is MIDDLE between extremes that are the same. `prices`: high, low and close; `tick_size`: of bars or rows."""
    high, low, close = prices
    length = close.shape[1] if columns is None else columns + SMOOTHING - 1
    lows = lowest(low, period, length)
    reach = highest(high, period, length) - lows
    moved = side(reach, tick_size[:, -length:]) > 0
    middle = np.where(np.isnan(reach), np.nan, MIDDLE)
    places = np.divide(100 * (lagged(close, 0, length) - lows), reach, out=middle, where=moved)
    return mean(places, SMOOTHING, columns)
