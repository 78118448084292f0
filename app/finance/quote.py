"""The newest quote of a symbol as the feed stores it in Redis."""

from typing import NamedTuple


class NewestQuote(NamedTuple):
    """Prices in the instrument's currency; `at` is market time, UTC epoch seconds.

    open, high, low and volume are those of `session` (the trading date, ISO) up to `at`, in regular hours alone: before
    them there is no volume, and the prices are all the same.
    """

    symbol: str
    price: float
    at: float
    session: str
    open: float
    high: float
    low: float
    volume: int
    previous_close: float | None = None
    """As it was paid: on the day of a split in the share of the day before."""
    close: float | None = None
    """Where the session ended, once trading goes on after it."""
    outside: int = 0
    """Volume before and after the regular hours."""
    has_traded: bool = True
    """Whether it was traded in the session's regular hours."""
    bid: float | None = None
    ask: float | None = None
    written_at: float = 0.0
    """When the feed wrote it, UTC epoch seconds of wall time: all that it published before is in it."""
