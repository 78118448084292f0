"""Bars: open, high, low, close and volume of one symbol over one span of time."""

from typing import Literal, NamedTuple

Timeframe = Literal["1min", "daily"]


class Bar(NamedTuple):
    """Prices in the instrument's currency, volume in units traded; `start` in UTC epoch seconds.

    A daily bar starts at midnight UTC of its trading date: the date is the identity, not an instant.
    """

    symbol: str
    timeframe: Timeframe
    start: float
    open: float
    high: float
    low: float
    close: float
    volume: int
