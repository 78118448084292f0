"""Reads the status of a job: from its engine's key, string or hash, and until that exists from the outbox."""

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
from app.wire.jobs.outbox import Outbox, OutboxJob

MAX_BYTES = 256 * 1024
MAX_FIELDS = 100

_READ = lua.read(__file__, "read_statuses")

_SUBMITTED = {"waiting": "waiting", "delivered": "submitted", "lapsed": "lapsed", "withdrawn": "cancelled"}


class JobStatusReading(NamedTuple):
    job: JobStatus
    """Until an engine writes one its status is waiting, submitted, lapsed or cancelled."""
    reported: bool
    """Whether an engine has written a status."""


class JobStatusReader:
    """Reads only: an engine alone writes its status keys."""

    def __init__(self, client: Redis, outbox: Outbox) -> None:
        self._outbox = outbox
        self._read = client.register_script(_READ)

    async def read(self, job_id: str) -> JobStatusReading | None:
        """None for a job without a status key and without a record in the outbox. Raises Unavailable."""
        if not job_id or clean(job_id, 64) != job_id:
            return None
        keys = (JOB_STATUS_PREFIX + job_id, APP_JOB_STATUS_PREFIX + job_id)
        with reachable():
            payloads: list[Any] = await self._read(args=(MAX_BYTES, MAX_FIELDS, *keys))
        outbox_job = await self._outbox.state(job_id)
        for payload in payloads:
            status = decode_status(job_id, payload, time.time())
            if isinstance(status, JobStatus):
                return JobStatusReading(_dated(status, outbox_job), True)
        return JobStatusReading(_status_from_outbox(outbox_job), False) if outbox_job else None


def _dated(status: JobStatus, outbox_job: OutboxJob | None) -> JobStatus:
    return (
        replace(status, submitted_at=outbox_job.submitted_at) if outbox_job and status.submitted_at is None else status
    )


def _status_from_outbox(outbox_job: OutboxJob) -> JobStatus:
    at = outbox_job.left_at or outbox_job.submitted_at
    return JobStatus(
        at=at, job_id=outbox_job.id, status=_SUBMITTED[outbox_job.state], submitted_at=outbox_job.submitted_at
    )
