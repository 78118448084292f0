"""The engine's heartbeat: that it lives, and how it is."""

import asyncio
import logging
import time

from redis.asyncio import Redis

from app import wire
from app.engine.store import Store
from app.engine.tape import Tape
from app.wire import heartbeat
from app.wire.events import EngineHealth
from app.wire.publish import Publisher

logger = logging.getLogger(__name__)


class Pulse:
    def __init__(self, client: Redis, publisher: Publisher, tape: Tape, store: Store, seconds: float) -> None:
        self._client = client
        self._publisher = publisher
        self._tape = tape
        self._store = store
        self._seconds = seconds
        self.started = False

    async def run(self) -> None:
        while True:
            try:
                await heartbeat.beat(self._client, time.time())
                await self._publisher.publish(self._health())
            except wire.Unavailable as error:
                logger.warning("redis away, nobody feels the pulse: %s", error)
            await asyncio.sleep(self._seconds)

    def _health(self) -> EngineHealth:
        return EngineHealth(
            at=time.time(),
            source="TickStockPL",
            status="starting" if not self.started else "degraded" if self._store.behind else "healthy",
            interval=self._seconds,
            active_symbols=self._tape.symbols,
            bars=self._store.bars,
            patterns=self._store.patterns,
        )
