"""Example messages of the channels of streaming sessions and critical alerts."""

from app.wire.channels import Meaning
from app.wire.events.event import CriticalAlert, SessionChanged, StreamingHealth
from tests.support.messages import AT, ISO, OFFSET, Variant

STREAMING: list[Variant] = [
    (
        Meaning.SESSIONS,
        {
            "event": "session_started",
            "timestamp": ISO,
            "data": {
                "session_id": "s1",
                "symbol_universe_key": "dow_30",
                "start_time": ISO,
                "trigger_type": "automatic",
            },
        },
        SessionChanged,
        {"session_id": "s1", "status": "active", "universe": "dow_30", "trigger": "automatic"},
    ),
    (
        Meaning.SESSIONS,
        {
            "event": "session_started",
            "timestamp": OFFSET,
            "session_id": "s1",
            "symbol_universe": "dow_30",
            "symbol_count": 30,
        },
        SessionChanged,
        {"status": "active", "symbols": 30, "at": AT},
    ),
    (
        Meaning.SESSIONS,
        {
            "type": "streaming_session_started",
            "timestamp": ISO,
            "session": {
                "session_id": "s1",
                "universe": "dow_30",
                "started_at": ISO,
                "symbol_count": 30,
                "status": "active",
            },
        },
        SessionChanged,
        {"status": "active", "universe": "dow_30", "at": AT},
    ),
    (
        Meaning.SESSIONS,
        {
            "event": "session_stopped",
            "timestamp": ISO,
            "session_id": "s1",
            "duration_minutes": 90,
            "bars_processed": 2700,
            "patterns_detected": 12,
            "indicators_calculated": 800,
        },
        SessionChanged,
        {"status": "stopped", "seconds": 5400.0, "bars": 2700, "patterns": 12, "indicators": 800},
    ),
    (
        Meaning.SESSIONS,
        {
            "type": "streaming_session_stopped",
            "timestamp": ISO,
            "session": {"session_id": "s1", "duration_seconds": 60, "total_patterns": 1, "final_status": "failed"},
        },
        SessionChanged,
        {"status": "failed", "seconds": 60.0, "patterns": 1},
    ),
    (
        Meaning.STREAMING_HEALTH,
        {
            "event": "streaming_health",
            "timestamp": ISO,
            "session_id": "s1",
            "status": "warning",
            "issues": ["lag"],
            "connection": {"active": 2, "failed": 1, "reconnections": 3},
            "data_flow": {"ticks_per_second": 9.5, "processing_lag_ms": 250},
            "resources": {"cpu_percent": 75, "memory_mb": 512, "memory_percent": 40},
            "active_symbols": 30,
            "stale_symbols": {"count": 2, "symbols": ["A", "B"]},
        },
        StreamingHealth,
        {
            "status": "warning",
            "issues": ("lag",),
            "connections": 2,
            "errors": 1,
            "reconnections": 3,
            "lag_ms": 250.0,
            "cpu": 0.75,
            "memory": 0.4,
            "memory_mb": 512.0,
            "stale_symbols": 2,
            "ticks_per_second": 9.5,
        },
    ),
    (
        Meaning.STREAMING_HEALTH,
        {
            "event": "streaming_health",
            "health_status": "Healthy",
            "connection_status": "connected",
            "reconnection_count": 1,
            "metrics": {"bars_per_minute": 30},
        },
        StreamingHealth,
        {"status": "healthy", "connection": "connected", "reconnections": 1, "bars_per_minute": 30.0},
    ),
    (
        Meaning.STREAMING_HEALTH,
        {
            "type": "streaming_health",
            "timestamp": ISO,
            "health": {
                "session_id": "s1",
                "status": "degraded",
                "active_symbols": 30,
                "ticks_per_second": 9.5,
                "patterns_detected": 4,
                "cpu_percent": 12.5,
                "errors_count": 0,
                "uptime_seconds": 3600,
                "timestamp": ISO,
            },
        },
        StreamingHealth,
        {"session_id": "s1", "status": "degraded", "patterns": 4, "cpu": 0.125, "errors": 0, "at": AT},
    ),
    (
        Meaning.CRITICAL_ALERTS,
        {"type": "data_feed_lost", "message": "no ticks", "severity": "CRITICAL", "timestamp": ISO},
        CriticalAlert,
        {"alert": "data_feed_lost", "severity": "critical", "message": "no ticks", "at": AT},
    ),
    (
        Meaning.CRITICAL_ALERTS,
        {
            "event": "critical_alert",
            "severity": "error",
            "alert_type": "LAG",
            "message": "slow",
            "current_value": 1500,
            "threshold": 1000,
            "action_taken": "restarted",
        },
        CriticalAlert,
        {"alert": "LAG", "severity": "error", "value": 1500.0, "threshold": 1000.0, "action": "restarted"},
    ),
    (
        Meaning.CRITICAL_ALERTS,
        {
            "type": "critical_alert",
            "alert": {
                "severity": "critical",
                "message": "no disk",
                "timestamp": ISO,
                "component": "storage",
                "action_required": "free some",
                "recovery": None,
            },
        },
        CriticalAlert,
        {"component": "storage", "action": "free some", "alert": "", "recovery": "", "at": AT},
    ),
]
