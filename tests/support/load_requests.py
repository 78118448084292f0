"""A client that requests loads and reads their status, as the desk does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.engine.jobs.load_jobs import LoadJobs
from app.settings.load import Settings
from app.wire.channels import JOBS_CONTROL, JOBS_DATA_LOAD, Channels
from app.wire.client import connect
from app.wire.events.event import JobStatus
from app.wire.jobs.job import AnyLoad, encode, receivers
from app.wire.jobs.outbox import Outbox
from app.wire.jobs.reporter import JobReporter
from app.wire.jobs.statuses import JobStatusReader
from app.wire.pubsub.publisher import Publisher
from tests.conftest import Databases
from tests.support.running_engine import eventually

OVER = {"completed", "completed_with_errors", "failed", "cancelled"}
HISTORY = {"path": "config/history/us-equities-daily.csv.gz", "history_until": "2012-08-31"}


class LoadClient:
    def __init__(self, redis_url: str, databases: Databases, files: Path) -> None:
        self.redis_url = redis_url
        self.database_url = databases.engine
        self.files = files
        self.client = connect(redis_url)
        self.statuses = JobStatusReader(self.client, Outbox(self.client))
        self.analysed: list[bytes] = []

    async def submit(self, job: AnyLoad) -> str:
        await self.client.publish(JOBS_DATA_LOAD, encode(job))
        return job.job_id

    async def read_status(self, job_id: str) -> JobStatus | None:
        status = await self.statuses.read(job_id)
        return status.job if status and status.reported else None

    async def status(self, job_id: str, *statuses: str) -> JobStatus:
        async def has_status() -> bool:
            job = await self.read_status(job_id)
            return job is not None and job.status in (statuses or OVER)

        await eventually(has_status)
        job = await self.read_status(job_id)
        assert job is not None
        return job

    @asynccontextmanager
    async def serve_loads(self, **massive: Any) -> AsyncIterator[LoadJobs]:
        settings = {
            "massive": {"requests_per_minute": 60_000, **massive},
            "loads": {"files": self.files},
            "replay": HISTORY,
        }
        reporter = JobReporter(self.client, Publisher(self.client, Channels()))
        load_jobs = LoadJobs(
            Settings.model_validate(settings), self.redis_url, self.database_url, reporter, self.analysed.append
        )
        task = asyncio.create_task(load_jobs.run())

        async def listens() -> bool:
            return all((await receivers(self.client, [JOBS_DATA_LOAD, JOBS_CONTROL])).values())

        await eventually(listens)
        yield load_jobs
        task.cancel()
        await asyncio.wait([task])
        await load_jobs.close()
