"""Loads in the contract's words: the state of a job, how far its run is, and that the run began or ended."""

import logging
import time

from app.engine.jobs.ledger import Kept
from app.engine.jobs.plan import Plan
from app.engine.jobs.status_sender import Voice
from app.engine.jobs.worker import Standing
from app.wire.events.event import JobStatus, RunChanged, RunProgressed

logger = logging.getLogger(__name__)

SOURCE = "TickStockPL"
UNDER_WAY = {"queued", "running", "cancelling"}


class Saying:
    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def refused(self, job_id: str, why: str) -> None:
        logger.warning("load %s refused: %s", job_id, why)
        if job_id:
            now = time.time()
            status = JobStatus(at=now, source=SOURCE, job_id=job_id, status="failed", error=why, completed_at=now)
            self._voice.state(job_id, status)

    def state(
        self,
        kept: Kept,
        status: str,
        standing: Standing | None = None,
        message: str = "",
        began: float | None = None,
    ) -> None:
        now, job_id, known = time.time(), kept.job.job_id, standing or Standing(0)
        event = JobStatus(
            at=now,
            source=SOURCE,
            job_id=job_id,
            status=status,
            progress=known.share if standing else None,
            done=known.done if standing else None,
            total=known.total if standing else None,
            successful=known.successful,
            failed=known.failed,
            current_symbol=known.current,
            message=(message or known.note) if status != "failed" else "",
            error=message if status == "failed" else "",
            submitted_at=kept.submitted_at.timestamp(),
            started_at=began,
            completed_at=None if status in UNDER_WAY else now,
        )
        self._voice.state(job_id, event)
        if status == "running":
            self._voice.state(_progress_key(kept), _progress(kept, known))

    def began(self, kept: Kept, plan: Plan) -> None:
        event = RunChanged(
            at=time.time(),
            source=SOURCE,
            work="import",
            run_id=kept.job.job_id,
            status="started",
            total=len(plan.symbols),
            timeframes=tuple(frame.name for frame in plan.frames),
            universes=(plan.universe,) if plan.universe else (),
            trigger=kept.job.requested_by,
        )
        self._voice.event(event)

    def ended(
        self, kept: Kept, status: str, message: str, standing: Standing | None = None, began: float | None = None
    ) -> None:
        self._voice.forget(_progress_key(kept))
        self.state(kept, status, standing, message, began)
        event = RunChanged(
            at=time.time(),
            source=SOURCE,
            work="import",
            run_id=kept.job.job_id,
            status="completed" if status.startswith("completed") else status,
            done=standing.done if standing else None,
            total=standing.total if standing else None,
            failed=len(standing.failed) if standing else None,
            found=standing.records if standing else None,
            trigger=kept.job.requested_by,
            seconds=time.time() - began if began else None,
            message=message,
        )
        self._voice.event(event)


def _progress(kept: Kept, standing: Standing) -> RunProgressed:
    return RunProgressed(
        at=time.time(),
        source=SOURCE,
        work="import",
        run_id=kept.job.job_id,
        done=standing.done,
        total=standing.total,
        failed=len(standing.failed),
        found=standing.records,
        share=standing.share,
        current_symbol=standing.current,
    )


def _progress_key(kept: Kept) -> str:
    return f"{kept.job.job_id} import"
