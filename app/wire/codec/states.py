"""The state of a run, from the event name or the fields of a message."""

from app.wire.codec.fields import Fields
from app.wire.codec.spellings import CANCELLATIONS, FAILURES, state

_RUNNING = {"symbol_processing_complete", "job_progress_update", "processing_status_update"}
_END_FIELDS = ("success", "duration_seconds", "completed_at", "end_time", "completion_time")
_PROGRESS_FIELDS = (
    "percent_complete",
    "percentage",
    "progress",
    "completed_symbols",
    "symbols_completed",
    "current_symbol",
)


def state_of(word: str, fields: Fields) -> str:
    """started, running, completed, failed or cancelled; empty where nothing tells."""
    status = "running" if word in _RUNNING else state(word.rpartition("_")[2])
    if not status:
        status = _status_from_fields(fields) if not word or word.endswith("status") else ""
    return _ending(fields) if status == "completed" else status


def _status_from_fields(fields: Fields) -> str:
    if status := state(fields.text("status").lower()):
        return status
    if fields.has(*_END_FIELDS):
        return "completed"
    return "running" if fields.has(*_PROGRESS_FIELDS) else ""


def _ending(fields: Fields) -> str:
    word = fields.text("status").lower()
    if word in CANCELLATIONS:
        return "cancelled"
    if word in FAILURES or fields.find(("success",)) is False:
        return "failed"
    return "completed"
