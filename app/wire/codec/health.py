"""The engine's health messages."""

from app.wire.codec.fields import Fields, Refused
from app.wire.events import EngineHealth

DEFAULT_INTERVAL = 60.0


def read(fields: Fields) -> EngineHealth:
    status = fields.text("status", "health_status", limit=32).lower()
    if not status:
        raise Refused("probe" if fields.is_probe() else "no-status")
    at = fields.time("timestamp")
    metrics = fields.nested("metrics")
    return EngineHealth(
        at=fields.arrived_at if at is None else at,
        published_at=fields.outer_time("published_at", "timestamp") or at or 0.0,
        arrived_at=fields.arrived_at,
        source=fields.outer_text("source"),
        status=status,
        interval=_interval(fields.number("interval")),
        active_symbols=_first(fields.count("active_symbols"), metrics.count("active_symbols")),
        bars=_first(fields.count("bars", "bars_processed"), metrics.count("bars", "bars_processed")),
        patterns=_first(fields.count("patterns", "patterns_detected"), metrics.count("patterns", "patterns_detected")),
    )


def write(event: EngineHealth) -> dict[str, object]:
    return {
        "event_type": "system_health",
        "source": event.source,
        "timestamp": event.at,
        "status": event.status,
        "interval": event.interval,
        "active_symbols": event.active_symbols,
        "bars": event.bars,
        "patterns": event.patterns,
        "published_at": event.published_at or event.at,
    }


def _interval(seconds: float | None) -> float:
    """A beat that nobody could wait for, or that would never be late, is not believed."""
    return seconds if seconds is not None and 0.1 <= seconds <= 3600.0 else DEFAULT_INTERVAL


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one
