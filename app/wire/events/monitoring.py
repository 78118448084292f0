"""How the engine's machine and its parts are, and the alerts about them."""

import msgspec

from app.wire.events.base import Event


class Component(msgspec.Struct, frozen=True):
    name: str
    status: str = ""
    score: float | None = None
    """0 to 100."""
    details: str = ""


class MetricsMeasured(Event, frozen=True, kw_only=True):
    cpu: float | None = None
    memory: float | None = None
    disk: float | None = None
    """0 to 1, as are the two above."""
    memory_mb: float | None = None
    threads: int | None = None
    pattern_ms: float | None = None
    indicator_ms: float | None = None
    symbols: int | None = None
    ticks_per_second: float | None = None
    patterns_per_second: float | None = None
    indicators_per_second: float | None = None
    cache_hit_rate: float | None = None
    """0 to 1."""
    patterns: int | None = None
    active_backtests: int | None = None
    queue_depth: int | None = None
    database_connections: int | None = None
    slow_queries: int | None = None
    query_ms: float | None = None
    redis_clients: int | None = None
    redis_per_second: float | None = None
    redis_mb: float | None = None
    score: float | None = None
    """0 to 100."""
    status: str = ""
    components: tuple[Component, ...] = ()
    cpu_trend: str = ""
    """increasing, decreasing or stable."""
    memory_trend: str = ""
    recommendations: tuple[str, ...] = ()


class AlertRaised(Event, frozen=True, kw_only=True):
    alert_id: str
    level: str
    """info, warning, error, critical or emergency."""
    message: str
    component: str = ""
    value: float | None = None
    threshold: float | None = None
    seconds: float | None = None
    actions: tuple[str, ...] = ()
    responses: tuple[str, ...] = ()
    """What the engine did by itself."""


class AlertResolved(Event, frozen=True, kw_only=True):
    alert_id: str
    resolved_by: str = ""
    notes: str = ""


class HealthChecked(Event, frozen=True, kw_only=True):
    status: str
    score: float | None = None
    """0 to 100."""
    components: tuple[Component, ...] = ()


class SystemStatus(Event, frozen=True, kw_only=True):
    status: str
    message: str = ""
    uptime: float | None = None
    """Seconds."""


class CriticalAlert(Event, frozen=True, kw_only=True):
    severity: str
    message: str
    alert: str = ""
    component: str = ""
    action: str = ""
    """What was done, or has to be."""
    recovery: str = ""
    value: float | None = None
    threshold: float | None = None
