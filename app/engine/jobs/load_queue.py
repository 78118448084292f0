"""Loads that are asked for over Redis: one at a time, a few in line, and every one told of until it is over."""

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
from app.engine.jobs.ledger import Kept, Ledger
from app.engine.jobs.plan import Plan, planned
from app.engine.jobs.status_events import Saying
from app.engine.jobs.status_sender import Voice
from app.engine.jobs.worker import Origin, Standing, Work
from app.engine.loads.providers.rest import Refused, Unreachable
from app.engine.loads.sources.source import Unreadable
from app.wire.backoff import Backoff
from app.wire.codec.codec import Rejected
from app.wire.codec.text import clean
from app.wire.jobs import job as jobs_job
from app.wire.jobs.job import AnyLoad, CancelLoad, ProcessingCommand, ProcessingParameters

logger = logging.getLogger(__name__)

MOST_WAITING = 8
MOST_TRIES = 3
RESUMED = "the engine was restarted; the load goes on where it stopped"
FELL = "the engine fell while it made this load,"


class _Named(msgspec.Struct):
    job_id: str = ""


class Ways(NamedTuple):
    """`analyse` is handed a command for the processing of what was loaded."""

    origin: Origin
    files: Path
    analyse: Callable[[bytes], object]


class _Current:
    """The load that is being made."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.stop = asyncio.Event()
        self.began = time.time()
        self.standing: Standing | None = None


class Loads:
    def __init__(self, pool: Pool, voice: Voice, ways: Ways) -> None:
        self._pool = pool
        self._ways = ways
        self._saying = Saying(voice)
        self._ledger = Ledger(pool)
        self._line: deque[Kept] = deque()
        self._more = asyncio.Event()
        self._current: _Current | None = None
        self._broken_off: Kept | None = None
        self._ready = asyncio.Event()

    async def hear(self, payload: bytes) -> None:
        await self._ready.wait()
        job = jobs_job.decode_load(payload)
        # What has no type known to us may still look like a word about another load; that has a channel of its own.
        if isinstance(job, Rejected | CancelLoad):
            self._saying.refused(_named(payload), "the job was not understood")
        elif self._knows(job.job_id):
            logger.info("load %s was delivered twice", job.job_id)
        elif len(self._line) >= MOST_WAITING:
            self._saying.refused(job.job_id, f"{MOST_WAITING} loads wait already")
        else:
            await self._take(job)

    async def hear_control(self, payload: bytes) -> None:
        await self._ready.wait()
        word = jobs_job.decode_load(payload)
        if isinstance(word, CancelLoad):
            await self._cancel(word.job_id)
        else:
            logger.warning("a word about loads was not understood")

    async def run(self) -> None:
        """What an engine before this one left comes first."""
        await self._recall()
        while True:
            while self._line:
                await self._do(self._line.popleft())
            self._more.clear()
            await self._more.wait()

    async def leave(self) -> None:
        """Once `run` was called off. Raises db.Unavailable."""
        if self._broken_off:
            await self._ledger.lay_down(self._broken_off.job)

    async def _recall(self) -> None:
        backoff = Backoff()
        while True:
            try:
                left = await self._ledger.recall(2 * MOST_WAITING)
            except db.Unavailable:
                await backoff.wait()
            else:
                break
        for kept in left:
            if kept.tries >= MOST_TRIES:
                logger.error("load %s took the engine down %d times", kept.job.job_id, kept.tries)
                await self._end(kept, "failed", f"{FELL} {kept.tries} times; it is not begun again")
                continue
            self._line.append(kept)
            self._saying.state(kept, "queued", None, RESUMED if kept.begun else "")
            logger.info("load %s is taken up again", kept.job.job_id)
        self._ready.set()

    async def _take(self, job: AnyLoad) -> None:
        try:
            kept = await self._ledger.add(job)
        except db.Unavailable:
            self._saying.refused(job.job_id, "the database is away")
            return
        if kept is not None:
            self._line.append(kept)
            self._saying.state(kept, "queued")
            self._more.set()

    async def _cancel(self, job_id: str) -> None:
        current = self._current
        if current and current.kept.job.job_id == job_id:
            current.stop.set()
            self._saying.state(current.kept, "cancelling", current.standing, "", current.began)
            return
        for kept in [kept for kept in self._line if kept.job.job_id == job_id]:
            self._line.remove(kept)
            await self._end(kept, "cancelled", "called off before it began")

    async def _do(self, kept: Kept) -> None:
        current = self._current = _Current(kept)
        try:
            await self._ledger.begin(kept.job)
            plan = planned(kept.job, kept.submitted_at.date(), self._ways.files)
            self._saying.began(kept, plan)
            await self._work(current, plan)
        except (Unreadable, Refused, Unreachable) as reason:
            await self._end(kept, "failed", str(reason))
        except db.Unavailable:
            await self._end(kept, "failed", "the database is away")
        except asyncio.CancelledError:
            self._broken_off = kept
            raise
        except Exception as error:
            logger.exception("load %s failed", kept.job.job_id)
            await self._end(kept, "failed", type(error).__name__)
        finally:
            self._current = None

    async def _work(self, current: _Current, plan: Plan) -> None:
        def told(standing: Standing) -> None:
            current.standing = standing
            status = "cancelling" if current.stop.is_set() else "running"
            self._saying.state(current.kept, status, standing, "", current.began)

        work = Work(plan, self._ways.origin, self._pool, told, current.stop)
        told(work.standing)
        standing = await work.run()
        status = "cancelled" if current.stop.is_set() else _ending(standing)
        await self._end(current.kept, status, _summary(standing), standing)
        if plan.analyse and status.startswith("completed"):
            asked = ProcessingParameters(symbols=standing.successful)
            self._ways.analyse(
                jobs_job.encode(ProcessingCommand(command=jobs_job.START_DAILY_PROCESSING, parameters=asked))
            )

    async def _end(self, kept: Kept, status: str, message: str, standing: Standing | None = None) -> None:
        current = self._current if self._current and self._current.kept is kept else None
        said = standing or (current.standing if current else None)
        self._saying.ended(kept, status, message, said, current.began if current else None)
        try:
            await self._ledger.end(kept.job, status, message)
        except db.Unavailable:
            logger.warning("the end of load %s is not stored: a new engine will do it again", kept.job.job_id)

    def _knows(self, job_id: str) -> bool:
        known = [*self._line, *([self._current.kept] if self._current else [])]
        return any(kept.job.job_id == job_id for kept in known)


def _ending(standing: Standing) -> str:
    if standing.failed and not standing.successful:
        return "failed"
    return "completed_with_errors" if standing.failed or standing.refused else "completed"


def _summary(standing: Standing) -> str:
    said = f"{standing.records:,} bars new or changed, {standing.refused:,} refused"
    missed = f"; nothing of {', '.join(standing.failed[:10])}" if standing.failed else ""
    return f"{said}{missed}{'; ' if standing.note else ''}{standing.note}"


def _named(payload: bytes) -> str:
    """Whose job that was, if it says so at all."""
    try:
        said = msgspec.json.decode(payload[:65_536], type=_Named).job_id
    except (ValueError, RecursionError):
        return ""
    return said if clean(said, 64) == said else ""
