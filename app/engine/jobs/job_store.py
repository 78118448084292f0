"""Stores load jobs that are not finished, so that a restarted engine resumes them."""

from datetime import UTC, datetime

import msgspec

from app.db.pools import Pool
from app.engine.loads import queries
from app.wire.codec.codec import Rejected
from app.wire.jobs.job import AnyLoad, CancelLoad, decode_load, encode

UNREADABLE_JOB = "written by another version, and not understood any more"


class StoredJob(msgspec.Struct, frozen=True):
    job: AnyLoad
    submitted_at: datetime
    started: bool = False
    """By an earlier engine process."""
    tries: int = 0
    """Earlier engine processes that crashed while they ran it."""


class JobStore:
    """Raises db.Unavailable. In a foreign schema nothing is stored, and a job ends with its engine."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._keeps = False

    async def unfinished(self, most: int) -> list[StoredJob]:
        async with self._pool.acquire() as connection:
            self._keeps = await queries.keeps_marks(connection)
            while self._keeps:
                rows = await queries.open_jobs(connection, most)
                jobs = [each for each in map(_stored_job, rows) if each]
                if len(jobs) == len(rows):
                    return jobs
                for row in rows:
                    if _stored_job(row) is None:
                        await queries.end_job(connection, row.job_id, "failed", UNREADABLE_JOB)
        return []

    async def add(self, job: AnyLoad) -> StoredJob | None:
        """None for a job that was added before."""
        if self._keeps:
            async with self._pool.acquire() as connection:
                if not await queries.put_job(connection, job.job_id, encode(job), "queued"):
                    return None
        return StoredJob(job, datetime.now(UTC))

    async def begin(self, job: AnyLoad) -> None:
        if self._keeps:
            async with self._pool.acquire() as connection:
                await queries.begin_job(connection, job.job_id)

    async def release(self, job: AnyLoad) -> None:
        """Gives the job back unfinished: a regular shutdown is no failed try."""
        if self._keeps:
            async with self._pool.acquire() as connection:
                await queries.release_job(connection, job.job_id)

    async def end(self, job: AnyLoad, status: str, message: str) -> None:
        if self._keeps:
            async with self._pool.acquire() as connection:
                await queries.end_job(connection, job.job_id, status, message)


def _stored_job(row: queries.LoadJob) -> StoredJob | None:
    job = decode_load(row.request)
    return None if isinstance(job, CancelLoad | Rejected) else StoredJob(job, row.submitted_at, row.started, row.tries)
