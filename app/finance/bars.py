"""Bars: open, high, low, close and volume of one symbol over one span of time."""

from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

Timeframe = Literal["1min", "5min", "15min", "30min", "hourly", "daily", "weekly", "monthly"]

DAY = 86400
_EPOCH = date(1970, 1, 1).toordinal()


class Bar(NamedTuple):
    """Prices in the instrument's currency, volume in units traded; `start` in UTC epoch seconds.

    A daily bar starts at midnight UTC of its trading date: the date is the identity, not an instant. A weekly one
    starts like the day of its Monday, a monthly one like the first of the month, traded or not.
    """

    symbol: str
    timeframe: Timeframe
    start: float
    open: float
    high: float
    low: float
    close: float
    volume: int
    ticks: int | None = None
    """How many trades or aggregates of seconds a live minute was made of; None where nobody counted them."""

    @property
    def day(self) -> date:
        """The trading date of a daily bar."""
        return day_of(self.start)


@lru_cache(maxsize=16_384)
def day_of(start: float) -> date:
    """The trading date of a daily bar that starts then."""
    return date.fromordinal(_EPOCH + int(start // DAY))


def day_start(day: date) -> float:
    """Where the daily bar of a trading date starts."""
    return float((day.toordinal() - _EPOCH) * DAY)
