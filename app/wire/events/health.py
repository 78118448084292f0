"""How the engine says it is."""

from app.wire.events.base import Event


class EngineHealth(Event, frozen=True, kw_only=True):
    """`interval` is the engine's own beat in seconds; TickStockPL beats about every 60 s and does not say so."""

    status: str
    interval: float = 60.0
    active_symbols: int | None = None
    bars: int | None = None
    patterns: int | None = None
    cpu: float | None = None
    memory: float | None = None
    disk: float | None = None
    """0 to 1, as are the two above."""
    connections: int | None = None
    per_second: float | None = None
    active_jobs: int | None = None
    queue_depth: int | None = None
    uptime: float | None = None
    """Seconds."""
    behind_seconds: float | None = None
    """How far the engine's work is behind the market, by the clock on the wall; None where the engine does not say."""
    waiting: int | None = None
    """Rows and events that wait to be stored or published."""
    slow_part: str = ""
    """What holds the rest up while the engine is behind: `store`, `publish`, `analysis` or `reading`; else empty."""
