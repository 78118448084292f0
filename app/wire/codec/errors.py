"""Errors that the engine reports: flat with an id, in an envelope, or little more than a message."""

from uuid import uuid4

from app.wire.codec.fields import Fields, Refused
from app.wire.codec.moments import iso
from app.wire.events import ErrorReported

_SEVERITIES = {"critical", "error", "warning", "info", "debug"}


def read(fields: Fields) -> ErrorReported:
    message = fields.text("message", "error", limit=1000)
    if not message:
        raise Refused("probe" if fields.is_probe() else "no-message")
    at = fields.time("timestamp")
    return ErrorReported(
        at=fields.arrived_at if at is None else at,
        published_at=fields.outer_time("published_at", "timestamp") or at or 0.0,
        arrived_at=fields.arrived_at,
        source=fields.text("source"),
        severity=_severity(fields),
        message=message,
        error_id=fields.text("error_id"),
        category=fields.text("category", "error_code"),
        component=fields.text("component"),
    )


def write(event: ErrorReported) -> dict[str, object]:
    return {
        "error_id": event.error_id or str(uuid4()),
        "source": event.source,
        "severity": event.severity,
        "category": event.category or None,
        "message": event.message,
        "component": event.component or None,
        "traceback": None,
        "context": {},
        "timestamp": iso(event.at),
        "published_at": event.published_at or event.at,
    }


def _severity(fields: Fields) -> str:
    word = fields.text("severity").lower()
    if word in _SEVERITIES:
        return word
    return "critical" if fields.event_type() == "critical_error" else "error"
