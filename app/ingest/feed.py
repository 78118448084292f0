"""From a provider's beats to Redis: ticks, newest quotes, market clock, and the place to go on from."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TypeVar

from app import wire
from app.finance.clock import State
from app.ingest.day import Day
from app.ingest.provider import Beat, Provider
from app.wire.backoff import Backoff
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.pubsub.publisher import Publisher
from app.wire.state import feed_position, market_clock
from app.wire.state.newest_quotes import NewestQuotes
from app.wire.ticks.retention import Retention

logger = logging.getLogger(__name__)

ANNOUNCE_SECONDS = 1.0
NEWEST_SECONDS = 0.5

T = TypeVar("T")


class Feed:
    def __init__(
        self,
        provider: Provider,
        redis_url: str,
        channels: Channels,
        also_to: Sequence[str],
        retention: Retention | None = None,
    ) -> None:
        """Every tick goes to its own channel, to those in `also_to`, and into the stream that keeps the newest."""
        self._provider = provider
        self._client = connect(redis_url)
        self._publisher = Publisher(self._client, channels, retention)
        self._also_to = tuple(also_to)
        self._newest = NewestQuotes(self._client)
        self._day = Day(provider.previous_close)
        self._began = time.time()
        self._announced: tuple[State, float] = ("starting", 0.0)
        self._quoted = 0.0
        self._away = False

    async def run(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Until `stop` is set: then the beat in hand is finished first."""
        bookmark = await self._insist(partial(feed_position.load, self._client, self._provider.name))
        so_far = self._provider.so_far(bookmark)
        if so_far is None:
            self._day.seed((await self._insist(self._newest.all)).values())
        else:
            self._day.add(so_far)
        ready()
        async with aclosing(self._provider.beats(bookmark)) as beats:
            async for beat in beats:
                await self._take(beat)
                if stop.is_set():
                    return

    async def close(self) -> None:
        await self._client.aclose()

    async def _take(self, beat: Beat) -> None:
        for error in beat.errors:
            await self._insist(partial(self._publisher.publish, error))
        if beat.ticks:
            mark = feed_position.key(self._provider.name), beat.bookmark
            await self._insist(partial(self._publisher.publish_and_set, beat.ticks, self._also_to, *mark))
            self._day.add(beat.ticks)
        await self._tell(beat)

    async def _tell(self, beat: Beat) -> None:
        """Quotes go before the clock: who sees a session closed finds its last prices there."""
        state, at = self._announced
        now = time.monotonic()
        changed = beat.clock.state != state
        if changed or now - self._quoted >= NEWEST_SECONDS:
            quotes = self._day.take(time.time())
            await self._insist(partial(self._newest.put, quotes))
            self._quoted = now
        if changed or now - at >= ANNOUNCE_SECONDS:
            await self._insist(partial(market_clock.announce, self._client, beat.clock._replace(began=self._began)))
            self._announced = (beat.clock.state, now)
        if changed:
            logger.info("market %s, session %s", beat.clock.state, beat.clock.session)

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Redis being away stops the market, not the process."""
        backoff = Backoff()
        while True:
            try:
                answer = await call()
            except wire.Unavailable as error:
                if not self._away:
                    logger.warning("redis away, the feed waits: %s", error)
                self._away = True
                await backoff.wait()
            else:
                if self._away:
                    logger.info("redis is back, the feed goes on")
                self._away = False
                return answer
