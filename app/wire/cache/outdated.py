"""The cache tags that an event invalidates."""

from collections.abc import Mapping

from app.wire.events.event import (
    AnyEvent,
    BacktestFinished,
    IndicatorCalculated,
    JobStatus,
    PatternDetected,
    PatternExpired,
    PatternUpdated,
    ProcessingChanged,
    RunChanged,
    Tick,
    UniverseChanged,
)

BARS = "bars"

_BY_WORK: Mapping[str, tuple[str, ...]] = {
    "import": (BARS, "symbols"),
    "cache": ("symbols", "universes"),
    "indicators": ("indicators",),
    "patterns": ("patterns",),
}

_ENDED = {"completed", "completed_with_errors", "failed", "cancelled"}


def invalidated_by(event: AnyEvent) -> tuple[str, ...]:
    match event:
        case Tick() | IndicatorCalculated():
            return ()
        case PatternDetected() | PatternUpdated() | PatternExpired():
            return ("patterns",)
        case UniverseChanged():
            return ("symbols", "universes")
        case RunChanged() if event.status != "started":
            return _BY_WORK.get(event.work, ())
        case ProcessingChanged() if event.status != "started":
            return (BARS, "indicators", "patterns", "symbols", "universes")
        case JobStatus() if event.completed_at is not None or event.status in _ENDED:
            return (BARS, "symbols", "universes")
        case BacktestFinished():
            return ("backtests",)
        case _:
            return ()
