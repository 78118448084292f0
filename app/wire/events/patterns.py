"""A chart pattern that the engine found."""

from typing import Literal

from app.wire.events.base import Event

Direction = Literal["bullish", "bearish", "neutral"]


class PatternDetected(Event, frozen=True, kw_only=True):
    """Identity: symbol, pattern, timeframe and `at`, the end of the bar that completed it (market time)."""

    symbol: str
    pattern: str
    timeframe: str
    confidence: float
    """0 to 1."""
    direction: Direction = "neutral"
    tier: str = ""
    price: float | None = None
    price_change: float | None = None
    """Percent."""
    volume: int | None = None
    flow_id: str = ""
