"""Tick sizes: price differences below one tick count as zero."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.finance.markets import market

Floats = NDArray[np.float64]

USUAL = 0.01
FINEST = 0.0001
"""As finely as prices are stored; and what US stocks below one are quoted in (Rule 612 of Regulation NMS)."""
DIGITS = 5
"""Significant ones, in which currencies and coins are quoted where nobody says it: 1.0850, 151.23."""
ROUNDING = 0.01
"""Of a tick: prices have no exact binary form, and indicators are rounded to six places."""


def tick_sizes(symbols: Sequence[str], prices: Floats, instruments: Mapping[str, float]) -> Floats:
    """One a symbol, in the unit of its price: that of `instruments` where it stands there, otherwise USUAL, but FINEST
    below a price of one, and of currencies and coins (C:EURUSD, X:BTCUSD) as DIGITS digits of the price show it.
    `prices`: one a symbol, or (symbols, width)."""
    sizes = np.where(prices < 1, FINEST, USUAL)
    other_market = np.array([market(symbol) != "exchange" for symbol in symbols], dtype=np.bool_)
    if prices.ndim > 1:
        other_market = other_market[:, None]
    if other_market.any():
        exponent = np.floor(np.log10(np.maximum(prices, FINEST))) + 1 - DIGITS
        sizes = np.where(other_market, np.clip(10.0**exponent, FINEST, USUAL), sizes)
    if instruments:
        own = np.array([instruments.get(symbol, np.nan) for symbol in symbols], dtype=np.float64)
        own = own if prices.ndim == 1 else own[:, None]
        sizes = np.where(own > 0, own, sizes)
    return sizes


def side(difference: Floats, tick_size: Floats | float) -> Floats:
    """1 where it is at least a tick up, -1 where it is at least a tick down, otherwise 0."""
    signs: Floats = np.sign(difference) * (np.abs(difference) >= (1 - ROUNDING) * np.asarray(tick_size))
    return signs
