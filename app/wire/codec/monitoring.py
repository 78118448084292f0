"""Monitoring: metrics, alerts, health and status of the engine's parts; and the channel of critical alerts."""

from app.wire.codec import processing, values
from app.wire.codec.fields import Fields
from app.wire.codec.shape import Shape, Spelling, count, lower, number, percent, positive, share, text, words
from app.wire.codec.spellings import severity
from app.wire.events.event import (
    AlertRaised,
    AlertResolved,
    AnyEvent,
    Component,
    CriticalAlert,
    HealthChecked,
    MetricsMeasured,
    SystemStatus,
)

ENVELOPES = ("payload", "data", "alert", "health")


def _by_name(components: tuple[Component, ...]) -> dict[str, object]:
    return {
        component.name: {"status": component.status, "score": component.score, "details": component.details}
        for component in components
    }


def _components(*names: str) -> Spelling:
    return Spelling(names, values.components, "by name: a score, a word, or both", write=_by_name)


def _score(*names: str) -> Spelling:
    return Spelling(names, values.score, "0 to 100")


METRICS = Shape(
    MetricsMeasured,
    {
        "cpu": percent("metrics.system.cpu_percent", "metrics.system.cpu_usage"),
        "memory": percent("metrics.system.memory_percent", "metrics.system.memory_usage"),
        "disk": percent("metrics.system.disk_percent", "metrics.system.disk_usage"),
        "memory_mb": positive("metrics.system.memory_mb", says="MB"),
        "threads": count("metrics.system.thread_count"),
        "pattern_ms": positive("metrics.application.avg_pattern_detection_ms", says="ms"),
        "indicator_ms": positive("metrics.application.avg_indicator_calc_ms", says="ms"),
        "symbols": count("metrics.application.symbols_processed"),
        "ticks_per_second": positive("metrics.processing.ticks_per_second", says="per second"),
        "patterns_per_second": positive("metrics.application.patterns_per_second", says="per second"),
        "indicators_per_second": positive("metrics.application.indicators_per_second", says="per second"),
        "cache_hit_rate": share("metrics.application.cache_hit_rate"),
        "patterns": count("metrics.processing.patterns_detected"),
        "active_backtests": count("metrics.processing.active_backtests"),
        "queue_depth": count("metrics.processing.queue_depth"),
        "database_connections": count("metrics.database.active_connections"),
        "slow_queries": count("metrics.database.slow_queries_count"),
        "query_ms": positive("metrics.database.query_avg_ms", "metrics.database.query_latency_ms", says="ms"),
        "redis_clients": count("metrics.redis.connected_clients", "metrics.redis.connected"),
        "redis_per_second": positive("metrics.redis.messages_per_second", says="per second"),
        "redis_mb": positive("metrics.redis.memory_usage_mb", says="MB"),
        "score": _score("health_score.overall", "health_score"),
        "status": lower("health_score.status"),
        "components": _components("health_score.components"),
        "cpu_trend": lower("trends.cpu.direction"),
        "memory_trend": lower("trends.memory.direction"),
        "recommendations": words("recommendations"),
    },
    home="monitoring",
    word="METRIC_UPDATE",
)
RAISED = Shape(
    AlertRaised,
    {
        "message": text("message", limit=500, needed="no-message"),
        "alert_id": text("id", "alert_id"),
        "level": lower("level", "severity", says="info, warning, error, critical, emergency"),
        "component": text("component"),
        "value": number("details.current_value", "current_value", "value"),
        "threshold": number("details.threshold", "threshold"),
        "seconds": positive("details.duration_seconds", "duration_seconds", says="seconds"),
        "actions": words("suggested_actions"),
        "responses": words("auto_responses"),
    },
    home="monitoring",
    word="ALERT_TRIGGERED",
    inside="alert",
)
RESOLVED = Shape(
    AlertResolved,
    {
        "alert_id": text("alert_id", "id", needed="no-alert"),
        "resolved_by": text("resolved_by"),
        "notes": text("notes", "message", limit=500),
    },
    home="monitoring",
    word="ALERT_RESOLVED",
)
HEALTH = Shape(
    HealthChecked,
    {
        "status": lower("status", needed="no-status"),
        "score": _score("overall_score", "score"),
        "components": _components("components"),
    },
    home="monitoring",
    word="HEALTH_CHECK",
    inside="health",
)
STATUS = Shape(
    SystemStatus,
    {
        "status": lower("status", needed="no-status"),
        "message": text("message", "details", limit=500),
        "uptime": positive("uptime_seconds", "uptime", says="seconds"),
    },
    home="monitoring",
    word="SYSTEM_STATUS",
)
CRITICAL = Shape(
    CriticalAlert,
    {
        "message": text("message", limit=500, needed="no-message"),
        "severity": lower("severity", "level", says="critical when missing"),
        "alert": text("alert_type", says="else `type`, where that is more than `critical_alert`"),
        "component": text("component"),
        "action": text("action_required", "action_taken", limit=500),
        "recovery": text("recovery", limit=500),
        "value": number("current_value", "value"),
        "threshold": number("threshold"),
    },
    home="critical_alerts",
    word="critical_alert",
    key="type",
    inside="alert",
    dated_inside=True,
)

SHAPES = (METRICS, RAISED, RESOLVED, HEALTH, STATUS)
CRITICAL_SHAPES = (CRITICAL,)


def read(fields: Fields) -> AnyEvent:
    match fields.event_type():
        case "metric_update" | "metrics_update" | "metrics":
            return _metrics(fields)
        case "alert_triggered" | "alert_raised":
            values = RAISED.values(fields)
            return RAISED.to_event(
                values
                | {"level": severity(values.get("level", ""), "warning")}
                | {"alert_id": values.get("alert_id", "")}
            )
        case "alert_resolved":
            return RESOLVED.read(fields)
        case "health_check":
            return HEALTH.read(fields)
        case "system_status":
            return STATUS.read(fields)
        case _:
            return processing.read(fields)


def _metrics(fields: Fields) -> MetricsMeasured:
    values = METRICS.values(fields)
    if not values.keys() & METRICS.fields.keys():
        raise fields.missing("no-metrics")
    return METRICS.to_event(values)


def read_critical(fields: Fields) -> CriticalAlert:
    values = CRITICAL.values(fields)
    values["severity"] = severity(values.get("severity", ""), "critical")
    if "alert" not in values and (kind := fields.text("type")) != "critical_alert":
        values["alert"] = kind
    return CRITICAL.to_event(values)
