"""The queue of load jobs: accepts them from Redis, runs one at a time and reports their status."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from app import db
from app.db.pools import Pool
from app.engine.jobs.job_store import JobStore, StoredJob
from app.engine.jobs.plan import LoadPlan, load_plan
from app.engine.jobs.status_events import LoadStatusReporter
from app.engine.jobs.status_sender import StatusSender
from app.engine.jobs.worker import BarOrigin, LoadProgress, LoadWorker
from app.engine.loads.providers.provider import ProviderRefused, ProviderUnreachable
from app.engine.loads.sources.source import UnreadableSource
from app.wire.backoff import Backoff
from app.wire.codec.codec import Rejected
from app.wire.codec.text import clean
from app.wire.jobs.job import (
    START_DAILY_PROCESSING,
    AnyLoad,
    CancelLoad,
    ProcessingCommand,
    ProcessingParameters,
    decode_load,
    encode,
)

logger = logging.getLogger(__name__)

MOST_WAITING = 8
MOST_TRIES = 3
RESUMED = "the engine was restarted; the load goes on where it stopped"
CRASHED = "the engine fell while it made this load,"


class _JobId(msgspec.Struct):
    job_id: str = ""


class LoadHooks(NamedTuple):
    """`analyse` receives a processing command for the loaded symbols."""

    origin: BarOrigin
    files: Path
    analyse: Callable[[bytes], object]


class _RunningLoad:
    """The load job that runs now."""

    def __init__(self, entry: StoredJob) -> None:
        self.entry = entry
        self.stop = asyncio.Event()
        self.began = time.time()
        self.progress: LoadProgress | None = None


class LoadQueue:
    def __init__(self, pool: Pool, sender: StatusSender, hooks: LoadHooks) -> None:
        self._pool = pool
        self._hooks = hooks
        self._reporter = LoadStatusReporter(sender)
        self._store = JobStore(pool)
        self._queue: deque[StoredJob] = deque()
        self._new_job = asyncio.Event()
        self._current: _RunningLoad | None = None
        self._interrupted: StoredJob | None = None
        self._ready = asyncio.Event()
        self.failed = 0

    async def on_message(self, payload: bytes) -> None:
        await self._ready.wait()
        job = decode_load(payload)
        # A message of unknown type; control messages have a channel of their own.
        if isinstance(job, Rejected | CancelLoad):
            self._reporter.reject(_job_id(payload), "the job was not understood")
        elif self._contains(job.job_id):
            logger.info("load %s was delivered twice", job.job_id)
        elif len(self._queue) >= MOST_WAITING:
            self._reporter.reject(job.job_id, f"{MOST_WAITING} loads wait already")
        else:
            await self._enqueue(job)

    async def on_control_message(self, payload: bytes) -> None:
        await self._ready.wait()
        command = decode_load(payload)
        if isinstance(command, CancelLoad):
            await self._cancel(command.job_id)
        else:
            logger.warning("a word about loads was not understood")

    async def run(self) -> None:
        """Jobs of an earlier engine process come first."""
        await self._restore()
        while True:
            while self._queue:
                await self._run_job(self._queue.popleft())
            self._new_job.clear()
            await self._new_job.wait()

    async def release(self) -> None:
        """Gives back the job whose run was cancelled. Raises db.Unavailable."""
        if self._interrupted:
            await self._store.release(self._interrupted.job)

    async def _restore(self) -> None:
        backoff = Backoff()
        while True:
            try:
                left = await self._store.unfinished(2 * MOST_WAITING)
            except db.Unavailable:
                await backoff.wait()
            else:
                break
        for entry in left:
            if entry.tries >= MOST_TRIES:
                logger.error("load %s took the engine down %d times", entry.job.job_id, entry.tries)
                await self._end(entry, "failed", f"{CRASHED} {entry.tries} times; it is not begun again")
                continue
            self._queue.append(entry)
            self._reporter.state(entry, "queued", None, RESUMED if entry.started else "")
            logger.info("load %s is taken up again", entry.job.job_id)
        self._ready.set()

    async def _enqueue(self, job: AnyLoad) -> None:
        try:
            entry = await self._store.add(job)
        except db.Unavailable:
            self._reporter.reject(job.job_id, "the database is away")
            return
        if entry is not None:
            self._queue.append(entry)
            self._reporter.state(entry, "queued")
            self._new_job.set()

    async def _cancel(self, job_id: str) -> None:
        current = self._current
        if current and current.entry.job.job_id == job_id:
            current.stop.set()
            self._reporter.state(current.entry, "cancelling", current.progress, "", current.began)
            return
        for entry in [entry for entry in self._queue if entry.job.job_id == job_id]:
            self._queue.remove(entry)
            await self._end(entry, "cancelled", "called off before it began")

    async def _run_job(self, entry: StoredJob) -> None:
        current = self._current = _RunningLoad(entry)
        try:
            await self._store.begin(entry.job)
            plan = load_plan(entry.job, entry.submitted_at.date(), self._hooks.files)
            self._reporter.start(entry, plan)
            await self._run_plan(current, plan)
        except (UnreadableSource, ProviderRefused, ProviderUnreachable) as reason:
            await self._end(entry, "failed", str(reason))
        except db.Unavailable:
            await self._end(entry, "failed", "the database is away")
        except asyncio.CancelledError:
            self._interrupted = entry
            raise
        except Exception as error:
            self.failed += 1
            logger.exception("load %s failed", entry.job.job_id)
            await self._end(entry, "failed", type(error).__name__)
        finally:
            self._current = None

    async def _run_plan(self, current: _RunningLoad, plan: LoadPlan) -> None:
        def on_progress(progress: LoadProgress) -> None:
            current.progress = progress
            status = "cancelling" if current.stop.is_set() else "running"
            self._reporter.state(current.entry, status, progress, "", current.began)

        worker = LoadWorker(plan, self._hooks.origin, self._pool, on_progress, current.stop)
        on_progress(worker.progress)
        progress = await worker.run()
        status = "cancelled" if current.stop.is_set() else _final_status(progress)
        await self._end(current.entry, status, _summary(progress), progress)
        if plan.analyse and status.startswith("completed"):
            parameters = ProcessingParameters(symbols=progress.successful)
            self._hooks.analyse(encode(ProcessingCommand(command=START_DAILY_PROCESSING, parameters=parameters)))

    async def _end(self, entry: StoredJob, status: str, message: str, progress: LoadProgress | None = None) -> None:
        current = self._current if self._current and self._current.entry is entry else None
        last_progress = progress or (current.progress if current else None)
        self._reporter.end(entry, status, message, last_progress, current.began if current else None)
        try:
            await self._store.end(entry.job, status, message)
        except db.Unavailable:
            logger.warning("the end of load %s is not stored: a new engine will do it again", entry.job.job_id)

    def _contains(self, job_id: str) -> bool:
        entries = [*self._queue, *([self._current.entry] if self._current else [])]
        return any(entry.job.job_id == job_id for entry in entries)


def _final_status(progress: LoadProgress) -> str:
    if progress.failed and not progress.successful:
        return "failed"
    return "completed_with_errors" if progress.failed or progress.rejected_rows else "completed"


def _summary(progress: LoadProgress) -> str:
    counts = f"{progress.new_bars:,} bars new or changed, {progress.rejected_rows:,} refused"
    missing = f"; nothing of {', '.join(progress.failed[:10])}" if progress.failed else ""
    return f"{counts}{missing}{'; ' if progress.note else ''}{progress.note}"


def _job_id(payload: bytes) -> str:
    """The job's id; empty where the message has none."""
    try:
        job_id = msgspec.json.decode(payload[:65_536], type=_JobId).job_id
    except (ValueError, RecursionError):
        return ""
    return job_id if clean(job_id, 64) == job_id else ""
