"""Errors that the engine reports: flat with an id, in an envelope, or little more than a message."""

from collections.abc import Mapping
from uuid import uuid4

from app.wire.codec.fields import Fields
from app.wire.codec.shape import Shape, Spelling, lower, text
from app.wire.codec.spellings import severity
from app.wire.events.event import ErrorReported

ENVELOPES = ("payload", "data")


def _null(value: str) -> str | None:
    return value or None


def _extra(event: ErrorReported) -> Mapping[str, object]:
    return {"traceback": None, "context": {}}


def _id(value: str) -> str:
    return value or str(uuid4())


ERROR = Shape(
    ErrorReported,
    {
        "message": text("message", "error", limit=1000, needed="no-message"),
        "error_id": text("error_id")._replace(write=_id),
        "severity": lower("severity", "level", says="critical, error, warning, info, debug"),
        "category": text("category", "error_code")._replace(write=_null),
        "component": text("component")._replace(write=_null),
        "action": Spelling(("recovery_action",), text(limit=500).make, "what the engine does about it"),
        "run_id": text("run_id", "job_id"),
    },
    home="errors",
    word="error",
    extra=_extra,
)

SHAPES = (ERROR,)


def read(fields: Fields) -> ErrorReported:
    values = ERROR.values(fields)
    default = "critical" if fields.event_type() == "critical_error" else "error"
    values["severity"] = severity(values.get("severity", ""), default)
    return ERROR.to_event(values)
