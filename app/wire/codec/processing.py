"""The daily processing and its schedule: the envelope with `event` and `payload`, by its many event names."""

from collections.abc import Mapping

from app.wire.codec import runs, values
from app.wire.codec.fields import Fields
from app.wire.codec.shape import Shape, Spelling, positive, share, tally, text, when, words
from app.wire.codec.states import state_of
from app.wire.events.event import (
    ProcessingChanged,
    ProcessingEvent,
    ProcessingProgressed,
    RunChanged,
    RunProgressed,
    ScheduleChanged,
)
from app.wire.events.runs import Work

ENVELOPES = ("payload", "data")
SCHEDULE_ENVELOPES = (*ENVELOPES, "schedule")

_WORKS: Mapping[str, Work] = {
    "data": "import",
    "import": "import",
    "symbol": "import",
    "cache": "cache",
    "indicator": "indicators",
    "pattern": "patterns",
}
_EVENT_NAMES = {"started": "daily_processing_started", "failed": "processing_error"}
_ENDINGS = {"completed": "success", "failed": "failed", "cancelled": "cancelled"}

_FIELDS = {
    "run_id": text("run_id", "job_id", needed="no-run"),
    "phase": text("phase", "current_phase"),
    "done": tally(
        "symbols_completed", "completed_symbols", "symbols_processed", "processed_symbols", "processed", "completed",
    ),
    "total": tally("symbols_total", "total_symbols", "symbols_count"),
    "failed": tally("symbols_failed", "failed_symbols", "failed"),
    "share": share("progress", percent=("percent_complete", "percentage")),
    "current_symbol": text("current_symbol"),
    "trigger": text("trigger_type"),
    "seconds": positive("duration_seconds", says="seconds"),
    "ends_at": when("estimated_completion"),
    "phases": words("phases"),
    "universes": words("universes", "universe"),
    "message": text("message", "error", "error_message", limit=500),
}  # fmt: skip


def _word(event: ProcessingEvent) -> str:
    return _EVENT_NAMES.get(event.status, "daily_processing_completed")


def _version(event: object) -> Mapping[str, object]:
    return {"version": "1.0"}


def _ending(status: str) -> object:
    return _ENDINGS.get(status, status)


CHANGED = Shape(
    ProcessingChanged,
    {**_FIELDS, "status": Spelling(("status",), str, "else by the event's name and `success`", write=_ending)},
    home="processing",
    word=_word,
    key="event",
    inside="payload",
    extra=_version,
)
PROGRESSED = Shape(
    ProcessingProgressed,
    _FIELDS,
    home="processing",
    word="daily_processing_progress",
    key="event",
    inside="payload",
    extra=_version,
)
SCHEDULE = Shape(
    ScheduleChanged,
    {
        "enabled": Spelling(("enabled",), values.flag, "true or false", "no-schedule"),
        "trigger_time": text("trigger_time", says="wall time, such as 16:10"),
        "zone": text("timezone", "zone"),
        "next_run": when("next_run"),
        "universes": words("universes", "universe"),
    },
    home="processing_schedule",
    word="processing_schedule_updated",
    key="event",
    inside="payload",
    extra=_version,
)

SHAPES = (CHANGED, PROGRESSED)
SCHEDULE_SHAPES = (SCHEDULE,)


def read(fields: Fields) -> ProcessingChanged | ProcessingProgressed | ScheduleChanged | RunChanged | RunProgressed:
    word = fields.event_type()
    if "schedule" in word:
        return SCHEDULE.read(fields.inside(("schedule",)))
    if work := _WORKS.get(word.partition("_")[0]):
        return runs.read(work, fields)
    status = state_of(word, fields)
    if not status:
        raise fields.missing("unknown-event")
    if status == "running":
        return PROGRESSED.read(fields)
    return CHANGED.to_event(CHANGED.values(fields) | {"status": status})
