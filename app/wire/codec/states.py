"""What a message about a run says has happened, by its many event names, or without one."""

from app.wire.codec.fields import Fields
from app.wire.codec.spellings import CANCELLATIONS, FAILURES, state

_RUNNING = {"symbol_processing_complete", "job_progress_update", "processing_status_update"}
_ENDS = ("success", "duration_seconds", "completed_at", "end_time", "completion_time")
_MIDDLES = ("percent_complete", "percentage", "progress", "completed_symbols", "symbols_completed", "current_symbol")


def state_of(word: str, fields: Fields) -> str:
    """started, running, completed, failed or cancelled; empty where nothing tells."""
    said = "running" if word in _RUNNING else state(word.rpartition("_")[2])
    if not said:
        said = _untold(fields) if not word or word.endswith("status") else ""
    return _ending(fields) if said == "completed" else said


def _untold(fields: Fields) -> str:
    if found := state(fields.text("status").lower()):
        return found
    if fields.has(*_ENDS):
        return "completed"
    return "running" if fields.has(*_MIDDLES) else ""


def _ending(fields: Fields) -> str:
    word = fields.text("status").lower()
    if word in CANCELLATIONS:
        return "cancelled"
    if word in FAILURES or fields.find(("success",)) is False:
        return "failed"
    return "completed"
