"""Ticks of a feed; only the price is required."""

from typing import NamedTuple

from app.finance.trades import Belongs, Kind


class Trade(NamedTuple):
    symbol: str
    at: float
    price: float
    volume: float = 1
    open: float | None = None
    high: float | None = None
    low: float | None = None
    kind: Kind = "T"
    starts_at: float | None = None
    trade_id: str = ""
    belongs: Belongs = ""
    day_volume: float | None = None
    day_open: float | None = None


def span(start: float, volume: float, prices: tuple[float, float, float, float], seconds: float = 1.0) -> Trade:
    """An aggregate of IBM; prices are open, high, low and close."""
    open_price, high, low, close = prices
    return Trade("IBM", start + seconds - 0.001, close, volume, open_price, high, low, "A", start)
