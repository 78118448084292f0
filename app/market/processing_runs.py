"""State of the newest processing run of the engine, in words."""

from typing import NamedTuple

from app.market.status import ComponentStatus
from app.wire.events.event import ProcessingEvent
from app.wire.events.event import RunEvent as PartRun

SILENT_SECONDS = 120.0
"""A run reports at least this often."""

LONGEST = 80
"""Characters of the engine's message."""

KEY, NAME = "processing", "Processing"
ENDINGS = {"completed", "failed", "cancelled"}


class RunState(NamedTuple):
    """`at`: when the engine sent it; `arrived_at`: when it arrived. Wall time, UTC epoch seconds."""

    id: str
    work: str
    """The part of the processing, if it runs alone; empty for all of it."""
    status: str
    phase: str
    share: float | None
    """Share of the work that is complete, 0 to 1."""
    message: str
    at: float
    arrived_at: float

    @property
    def over(self) -> bool:
        return self.status in ENDINGS


def run(event: ProcessingEvent | PartRun) -> RunState:
    work, phase = (event.work, event.work) if isinstance(event, PartRun) else ("", event.phase)
    at = max(event.at, event.published_at)
    return RunState(event.run_id, work, event.status, phase, _share(event), event.message, at, event.arrived_at)


def supersedes(later: RunState, before: RunState | None) -> bool:
    """Whether `later` replaces `before`: recovery replays old events, which must not undo newer ones."""
    if before is None or later.at > before.at:
        return True
    return later.at == before.at and not (before.over and later[:2] == before[:2])


def run_status(newest: RunState | None, now: float) -> ComponentStatus:
    if newest is None:
        return ComponentStatus(KEY, NAME, "none", "quiet")
    age = max(0.0, now - newest.arrived_at)
    if newest.over:
        return _ended(newest, age)
    word = newest.phase or "daily run"
    if newest.share is not None:
        word = f"{word} {newest.share:.0%}"
    if age > SILENT_SECONDS:
        return ComponentStatus(KEY, NAME, f"{word}, silent for", "warn", age)
    return ComponentStatus(KEY, NAME, word, "good")


def _ended(newest: RunState, age: float) -> ComponentStatus:
    word = f"{newest.work} {newest.status}".strip()
    if newest.status != "failed":
        return ComponentStatus(KEY, NAME, word, "quiet", age, "ago")
    why = f": {newest.message[:LONGEST]}," if newest.message else ""
    return ComponentStatus(KEY, NAME, f"{word}{why}", "bad", age, "ago")


def _share(event: ProcessingEvent | PartRun) -> float | None:
    if event.share is not None:
        return event.share
    return min(1.0, event.done / event.total) if event.total and event.done is not None else None
