"""The engine's health messages: figures beside the status, or in `metrics`."""

from app.wire.codec import values
from app.wire.codec.fields import Fields
from app.wire.codec.shape import Shape, Spelling, count, lower, positive, share, text
from app.wire.events.event import EngineHealth

ENVELOPES = ("health", "data", "payload")


def _interval(value: object) -> float | None:
    """A beat that nobody could wait for, or that would never be late, is not believed."""
    seconds = values.number(value)
    return seconds if seconds is not None and 0.1 <= seconds <= 3600.0 else None


def _seconds_from_hours(value: object) -> float | None:
    hours = values.positive(value)
    return None if hours is None else hours * 3600


HEALTH = Shape(
    EngineHealth,
    {
        "status": lower("status", "health_status", needed="no-status"),
        "interval": Spelling(("interval",), _interval, "seconds from beat to beat; 60 when missing"),
        "active_symbols": count("active_symbols", "metrics.active_symbols"),
        "bars": count("bars", "bars_processed", "metrics.bars", "metrics.bars_processed"),
        "patterns": count("patterns", "patterns_detected", "metrics.patterns", "metrics.patterns_detected"),
        "cpu": share("metrics.cpu_usage", percent=("cpu_usage", "cpu_percent")),
        "memory": share("metrics.memory_usage", percent=("memory_usage", "memory_percent")),
        "disk": share("metrics.disk_usage", percent=("disk_usage", "disk_percent")),
        "connections": count("active_connections", "metrics.active_connections"),
        "per_second": positive("processing_rate", "metrics.processing_rate", says="per second"),
        "active_jobs": count("metrics.active_jobs", "active_jobs"),
        "queue_depth": count("metrics.queue_depth", "queue_depth"),
        "uptime": positive("uptime_seconds", "metrics.uptime_seconds", says="seconds; or metrics.uptime_hours"),
        "behind_seconds": positive("behind_seconds", "metrics.behind_seconds", says="seconds of the wall's clock"),
        "waiting": count("waiting", "metrics.waiting", says="rows and events that are to be stored or published"),
        "slow_part": text("slow_part", "metrics.slow_part", says="`store`, `publish`, `analysis` or `reading`"),
    },
    home="health",
    word="system_health",
    iso_times=False,
)

SHAPES = (HEALTH,)


def read(fields: Fields) -> EngineHealth:
    values = HEALTH.values(fields)
    if (
        "uptime" not in values
        and (seconds := _seconds_from_hours(fields.find((("metrics", "uptime_hours"),)))) is not None
    ):
        values["uptime"] = seconds
    return HEALTH.to_event(values)
