"""Runs of import, cache, indicators and patterns; changed universes; the status of data loads."""

from collections.abc import Mapping

from app.wire.codec import values
from app.wire.codec.fields import Fields
from app.wire.codec.moments import iso
from app.wire.codec.shape import (
    SYMBOL,
    Shape,
    Spelling,
    count,
    lower,
    percent,
    positive,
    share,
    symbols,
    tally,
    text,
    when,
    words,
)
from app.wire.codec.states import state_of
from app.wire.events.event import JobStatus, RunChanged, RunEvent, RunProgressed, UniverseChanged
from app.wire.events.runs import Work

ENVELOPES = ("payload", "data")

_STEMS: Mapping[Work, str] = {
    "import": "data_import",
    "cache": "cache_sync",
    "indicators": "indicator_processing",
    "patterns": "pattern_processing",
}
_PROGRESS: Mapping[Work, str] = {
    "import": "import_progress",
    "cache": "cache_sync_progress",
    "indicators": "indicator_progress",
    "patterns": "pattern_progress",
}
_ENDINGS = {"completed": "success"}
_ORDERS = (
    "mode", "force", "triggered_by", "universe_names", "lookback_days", "total_indicators", "min_confidence",
    "backfill_days",
)  # fmt: skip
_LEFT = ("eta_seconds",)
_IMPORT_WORDS = ("data_import", "import_", "symbol_processing")

_FIELDS = {
    "run_id": text("run_id", "job_id", says="of a backfill else its symbol", needed="no-run"),
    "done": tally(
        "completed_symbols", "symbols_completed", "symbols_processed", "processed_symbols", "successful_symbols",
        "success_count", "processed", "completed",
    ),
    "total": tally("total_symbols", "symbols_total", "symbols_count"),
    "failed": tally("failed_symbols", "symbols_failed", "failure_count", "failed"),
    "found": count(
        "found", "total_records_imported", "records_imported", "records_loaded", "patterns_detected",
        "successful_indicators", "indicators_calculated", "total_changes",
        says="records, patterns, indicators or changes",
    ),
    "share": share("progress", percent=("percent_complete", "percentage")),
    "current_symbol": text("current_symbol", "symbol"),
    "timeframes": words("timeframes", "current_timeframe", "timeframes_processed"),
    "universes": words("universe_names", "universes_updated", "universes"),
    "mode": text("mode"),
    "trigger": text("trigger_type", "triggered_by"),
    "seconds": positive("duration_seconds", says="seconds"),
    "ends_at": when("estimated_completion")._replace(says="may lie ahead; or eta_seconds after its time"),
    "message": text("message", "error", "error_message", limit=500),
}  # fmt: skip


def _word(event: RunEvent) -> str:
    return f"{_STEMS[event.work]}_{'started' if event.status == 'started' else 'completed'}"


def _channel_field(event: RunEvent) -> str:
    return f"{event.work}_{'started' if event.status == 'started' else 'completed'}"


def _ending(status: str) -> object:
    return _ENDINGS.get(status, status)


CHANGED = Shape(
    RunChanged,
    {**_FIELDS, "status": Spelling(("status",), str, "else by the event's name and `success`", write=_ending)},
    home=_channel_field,
    word=_word,
    key="event",
    inside="payload",
)
PROGRESSED = Shape(
    RunProgressed,
    _FIELDS,
    home=lambda event: f"{event.work}_progress",
    word=lambda event: _PROGRESS[event.work],
    key="event",
    inside="payload",
)

_UNIVERSE_HOMES = {"assigned": "ipo_assignment", "removed": "delisting_cleanup"}

UNIVERSE = Shape(
    UniverseChanged,
    {
        "action": lower("action", says="else assigned with a symbol, removed with a count, updated"),
        "universe": text("universe", "universe_key", "universe_name"),
        "symbol": SYMBOL._replace(needed=""),
        "count": count("removed_count", "count", "total_changes"),
    },
    home=lambda event: _UNIVERSE_HOMES.get(event.action, "universe_updated"),
    word="universe_updated",
)


def _iso_or_none(at: float | None) -> str | None:
    return None if at is None else iso(at)


def _iso_time(name: str) -> Spelling:
    return when(name)._replace(write=_iso_or_none)


JOB = Shape(
    JobStatus,
    {
        "job_id": text("job_id", "run_id", needed="no-job"),
        "status": lower("status", "state", needed="no-status"),
        "progress": percent("progress", "percent_complete"),
        "done": count("processed_symbols", "completed_symbols", says="symbols"),
        "total": count("total_symbols", says="symbols"),
        "successful": symbols("successful_symbols"),
        "failed": symbols("failed_symbols"),
        "current_symbol": text("current_symbol"),
        "message": text("message", limit=500),
        "error": text("error_message", "error", limit=500),
        "submitted_at": _iso_time("submitted_at"),
        "started_at": _iso_time("started_at"),
        "completed_at": _iso_time("completed_at"),
    },
    home="import_status",
    word="data_load_status",
    time=("timestamp", "updated_at"),
)

SHAPES = (CHANGED, PROGRESSED)
UNIVERSE_SHAPES = (UNIVERSE,)
JOB_SHAPES = (JOB,)


def read(work: Work, fields: Fields) -> RunChanged | RunProgressed:
    """A backfill of one symbol has no id: the symbol names it."""
    if not fields.has(*_FIELDS["run_id"].names) and (symbol := fields.text("symbol")) and fields.has("backfill_days"):
        fields = fields.with_defaults({"run_id": f"backfill {symbol}"})
    status = state_of(fields.event_type(), fields) or _announced_status(fields)
    if not status:
        raise fields.missing("unknown-event")
    shape = PROGRESSED if status == "running" else CHANGED
    fields_by_name = shape.values(fields) | {"work": work, "status": status}
    left = values.positive(fields.find(_LEFT)) if "ends_at" not in fields_by_name else None
    return shape.to_event(fields_by_name if left is None else fields_by_name | {"ends_at": fields_by_name["at"] + left})


def _announced_status(fields: Fields) -> str:
    """Flat and without a name, as cache syncs are announced, it says no more than what is to be done."""
    return "started" if not fields.event_type() and fields.has(*_ORDERS) else ""


def read_universe(fields: Fields) -> UniverseChanged:
    values = UNIVERSE.values(fields)
    if not {"universe", "symbol", "count"} & values.keys():
        raise fields.missing("no-universe")
    if "action" not in values:
        values["action"] = "assigned" if "symbol" in values else "removed" if "count" in values else "updated"
    return UNIVERSE.to_event(values)


def read_job(fields: Fields) -> JobStatus | RunChanged | RunProgressed:
    """The status of a job, or, by the event's name, a stage of an import that no job asked for."""
    word = fields.event_type()
    if word.startswith(_IMPORT_WORDS) and not (fields.has("job_id") and fields.has("status", "state")):
        return read("import", fields)
    return JOB.read(fields)
