"""Where a processing run of the engine stands."""

from app.wire.events.base import Event


class ProcessingChanged(Event, frozen=True, kw_only=True):
    run_id: str
    status: str
    """started, running, completed, failed or cancelled."""
    phase: str = ""
    done: int | None = None
    total: int | None = None
    message: str = ""
