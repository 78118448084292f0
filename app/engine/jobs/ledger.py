"""Which jobs were asked for and are not over, kept where a new engine finds them."""

from datetime import UTC, datetime

import msgspec

from app.db.pools import Pool
from app.engine.loads import queries
from app.wire.codec.codec import Rejected
from app.wire.jobs import job as jobs_job
from app.wire.jobs.job import AnyLoad, CancelLoad

STRANGE = "written by another version, and not understood any more"


class Kept(msgspec.Struct, frozen=True):
    job: AnyLoad
    submitted_at: datetime
    begun: bool = False
    """By an engine that is gone."""
    tries: int = 0
    """That ended with the fall of their engine."""


class Ledger:
    """Raises db.Unavailable. In tables that we did not make nothing is kept, and a job dies with its engine."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._keeps = False

    async def recall(self, most: int) -> list[Kept]:
        async with self._pool.acquire() as connection:
            self._keeps = await queries.keeps_marks(connection)
            while self._keeps:
                found = await queries.open_jobs(connection, most)
                kept = [each for each in map(_kept, found) if each]
                if len(kept) == len(found):
                    return kept
                for row in found:
                    if _kept(row) is None:
                        await queries.end_job(connection, row.job_id, "failed", STRANGE)
        return []

    async def add(self, job: AnyLoad) -> Kept | None:
        """None for one that was added before."""
        if self._keeps:
            async with self._pool.acquire() as connection:
                if not await queries.put_job(connection, job.job_id, jobs_job.encode(job), "queued"):
                    return None
        return Kept(job, datetime.now(UTC))

    async def begin(self, job: AnyLoad) -> None:
        if self._keeps:
            async with self._pool.acquire() as connection:
                await queries.begin_job(connection, job.job_id)

    async def lay_down(self, job: AnyLoad) -> None:
        """The engine leaves in good order."""
        if self._keeps:
            async with self._pool.acquire() as connection:
                await queries.lay_down_job(connection, job.job_id)

    async def end(self, job: AnyLoad, status: str, message: str) -> None:
        if self._keeps:
            async with self._pool.acquire() as connection:
                await queries.end_job(connection, job.job_id, status, message)


def _kept(row: queries.Job) -> Kept | None:
    job = jobs_job.decode_load(row.request)
    return None if isinstance(job, CancelLoad | Rejected) else Kept(job, row.submitted_at, row.begun, row.tries)
