"""An error that the engine reports."""

from app.wire.events.base import Event


class ErrorReported(Event, frozen=True, kw_only=True):
    severity: str
    """critical, error, warning, info or debug."""
    message: str
    error_id: str = ""
    category: str = ""
    component: str = ""
    action: str = ""
    """What the engine does about it."""
    run_id: str = ""
