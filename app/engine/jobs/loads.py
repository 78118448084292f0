"""Everything that the engine needs for loads: its own ears, voice and pool, beside the work of the market."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app import db
from app.db.pools import Pool
from app.engine.jobs.load_queue import Loads, Ways
from app.engine.jobs.status_sender import Voice
from app.engine.jobs.worker import Origin
from app.settings.load import Settings
from app.wire.channels import JOBS_CONTROL, JOBS_DATA_LOAD
from app.wire.jobs.reporter import JobReporter
from app.wire.pubsub.subscriber import Subscriber

CONNECTIONS = 2
STATEMENT_MS = 60_000
GOODBYE_SECONDS = 1.0


class Office:
    """`analyse` is handed a command for the processing of what was loaded."""

    def __init__(
        self,
        settings: Settings,
        redis_url: str,
        database_url: str,
        telling: JobReporter,
        analyse: Callable[[bytes], object],
    ) -> None:
        massive, replay = settings.massive, settings.replay
        key = massive.api_key.get_secret_value() if massive.api_key else ""
        origin = Origin(replay.path, replay.history_until, massive.rest_url, key, massive.requests_per_minute)
        self._pool = Pool(database_url, "loads", CONNECTIONS, acquire_seconds=5.0, statement_ms=STATEMENT_MS)
        self._voice = Voice(telling)
        self._loads = Loads(self._pool, self._voice, Ways(origin, settings.loads.files, analyse))
        names = {JOBS_DATA_LOAD: self._loads.hear, JOBS_CONTROL: self._loads.hear_control}
        self._subscriber = Subscriber(redis_url, names, self._hear)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._voice.run())
            tasks.create_task(self._subscriber.run())
            tasks.create_task(self._loads.run())

    async def close(self) -> None:
        with suppress(db.Unavailable, TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._loads.leave()
        await self._pool.close()

    async def _hear(self, hear: Callable[[bytes], Awaitable[None]], payload: bytes, _arrived_at: float) -> None:
        await hear(payload)
