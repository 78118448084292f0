"""Example messages of the channels of monitoring, health and errors."""

from app.wire.channels import Meaning
from app.wire.events.event import (
    AlertRaised,
    AlertResolved,
    Component,
    EngineHealth,
    ErrorReported,
    HealthChecked,
    MetricsMeasured,
    SystemStatus,
)
from tests.support.messages import ARRIVED, AT, ISO, Variant, enveloped, monitored

MONITORING: list[Variant] = [
    (
        Meaning.MONITORING,
        monitored(
            "METRIC_UPDATE",
            metrics={
                "system": {"cpu_percent": 42.5, "memory_mb": 900, "thread_count": 12},
                "application": {"cache_hit_rate": 0.92, "patterns_per_second": 3.5},
                "database": {"active_connections": 4, "query_avg_ms": 1.5},
                "redis": {"connected_clients": 7},
            },
            health_score={
                "overall": 91,
                "status": "HEALTHY",
                "components": {"db": 80, "redis": "healthy", "cpu": {"score": 70}},
            },
            trends={"cpu": {"direction": "STABLE"}, "memory": {"direction": "INCREASING", "prediction_1h": 90}},
            recommendations=["add memory"],
        ),
        MetricsMeasured,
        {
            "cpu": 0.425,
            "threads": 12,
            "cache_hit_rate": 0.92,
            "query_ms": 1.5,
            "redis_clients": 7,
            "score": 91.0,
            "status": "healthy",
            "recommendations": ("add memory",),
            "cpu_trend": "stable",
            "memory_trend": "increasing",
            "components": (Component("db", score=80.0), Component("redis", "healthy"), Component("cpu", score=70.0)),
        },
    ),
    (
        Meaning.MONITORING,
        monitored(
            "METRIC_UPDATE",
            metrics={
                "processing": {"ticks_per_second": 9, "queue_depth": 3},
                "database": {"query_latency_ms": 2},
                "redis": {"connected": 5},
            },
            health_score=88,
        ),
        MetricsMeasured,
        {"ticks_per_second": 9.0, "queue_depth": 3, "query_ms": 2.0, "redis_clients": 5, "score": 88.0},
    ),
    (
        Meaning.MONITORING,
        monitored(
            "ALERT_TRIGGERED",
            alert={
                "id": "a1",
                "level": "EMERGENCY",
                "component": "db",
                "message": "slow",
                "suggested_actions": ["look"],
                "auto_responses": ["restarted"],
                "details": {"threshold": 50, "current_value": 80, "duration_seconds": 30},
            },
        ),
        AlertRaised,
        {
            "alert_id": "a1",
            "level": "emergency",
            "component": "db",
            "value": 80.0,
            "seconds": 30.0,
            "actions": ("look",),
            "responses": ("restarted",),
        },
    ),
    (
        Meaning.MONITORING,
        monitored("alert_triggered", alert={"level": "warning", "message": "slow"}),
        AlertRaised,
        {"alert_id": "", "level": "warning"},
    ),
    (
        Meaning.MONITORING,
        monitored("ALERT_RESOLVED", alert_id="a1", resolved_by="ada"),
        AlertResolved,
        {"alert_id": "a1", "resolved_by": "ada"},
    ),
    (
        Meaning.MONITORING,
        monitored(
            "HEALTH_CHECK",
            health={"overall_score": 97, "status": "OK", "components": {"db": {"status": "OK", "details": "4 ms"}}},
        ),
        HealthChecked,
        {"score": 97.0, "status": "ok", "components": (Component("db", "ok", details="4 ms"),)},
    ),
    (
        Meaning.MONITORING,
        monitored("HEALTH_CHECK", status="degraded", components={"db": "slow"}),
        HealthChecked,
        {"status": "degraded", "components": (Component("db", "slow"),)},
    ),
    (
        Meaning.MONITORING,
        monitored("SYSTEM_STATUS", status="Running", details="all well", uptime_seconds=60),
        SystemStatus,
        {"status": "running", "message": "all well", "uptime": 60.0},
    ),
    (
        Meaning.HEALTH,
        {
            "event_type": "system_health",
            "status": "healthy",
            "timestamp": AT,
            "cpu_usage": 35,
            "memory_usage": 0.5,
            "active_connections": 4,
            "processing_rate": 12.5,
        },
        EngineHealth,
        {"cpu": 0.35, "memory": 0.005, "connections": 4, "per_second": 12.5, "interval": 60.0},
    ),
    (
        Meaning.HEALTH,
        {"status": "healthy", "metrics": {"cpu_usage": 0.35, "memory_usage": 50, "active_jobs": 2, "uptime_hours": 2}},
        EngineHealth,
        {"cpu": 0.35, "memory": 0.5, "active_jobs": 2, "uptime": 7200.0, "behind_seconds": None, "waiting": None},
    ),
    (
        Meaning.HEALTH,
        {"status": "degraded", "behind_seconds": 12.5, "waiting": 34000, "slow_part": "store"},
        EngineHealth,
        {"status": "degraded", "behind_seconds": 12.5, "waiting": 34000, "slow_part": "store"},
    ),
    (
        Meaning.ERRORS,
        {
            "error_id": "e1",
            "source": "TickStockPL",
            "severity": "warning",
            "category": None,
            "message": "late",
            "component": "loader",
            "timestamp": ISO,
        },
        ErrorReported,
        {"error_id": "e1", "severity": "warning", "category": "", "component": "loader", "at": AT},
    ),
    (
        Meaning.ERRORS,
        enveloped(
            "error",
            severity="ERROR",
            component="import",
            error_code="E42",
            message="late",
            recovery_action="retry",
            run_id="r",
        ),
        ErrorReported,
        {"severity": "error", "category": "E42", "action": "retry", "run_id": "r", "source": "TickStockPL"},
    ),
    (Meaning.ERRORS, {"message": "late"}, ErrorReported, {"severity": "error", "at": ARRIVED, "published_at": 0.0}),
]
