"""Where the engine's newest processing run stands, in words."""

from typing import NamedTuple

from app.market.lamps import Lamp
from app.wire.events import ProcessingChanged

SILENT_SECONDS = 120.0
"""A run that goes on says so at least that often."""

LONGEST = 80
"""Characters of the engine's own message."""

KEY, NAME = "processing", "Processing"
ENDINGS = {"completed", "failed", "cancelled"}


class Run(NamedTuple):
    """`at`: when the engine said so; `arrived_at`: when it was heard. Both are wall time, UTC epoch seconds."""

    id: str
    status: str
    phase: str
    share: float | None
    """Of its work that is done, 0 to 1."""
    message: str
    at: float
    arrived_at: float

    @property
    def over(self) -> bool:
        return self.status in ENDINGS


def run(event: ProcessingChanged) -> Run:
    share = min(1.0, event.done / event.total) if event.total and event.done is not None else None
    at = max(event.at, event.published_at)
    return Run(event.run_id, event.status, event.phase, share, event.message, at, event.arrived_at)


def follows(later: Run, before: Run | None) -> bool:
    """Readers who catch up make us hear old news again; it must not undo the new."""
    if before is None or later.at > before.at:
        return True
    return later.at == before.at and not (before.over and later.id == before.id)


def lamp(newest: Run | None, now: float) -> Lamp:
    if newest is None:
        return Lamp(KEY, NAME, "none", "quiet")
    age = max(0.0, now - newest.arrived_at)
    if newest.status == "failed":
        why = f": {newest.message[:LONGEST]}," if newest.message else ""
        return Lamp(KEY, NAME, f"failed{why}", "bad", age, "ago")
    if newest.over:
        return Lamp(KEY, NAME, newest.status, "quiet", age, "ago")
    word = newest.phase or "daily run"
    if newest.share is not None:
        word = f"{word} {newest.share:.0%}"
    if age > SILENT_SECONDS:
        return Lamp(KEY, NAME, f"{word}, silent for", "warn", age)
    return Lamp(KEY, NAME, word, "good")
