"""Example messages of the channels of the engine's automation and of its checks of stored data."""

from app.wire.channels import Meaning
from app.wire.events.event import (
    MaintenanceChanged,
    QualityReported,
    RunChanged,
    RunProgressed,
    SymbolChanged,
)
from tests.support.messages import AT, Variant

NAIVE = "2025-10-06T14:31:00"


def serviced(service: str, **data: object) -> dict[str, object]:
    return {"timestamp": NAIVE, "service": service, "data": data}


def quality(check: str, **fields: object) -> dict[str, object]:
    return {"timestamp": NAIVE, "service": "data_quality_monitor", "alert_type": check, **fields}


AUTOMATION: list[Variant] = [
    (
        Meaning.LISTED_SYMBOLS,
        serviced(
            "ipo_monitor",
            symbol="NEWCO",
            name="New Company Inc.",
            type="CS",
            market="stocks",
            exchange="XNAS",
            ipo_date="2025-10-06",
            detection_date=NAIVE,
        ),
        SymbolChanged,
        {
            "symbol": "NEWCO",
            "action": "listed",
            "name": "New Company Inc.",
            "exchange": "XNAS",
            "listed_on": "2025-10-06",
            "at": AT,
        },
    ),
    (
        Meaning.LISTED_SYMBOLS,
        {"service": "ipo_monitor", "event_type": "new_symbol", "data": {"symbol": "NEWCO", "name": "New"}},
        SymbolChanged,
        {"action": "listed", "name": "New"},
    ),
    (
        Meaning.CHANGED_SYMBOLS,
        serviced("ipo_monitor", symbol="BF/B", name="Brown-Forman"),
        SymbolChanged,
        {"symbol": "BF/B", "action": "changed"},
    ),
    (
        Meaning.ARCHIVED_SYMBOLS,
        {"symbol": "OLDCO", "reason": "delisted", "action": "listed"},
        SymbolChanged,
        {"symbol": "OLDCO", "action": "archived", "message": "delisted"},
    ),
    (
        Meaning.IMPORTS,
        serviced("ipo_monitor", symbol="NEWCO", backfill_days=90, start_time=NAIVE),
        RunChanged,
        {"work": "import", "run_id": "backfill NEWCO", "status": "started", "current_symbol": "NEWCO", "at": AT},
    ),
    (
        Meaning.IMPORTS,
        serviced("ipo_monitor", symbol="NEWCO", backfill_days=90, percent_complete=40),
        RunProgressed,
        {"run_id": "backfill NEWCO", "share": 0.4},
    ),
    (
        Meaning.IMPORTS,
        serviced(
            "ipo_monitor", symbol="NEWCO", records_loaded=62, backfill_days=90, success=True, completion_time=NAIVE
        ),
        RunChanged,
        {"run_id": "backfill NEWCO", "status": "completed", "found": 62},
    ),
    (
        Meaning.IMPORTS,
        serviced("ipo_monitor", symbol="NEWCO", backfill_days=90, success=False, error="No historical data available"),
        RunChanged,
        {"run_id": "backfill NEWCO", "status": "failed", "message": "No historical data available"},
    ),
    (
        Meaning.MAINTENANCE,
        serviced("ipo_monitor", operation="daily_ipo_scan", start_time=NAIVE),
        MaintenanceChanged,
        {"operation": "daily_ipo_scan", "status": "started", "at": AT},
    ),
    (
        Meaning.MAINTENANCE,
        serviced(
            "ipo_monitor",
            operation="daily_ipo_scan",
            results={"symbols_processed": 3, "symbols_failed": 1, "scan_duration_seconds": 42.5},
        ),
        MaintenanceChanged,
        {"status": "completed", "done": 3, "failed": 1, "seconds": 42.5},
    ),
    (
        Meaning.MAINTENANCE,
        serviced("ipo_monitor", operation="daily_ipo_scan", error="no key", status="failed"),
        MaintenanceChanged,
        {"status": "failed", "message": "no key"},
    ),
    (
        Meaning.QUALITY,
        quality(
            "price_anomaly",
            symbol="MSFT",
            severity="high",
            description="Large price movement detected: 36.0%",
            details={"date": "2025-10-06", "close_price": 64.0},
            remediation="Review market news",
        ),
        QualityReported,
        {
            "check": "price_anomaly",
            "symbol": "MSFT",
            "severity": "error",
            "message": "Large price movement detected: 36.0%",
            "action": "Review market news",
            "at": AT,
        },
    ),
    (
        Meaning.QUALITY,
        quality("volume_drought", symbol="MSFT", severity="medium", description="Unusually low volume: 4.0% of normal"),
        QualityReported,
        {"check": "volume_drought", "severity": "warning"},
    ),
    (
        Meaning.QUALITY,
        {"event_type": "data_gap", "data": {"symbol": "MSFT", "severity": "low"}},
        QualityReported,
        {"check": "data_gap", "severity": "info", "message": "data gap"},
    ),
    (
        Meaning.QUALITY,
        {"scan_timestamp": NAIVE, "scan_type": "full", "alerts_detected": 7, "alerts_by_type": {"data_gaps": 7}},
        QualityReported,
        {"check": "daily_summary", "severity": "info", "count": 7, "message": "daily summary"},
    ),
]
