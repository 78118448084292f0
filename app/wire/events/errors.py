"""An error that the engine reports."""

from app.wire.events.base import Event


class ErrorReported(Event, frozen=True, kw_only=True):
    severity: str
    message: str
    error_id: str = ""
    category: str = ""
    component: str = ""
