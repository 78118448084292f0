"""Streaming sessions and their health, in three generations."""

from app.wire.codec import values
from app.wire.codec.fields import Fields
from app.wire.codec.shape import Shape, Spelling, count, lower, percent, positive, text, words
from app.wire.codec.spellings import state
from app.wire.events.event import SessionChanged, StreamingHealth

ENVELOPES = ("session", "data", "payload")
HEALTH_ENVELOPES = ("health", "data", "payload")

_STARTED, _STOPPED = "streaming_session_started", "streaming_session_stopped"
_ENDED = {"completed", "failed"}


def _seconds_from_minutes(value: object) -> float | None:
    minutes = values.positive(value)
    return None if minutes is None else minutes * 60


def _word(event: SessionChanged) -> str:
    return _STARTED if event.status == "active" else _STOPPED


SESSION = Shape(
    SessionChanged,
    {
        "session_id": text("session_id", needed="no-session"),
        "status": lower("status", "final_status", says="else active or stopped by the event's name"),
        "universe": text("universe", "symbol_universe", "symbol_universe_key"),
        "symbols": count("symbol_count"),
        "trigger": text("trigger_type"),
        "seconds": positive("duration_seconds", says="seconds; or duration_minutes"),
        "bars": count("bars_processed"),
        "patterns": count("total_patterns", "patterns_detected"),
        "indicators": count("total_indicators", "indicators_calculated"),
    },
    home=lambda event: "session_started" if event.status == "active" else "session_stopped",
    word=_word,
    key="type",
    inside="session",
    dated_inside=True,
    time=("timestamp", "started_at", "start_time", "stopped_at"),
)

HEALTH = Shape(
    StreamingHealth,
    {
        "status": lower("status", "health_status", needed="no-status"),
        "session_id": text("session_id"),
        "active_symbols": count("active_symbols"),
        "stale_symbols": count("stale_symbols.count", "stale_symbols"),
        "ticks_per_second": positive(
            "ticks_per_second", "data_flow.ticks_per_second", "metrics.ticks_per_second", says="per second"
        ),
        "bars_per_minute": positive(
            "bars_per_minute", "data_flow.bars_per_minute", "metrics.bars_per_minute", says="per minute"
        ),
        "lag_ms": positive("processing_lag_ms", "data_flow.processing_lag_ms", "metrics.processing_lag_ms", says="ms"),
        "patterns": count("patterns_detected", "metrics.patterns_detected"),
        "indicators": count("indicators_calculated", "metrics.indicators_calculated"),
        "cpu": percent("cpu_percent", "resources.cpu_percent", "metrics.cpu_percent"),
        "memory": percent("memory_percent", "resources.memory_percent", "metrics.memory_percent"),
        "memory_mb": positive("memory_usage_mb", "resources.memory_mb", "metrics.memory_mb", says="MB"),
        "connections": count("active_connections", "connection.active"),
        "connection": lower("connection_status"),
        "reconnections": count("reconnection_count", "connection.reconnections"),
        "errors": count("errors_count", "connection.failed"),
        "uptime": positive("uptime_seconds", says="seconds"),
        "issues": words("issues"),
    },
    home="streaming_health",
    word="streaming_health",
    key="type",
    inside="health",
    dated_inside=True,
)

_MINUTES = Spelling(("duration_minutes",), _seconds_from_minutes)

SHAPES = (SESSION,)
HEALTH_SHAPES = (HEALTH,)


def read(fields: Fields) -> SessionChanged:
    values_by_name = SESSION.values(fields)
    word = fields.event_type()
    if "start" not in word and "stop" not in word and "status" not in values_by_name:
        raise fields.missing("unknown-event")
    ended = state(values_by_name.get("status", ""))
    values_by_name["status"] = "active" if "start" in word else ended if ended in _ENDED else "stopped"
    if not word and ended in {"started", "running"}:
        values_by_name["status"] = "active"
    if "seconds" not in values_by_name and (seconds := _seconds_from_minutes(fields.find(_MINUTES.names))) is not None:
        values_by_name["seconds"] = seconds
    return SESSION.to_event(values_by_name)


def read_health(fields: Fields) -> StreamingHealth:
    return HEALTH.read(fields)
