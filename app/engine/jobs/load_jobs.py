"""The load service of the engine: its subscriber, status sender and connection pool."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app import db
from app.db.pools import Pool
from app.engine.jobs.load_queue import LoadHooks, LoadQueue
from app.engine.jobs.status_sender import StatusSender
from app.engine.jobs.worker import BarOrigin
from app.settings.load import Settings
from app.wire.channels import JOBS_CONTROL, JOBS_DATA_LOAD
from app.wire.jobs.reporter import JobReporter
from app.wire.pubsub.subscriber import Subscriber

CONNECTIONS = 2
STATEMENT_MS = 60_000
SHUTDOWN_SECONDS = 1.0


class LoadJobs:
    """`analyse` receives a processing command for the loaded symbols."""

    def __init__(
        self,
        settings: Settings,
        redis_url: str,
        database_url: str,
        telling: JobReporter,
        analyse: Callable[[bytes], object],
    ) -> None:
        self._pool = Pool(database_url, "loads", CONNECTIONS, acquire_seconds=5.0, statement_ms=STATEMENT_MS)
        self._sender = StatusSender(telling)
        self._queue = LoadQueue(
            self._pool, self._sender, LoadHooks(BarOrigin.configured(settings), settings.loads.files, analyse)
        )
        names = {JOBS_DATA_LOAD: self._queue.on_message, JOBS_CONTROL: self._queue.on_control_message}
        self._subscriber = Subscriber(redis_url, names, self._on_message)

    @property
    def failed(self) -> int:
        """Loads and messages whose handling failed unexpectedly."""
        return self._queue.failed + self._subscriber.stats.failed

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sender.run())
            tasks.create_task(self._subscriber.run())
            tasks.create_task(self._queue.run())

    async def close(self) -> None:
        with suppress(db.Unavailable, TimeoutError):
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                await self._queue.release()
        await self._pool.close()

    async def _on_message(self, handle: Callable[[bytes], Awaitable[None]], payload: bytes, _arrived_at: float) -> None:
        await handle(payload)
