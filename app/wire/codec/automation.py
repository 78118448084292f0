"""The engine's automation: new and archived symbols, maintenance, and checks of stored data."""

from collections.abc import Mapping

from app.wire.codec.fields import Fields
from app.wire.codec.shape import SYMBOL, Shape, count, lower, positive, text
from app.wire.codec.spellings import severity
from app.wire.codec.states import state_of
from app.wire.events.automation import SymbolAction
from app.wire.events.event import MaintenanceChanged, QualityReported, SymbolChanged

ENVELOPES = ("data", "payload")

_SYMBOL_CHANNELS: Mapping[SymbolAction, str] = {
    "listed": "symbol_listed",
    "changed": "symbol_changed",
    "archived": "symbol_archived",
}
_REPORTS = {"", "quality_alert", "quality_report", "alert"}
_SUMMARY = ("alerts_detected", "total_alerts", "scan_type", "alerts_by_type")
_RESULTS = ("results", "completion_time", "duration_seconds", "scan_duration_seconds")

SYMBOL_CHANGE = Shape(
    SymbolChanged,
    {
        "symbol": SYMBOL,
        "action": lower("action", says="listed, changed or archived, as the channel says"),
        "name": text("name", limit=200),
        "exchange": text("exchange", "primary_exchange"),
        "listed_on": text("ipo_date", "list_date", "listing_date", says="ISO date"),
        "message": text("message", "reason", limit=500),
    },
    home=lambda event: _SYMBOL_CHANNELS.get(event.action, "symbol_changed"),
    word=lambda event: f"symbol_{event.action}",
)
MAINTENANCE = Shape(
    MaintenanceChanged,
    {
        "operation": text("operation", "task", "job", needed="no-operation"),
        "status": lower("status", says="else by the event's name, `error`, `results` or `success`"),
        "done": count("results.symbols_processed", "symbols_processed", says="symbols"),
        "failed": count("results.symbols_failed", "symbols_failed", says="symbols"),
        "seconds": positive("results.scan_duration_seconds", "duration_seconds", says="seconds"),
        "message": text("message", "error", "error_message", limit=500),
    },
    home=lambda event: "maintenance_started" if event.status == "started" else "maintenance_completed",
    word="maintenance",
)
QUALITY = Shape(
    QualityReported,
    {
        "check": lower("alert_type", "check", "anomaly_type", says="else the event's name"),
        "severity": lower("severity", "level", says="critical, error or high, warning or medium, info or low"),
        "message": text("description", "message", "summary", limit=500, says="else the words of the check"),
        "symbol": SYMBOL._replace(needed=""),
        "count": count("alerts_detected", "total_alerts", says="alerts"),
        "action": text("remediation", "remediation_suggestion", "suggestion", limit=500),
    },
    home="quality_summary",
    word="quality_alert",
)

SYMBOL_SHAPES = (SYMBOL_CHANGE,)
MAINTENANCE_SHAPES = (MAINTENANCE,)
QUALITY_SHAPES = (QUALITY,)


def read_symbol(action: SymbolAction, fields: Fields) -> SymbolChanged:
    """The channel alone tells whether the symbol came, changed or went."""
    return SYMBOL_CHANGE.to_event(SYMBOL_CHANGE.values(fields) | {"action": action})


def read_maintenance(fields: Fields) -> MaintenanceChanged:
    values = MAINTENANCE.values(fields)
    word = fields.event_type()
    status = state_of("" if word == MAINTENANCE.word else word, fields)
    if fields.has("error"):
        status = "failed"
    values["status"] = status or ("completed" if fields.has(*_RESULTS) else "started")
    return MAINTENANCE.to_event(values)


def read_quality(fields: Fields) -> QualityReported:
    values = QUALITY.values(fields)
    word = fields.event_type()
    if "check" not in values and word not in _REPORTS:
        values["check"] = word
    if "check" not in values and fields.has(*_SUMMARY):
        values["check"] = "daily_summary"
    if "check" not in values and "message" not in values:
        raise fields.missing("no-message")
    values.setdefault("check", "other")
    values.setdefault("message", values["check"].replace("_", " "))
    values["severity"] = severity(values.get("severity", ""), "info" if "count" in values else "warning")
    return QUALITY.to_event(values)
