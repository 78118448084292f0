"""Runs of one part of the processing: import, cache, indicators or patterns; and what they change."""

from typing import Literal

from app.wire.events.base import Event

Work = Literal["import", "cache", "indicators", "patterns"]


class RunEvent(Event, frozen=True, kw_only=True):
    work: Work
    run_id: str
    status: str
    """started, running, completed, failed or cancelled."""
    done: int | None = None
    total: int | None = None
    """Symbols."""
    failed: int | None = None
    found: int | None = None
    """Records imported, patterns detected, indicators calculated or changes made so far."""
    share: float | None = None
    """0 to 1, where the engine says so itself."""
    current_symbol: str = ""
    timeframes: tuple[str, ...] = ()
    universes: tuple[str, ...] = ()
    mode: str = ""
    trigger: str = ""
    """Who or what began it."""
    seconds: float | None = None
    ends_at: float | None = None
    message: str = ""


class RunChanged(RunEvent, frozen=True, kw_only=True):
    """A run began or ended: every one of these counts. It is never `running`."""


class RunProgressed(RunEvent, frozen=True, kw_only=True):
    """How far a run is: only the newest counts."""

    status: str = "running"


class UniverseChanged(Event, frozen=True, kw_only=True):
    action: str
    """updated, assigned, removed, or the engine's own word."""
    universe: str = ""
    symbol: str = ""
    count: int | None = None


class JobStatus(Event, frozen=True, kw_only=True):
    """The state of a data load, in its status key or on the import status channel."""

    job_id: str
    status: str
    """submitted, queued, running, completed, completed_with_errors, failed, cancelling or cancelled."""
    progress: float | None = None
    """0 to 1."""
    done: int | None = None
    total: int | None = None
    successful: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    current_symbol: str = ""
    message: str = ""
    error: str = ""
    submitted_at: float | None = None
    started_at: float | None = None
    completed_at: float | None = None
