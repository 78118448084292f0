"""Publishes the engine's heartbeat and health, and logs what was lost."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from app import wire
from app.engine.monitoring.metrics import EngineMetrics
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import EngineHealth
from app.wire.pubsub.publisher import Publisher
from app.wire.state import heartbeat

logger = logging.getLogger(__name__)

LOG_SECONDS = 60.0


class Health(NamedTuple):
    status: str
    symbols: int
    bars: int
    patterns: int
    lost: Mapping[str, int]
    """Counts by reason since the start."""
    behind: float = 0.0
    """Seconds that the oldest bar or event has waited to be analysed, stored and published."""
    waiting: int = 0
    """Rows and events to be stored or published."""
    slow_part: str = ""


class Heartbeat:
    def __init__(
        self, redis_url: str, channels: Channels, health: Callable[[], Health], metrics: EngineMetrics, seconds: float
    ) -> None:
        self._client = connect(redis_url)
        self._publisher = Publisher(self._client, channels)
        self._health = health
        self._metrics = metrics
        self._seconds = seconds
        self._logged_at = 0.0
        self._logged_losses: Mapping[str, int] = {}

    async def run(self) -> None:
        while True:
            health = self._health()
            self._log_losses(health.lost)
            try:
                await heartbeat.beat(self._client, time.time())
                await self._publisher.publish(self._event(health))
                await self._publisher.publish_all(self._metrics.events(time.monotonic(), time.time()))
            except wire.RedisUnavailable as error:
                logger.warning("Redis is unavailable, no heartbeat was sent: %s", error)
            await asyncio.sleep(self._seconds)

    async def close(self) -> None:
        await self._client.aclose()

    def _event(self, health: Health) -> EngineHealth:
        return EngineHealth(
            at=time.time(),
            source="TickStockPL",
            status=health.status,
            interval=self._seconds,
            active_symbols=health.symbols,
            bars=health.bars,
            patterns=health.patterns,
            behind_seconds=round(health.behind, 1),
            waiting=health.waiting,
            slow_part=health.slow_part,
        )

    def _log_losses(self, lost: Mapping[str, int]) -> None:
        """Logs the counts when they changed, at most every LOG_SECONDS."""
        now = time.monotonic()
        if lost == self._logged_losses or not any(lost.values()) or now - self._logged_at < LOG_SECONDS:
            return
        self._logged_at, self._logged_losses = now, lost
        logger.warning("lost so far: %s", ", ".join(f"{count} {reason}" for reason, count in lost.items() if count))
