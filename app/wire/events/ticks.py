"""A price as it was traded or aggregated by the feed."""

from typing import Literal

from app.wire.events.base import Event


class Tick(Event, frozen=True, kw_only=True):
    """`at` is market time, of an aggregate its last instant. `volume` is what the print or span itself traded."""

    symbol: str
    price: float
    volume: float = 0
    bid: float | None = None
    ask: float | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    vwap: float | None = None
    kind: Literal["A", "T", "Q"] = "T"
    """An aggregate of a span of time, a print, or a quote: bid and ask, with which nothing was traded."""
    starts_at: float | None = None
    """Of an aggregate's span: one that comes again for the same span replaces it."""
    trade_id: str = ""
    """Prints that are alike but for this are several."""
    belongs: Literal["", "regular", "extended"] = ""
    """Which hours the feed itself counts a print to, where it says that."""
    day_volume: float | None = None
    """Of the whole day up to this, where the feed says it."""
    day_open: float | None = None
