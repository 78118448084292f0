"""Where the engine's daily processing stands, and when it is to run."""

from app.wire.events.base import Event


class ProcessingEvent(Event, frozen=True, kw_only=True):
    run_id: str
    status: str
    """started, running, completed, failed or cancelled."""
    phase: str = ""
    done: int | None = None
    total: int | None = None
    failed: int | None = None
    share: float | None = None
    """0 to 1, where the engine says so itself."""
    current_symbol: str = ""
    trigger: str = ""
    """automatic or manual."""
    seconds: float | None = None
    ends_at: float | None = None
    phases: tuple[str, ...] = ()
    universes: tuple[str, ...] = ()
    message: str = ""


class ProcessingChanged(ProcessingEvent, frozen=True, kw_only=True):
    """A run began or ended: every one of these counts. It is never `running`."""


class ProcessingProgressed(ProcessingEvent, frozen=True, kw_only=True):
    """How far a run is: only the newest counts."""

    status: str = "running"


class ScheduleChanged(Event, frozen=True, kw_only=True):
    enabled: bool
    trigger_time: str = ""
    """Wall time in `zone`, such as 16:10."""
    zone: str = ""
    next_run: float | None = None
    universes: tuple[str, ...] = ()
