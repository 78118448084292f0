"""Looks at everything that this process depends on; asked once a second."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app import wire
from app.db.pools import Pools
from app.finance.clock import MarketClock
from app.health.snapshot import LATE_BEATS, HealthSnapshot
from app.live.hub import Hub
from app.pipeline.receiver import Receiver
from app.wire import client
from app.wire.channels import JOBS_BACKTEST, JOBS_PROCESSING
from app.wire.events.event import EngineHealth
from app.wire.jobs import job
from app.wire.pubsub.subscriber import SubscriberStats
from app.wire.state import heartbeat
from app.wire.state import market_clock as state_market_clock

T = TypeVar("T")

WITHIN_SECONDS = 1.0
PRESUMED_INTERVAL = 60.0
"""Seconds between the beats of an engine that does not tell."""


class HealthProbe:
    """`url` is Redis'; a link of its own keeps it from waiting behind requests."""

    def __init__(self, url: str, pools: Pools, link: Callable[[], SubscriberStats], intake: Receiver, hub: Hub) -> None:
        self._redis = client.connect(url)
        self._pools = pools
        self._link = link
        self._intake = intake
        self._hub = hub

    async def snapshot(self) -> HealthSnapshot:
        redis, own, market, beat, receivers = await asyncio.gather(
            client.ping(self._redis, WITHIN_SECONDS),
            _timed(self._pools.own.answers),
            _timed(self._pools.market.answers),
            _in_time(lambda: heartbeat.read(self._redis)),
            _in_time(lambda: job.receivers(self._redis, (JOBS_BACKTEST, JOBS_PROCESSING))),
        )
        now, health, link = time.time(), self._intake.health, self._link()
        late = health is None or now - health.arrived_at > LATE_BEATS * health.interval
        return HealthSnapshot(
            redis=redis,
            redis_lost_age=_age(now, link.lost_at),
            database=own is not None and market is not None,
            database_lost_age=_age(now, self._pools.own.lost_at, self._pools.market.lost_at),
            engine_age=_age(now, beat, health.arrived_at if health else None),
            engine_interval=_interval(health),
            engine_status=health.status if health else "",
            feed_age=_age(now, self._intake.ticked_at),
            job_receivers=max(receivers.values(), default=0) if receivers else 0,
            gaps=link.gaps,
            rejected=self._intake.rejected.total(),
            link_lag=link.lag,
            engine_behind=None if health is None or late else health.behind_seconds,
            engine_waiting=None if health is None or late else health.waiting,
            engine_slow_part=health.slow_part if health else "",
            database_seconds=None if own is None or market is None else max(own, market),
            readers_lagging=self._hub.stats.lagging,
        )

    async def market_clock(self) -> MarketClock | None:
        return await _in_time(lambda: state_market_clock.read(self._redis))

    async def close(self) -> None:
        await client.close(self._redis)


async def _in_time(ask: Callable[[], Awaitable[T]]) -> T | None:
    """None when the answer is that something is away, or when there is none yet. Asked here: who is cancelled before
    its first step leaves nothing behind that nobody waits for."""
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            return await ask()
    except (TimeoutError, wire.RedisUnavailable):
        return None


async def _timed(ask: Callable[[], Awaitable[bool]]) -> float | None:
    """Seconds until it answered; None when it is away, or did not answer in time."""
    began = time.monotonic()
    return time.monotonic() - began if await _in_time(ask) else None


def _age(now: float, *moments: float | None) -> float | None:
    newest = max((moment for moment in moments if moment is not None), default=None)
    return None if newest is None else max(0.0, now - newest)


def _interval(health: EngineHealth | None) -> float:
    return health.interval if health else PRESUMED_INTERVAL
