"""Processing runs: the envelope with `event` and `payload`, by its many event names."""

from app.wire.codec.fields import Fields, Refused
from app.wire.codec.moments import iso
from app.wire.events import ProcessingChanged

_STARTED = {
    "processing_started",
    "daily_processing_started",
    "data_import_started",
    "indicator_processing_started",
    "pattern_processing_started",
}
_RUNNING = {
    "daily_processing_progress",
    "import_progress",
    "symbol_processing_complete",
    "job_progress_update",
    "indicator_progress",
    "pattern_progress",
}
_COMPLETED = {
    "daily_processing_completed",
    "data_import_completed",
    "indicator_processing_completed",
    "pattern_processing_completed",
}
_FAILED = {"processing_error"}

_PHASES = {"data": "import", "import": "import", "symbol": "import", "indicator": "indicators", "pattern": "patterns"}
_FAILURES = {"failed", "failure", "error"}
_CANCELLATIONS = {"cancelled", "canceled", "stopped"}

_WRITTEN = {
    "started": "daily_processing_started",
    "running": "daily_processing_progress",
    "completed": "daily_processing_completed",
    "failed": "processing_error",
    "cancelled": "daily_processing_completed",
}
_ENDINGS = {"completed": "success", "failed": "failed", "cancelled": "cancelled"}


def read(fields: Fields) -> ProcessingChanged:
    event = fields.event_type()
    status = _status(event, fields)
    run_id = fields.text("run_id", "job_id")
    if not run_id:
        raise Refused("no-run")
    at = fields.time("timestamp")
    return ProcessingChanged(
        at=fields.arrived_at if at is None else at,
        published_at=fields.outer_time("published_at", "timestamp") or at or 0.0,
        arrived_at=fields.arrived_at,
        source=fields.outer_text("source"),
        run_id=run_id,
        status=status,
        phase=fields.text("phase", "current_phase") or _PHASES.get(event.partition("_")[0], ""),
        done=fields.count("symbols_completed", "completed_symbols", "symbols_processed", "processed", "completed"),
        total=fields.count("symbols_total", "total_symbols", "symbols_count"),
        message=fields.text("message", "error", "error_message", limit=500),
    )


def write(event: ProcessingChanged) -> dict[str, object]:
    payload: dict[str, object] = {
        "run_id": event.run_id,
        "phase": event.phase,
        "symbols_completed": event.done,
        "symbols_total": event.total,
        "message": event.message,
    }
    if event.status in _ENDINGS:
        payload["status"] = _ENDINGS[event.status]
    return {
        "event": _WRITTEN.get(event.status, "daily_processing_progress"),
        "timestamp": iso(event.at),
        "source": event.source,
        "version": "1.0",
        "published_at": event.published_at or event.at,
        "payload": payload,
    }


def _status(event: str, fields: Fields) -> str:
    if event in _STARTED:
        return "started"
    if event in _RUNNING:
        return "running"
    if event in _FAILED:
        return "failed"
    if event in _COMPLETED:
        return _ending(fields)
    if fields.is_probe():
        raise Refused("probe")
    raise Refused("unknown-event")


def _ending(fields: Fields) -> str:
    word = fields.text("status").lower()
    if word in _CANCELLATIONS:
        return "cancelled"
    if word in _FAILURES or fields.find("success") is False:
        return "failed"
    return "completed"
