"""An engine that detects patterns one by one: each is stored first, then published."""

import asyncio
import time

import asyncpg
from redis.asyncio import Redis

from app import wire
from app.wire.channels import Channels
from app.wire.events.event import ErrorReported, PatternDetected
from app.wire.pubsub.publisher import Publisher
from bench.checker.log_record import LogRecord, Publication
from bench.checker.page_events import market_time
from tests.support.stored_bars import PatternRow, store_patterns

UNSHOWN_EVERY = 20
"""Every so many patterns an error is reported: an entry of the log that no feed shows."""


class Engine:
    def __init__(self, redis: Redis, database: str, record: LogRecord, per_second: float) -> None:
        self._publisher = Publisher(redis, Channels())
        self._database = database
        self._record = record
        self._per_second = per_second
        self.over = False
        self._number = 0
        self._one = asyncio.Lock()

    async def run(self) -> None:
        while not self.over:
            await self.find(1)
            await asyncio.sleep(1 / self._per_second)

    async def find(self, count: int) -> int:
        """Returns the number of the last detected pattern."""
        async with self._one:
            numbers = range(self._number, self._number + count)
            self._number += count
            await self._store(numbers)
            for number in numbers:
                await self._publish(number)
            return numbers[-1]

    async def _store(self, numbers: range) -> None:
        patterns = [PatternRow("AAPL", "Doji", market_time(number)) for number in numbers]
        while True:
            try:
                return await store_patterns(self._database, "1min", patterns)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.2)

    async def _publish(self, number: int) -> None:
        at = time.monotonic()
        event = PatternDetected(
            symbol="AAPL", pattern="Doji", timeframe="1min", direction="bullish", confidence=0.8, at=market_time(number)
        )
        try:
            subscribers = await self._publisher.publish(event)
            if number % UNSHOWN_EVERY == UNSHOWN_EVERY - 1:
                await self._publisher.publish(self._error(number))
        except wire.RedisUnavailable:
            subscribers = None
        self._record.published[number] = Publication(at, subscribers)

    def _error(self, number: int) -> ErrorReported:
        return ErrorReported(
            error_id=f"checker-{number}", message=f"{number}", source="checker", severity="error", at=time.time()
        )
