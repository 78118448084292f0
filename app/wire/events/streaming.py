"""Sessions in which the engine follows the market live, and how they are."""

from app.wire.events.base import Event


class SessionChanged(Event, frozen=True, kw_only=True):
    """One began or ended."""

    session_id: str = ""
    status: str
    """active, stopped, completed or failed."""
    universe: str = ""
    symbols: int | None = None
    trigger: str = ""
    seconds: float | None = None
    bars: int | None = None
    patterns: int | None = None
    indicators: int | None = None


class StreamingHealth(Event, frozen=True, kw_only=True):
    session_id: str = ""
    status: str
    """healthy, warning, degraded, critical, error, starting or stopping."""
    active_symbols: int | None = None
    stale_symbols: int | None = None
    ticks_per_second: float | None = None
    bars_per_minute: float | None = None
    lag_ms: float | None = None
    patterns: int | None = None
    indicators: int | None = None
    cpu: float | None = None
    memory: float | None = None
    """0 to 1, as is the one above."""
    memory_mb: float | None = None
    connections: int | None = None
    connection: str = ""
    reconnections: int | None = None
    errors: int | None = None
    uptime: float | None = None
    """Seconds."""
    issues: tuple[str, ...] = ()
