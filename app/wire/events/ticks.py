"""A price as it was traded or aggregated by the feed."""

from app.wire.events.base import Event


class Tick(Event, frozen=True, kw_only=True):
    """`at` is market time. `volume` is what was traded since the symbol's last tick."""

    symbol: str
    price: float
    volume: int = 0
    bid: float | None = None
    ask: float | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    vwap: float | None = None
