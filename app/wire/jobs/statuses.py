"""How a job fares: in its engine's words, whichever type of key holds them, and until then in the outbox'."""

import time
from typing import Any, NamedTuple

from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire import lua
from app.wire.channels import APP_JOB_STATUS_PREFIX, JOB_STATUS_PREFIX
from app.wire.client import reachable
from app.wire.codec.statuses import decode_status
from app.wire.codec.text import clean
from app.wire.events.event import JobStatus
from app.wire.jobs.outbox import Job, Outbox

MAX_BYTES = 256 * 1024
MAX_FIELDS = 100

_READ = lua.read(__file__, "read_statuses")

_SUBMITTED = {"waiting": "waiting", "delivered": "submitted", "lapsed": "lapsed", "withdrawn": "cancelled"}


class Status(NamedTuple):
    job: JobStatus
    """Before an engine speaks its status is waiting, submitted, lapsed or cancelled."""
    told: bool
    """Whether an engine has said a word yet."""
    ours: Job | None
    """What the outbox remembers of it."""


class Statuses:
    """Reads only: a status key is its engine's alone."""

    def __init__(self, client: Redis, outbox: Outbox) -> None:
        self._outbox = outbox
        self._read = client.register_script(_READ)

    async def read(self, job_id: str) -> Status | None:
        """None for a job of which neither an engine nor the outbox knows."""
        if not job_id or clean(job_id, 64) != job_id:
            return None
        keys = (JOB_STATUS_PREFIX + job_id, APP_JOB_STATUS_PREFIX + job_id)
        with reachable():
            found: list[Any] = await self._read(args=(MAX_BYTES, MAX_FIELDS, *keys))
        ours = await self._outbox.state(job_id)
        for held in found:
            told = decode_status(job_id, held, time.time())
            if isinstance(told, JobStatus):
                return Status(_dated(told, ours), True, ours)
        return Status(_untold(ours), False, ours) if ours else None


def _dated(told: JobStatus, ours: Job | None) -> JobStatus:
    return replace(told, submitted_at=ours.submitted_at) if ours and told.submitted_at is None else told


def _untold(ours: Job) -> JobStatus:
    at = ours.left_at or ours.submitted_at
    return JobStatus(at=at, job_id=ours.id, status=_SUBMITTED[ours.state], submitted_at=ours.submitted_at)
