"""Chart patterns that the engine found, corrected or gave up."""

from typing import Literal

from app.wire.events.base import Event

Direction = Literal["bullish", "bearish", "neutral"]


class PatternEvent(Event, frozen=True, kw_only=True):
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
    expires_at: float | None = None
    relative_strength: float | None = None
    relative_volume: float | None = None
    """Of the usual volume: 1.2 is a fifth more."""
    rsi: float | None = None
    stop_loss: float | None = None
    target_price: float | None = None
    levels: tuple[tuple[str, float], ...] = ()
    """Prices by what they are, such as support."""
    run_id: str = ""
    """The run, or the streaming session, that found it."""


class PatternDetected(PatternEvent, frozen=True, kw_only=True):
    pass


class PatternUpdated(PatternEvent, frozen=True, kw_only=True):
    """A correction of a pattern that was detected before."""


class PatternExpired(PatternEvent, frozen=True, kw_only=True):
    """A pattern that no longer holds; engines that give no `at` of the detection mean the newest of that name."""
