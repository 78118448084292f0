"""Builds the status, progress and run events of load jobs."""

import logging
import time

from app.engine.jobs.job_store import StoredJob
from app.engine.jobs.plan import LoadPlan
from app.engine.jobs.status_sender import StatusSender
from app.engine.jobs.worker import LoadProgress
from app.wire.events.event import JobStatus, RunChanged, RunProgressed

logger = logging.getLogger(__name__)

SOURCE = "TickStockPL"
UNFINISHED = {"queued", "running", "cancelling"}


class LoadStatusReporter:
    def __init__(self, sender: StatusSender) -> None:
        self._sender = sender

    def reject(self, job_id: str, why: str) -> None:
        logger.warning("load %s refused: %s", job_id, why)
        if job_id:
            now = time.time()
            status = JobStatus(at=now, source=SOURCE, job_id=job_id, status="failed", error=why, completed_at=now)
            self._sender.state(job_id, status)

    def state(
        self,
        entry: StoredJob,
        status: str,
        progress: LoadProgress | None = None,
        message: str = "",
        began: float | None = None,
    ) -> None:
        now, job_id, counts = time.time(), entry.job.job_id, progress or LoadProgress(0)
        event = JobStatus(
            at=now,
            source=SOURCE,
            job_id=job_id,
            status=status,
            progress=counts.share if progress else None,
            done=counts.done if progress else None,
            total=counts.total if progress else None,
            successful=counts.successful,
            failed=counts.failed,
            current_symbol=counts.current,
            message=(message or counts.note) if status != "failed" else "",
            error=message if status == "failed" else "",
            submitted_at=entry.submitted_at.timestamp(),
            started_at=began,
            completed_at=None if status in UNFINISHED else now,
        )
        self._sender.state(job_id, event)
        if status == "running":
            self._sender.state(_progress_key(entry), _progress(entry, counts))

    def start(self, entry: StoredJob, plan: LoadPlan) -> None:
        event = RunChanged(
            at=time.time(),
            source=SOURCE,
            work="import",
            run_id=entry.job.job_id,
            status="started",
            total=len(plan.symbols),
            timeframes=tuple(frame.name for frame in plan.frames),
            universes=(plan.universe,) if plan.universe else (),
            trigger=entry.job.requested_by,
        )
        self._sender.event(event)

    def end(
        self,
        entry: StoredJob,
        status: str,
        message: str,
        progress: LoadProgress | None = None,
        began: float | None = None,
    ) -> None:
        self._sender.forget(_progress_key(entry))
        self.state(entry, status, progress, message, began)
        event = RunChanged(
            at=time.time(),
            source=SOURCE,
            work="import",
            run_id=entry.job.job_id,
            status="completed" if status.startswith("completed") else status,
            done=progress.done if progress else None,
            total=progress.total if progress else None,
            failed=len(progress.failed) if progress else None,
            found=progress.new_bars if progress else None,
            trigger=entry.job.requested_by,
            seconds=time.time() - began if began else None,
            message=message,
        )
        self._sender.event(event)


def _progress(entry: StoredJob, progress: LoadProgress) -> RunProgressed:
    return RunProgressed(
        at=time.time(),
        source=SOURCE,
        work="import",
        run_id=entry.job.job_id,
        done=progress.done,
        total=progress.total,
        failed=len(progress.failed),
        found=progress.new_bars,
        share=progress.share,
        current_symbol=progress.current,
    )


def _progress_key(entry: StoredJob) -> str:
    return f"{entry.job.job_id} import"
