"""Publishes a provider's ticks to Redis, with newest quotes, the market clock and the position of the feed."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TypeVar

from app import wire
from app.finance.clock import State
from app.ingest.day import SessionQuotes
from app.ingest.provider import FeedUpdate, Provider
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
        self._quotes = SessionQuotes(provider.previous_close)
        self._began = time.time()
        self._announced: tuple[State, float] = ("starting", 0.0)
        self._quotes_put_at = 0.0
        self._redis_away = False

    async def run(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Until `stop` is set; the current update is published first."""
        position = await self._retry(partial(feed_position.load, self._client, self._provider.name))
        ticks = self._provider.published_ticks(position)
        if ticks is None:
            self._quotes.seed((await self._retry(self._newest.all)).values())
        else:
            self._quotes.add(ticks)
        ready()
        async with aclosing(self._provider.updates(position)) as updates:
            async for update in updates:
                await self._publish(update)
                if stop.is_set():
                    return

    async def close(self) -> None:
        await self._client.aclose()

    async def _publish(self, update: FeedUpdate) -> None:
        for error in update.errors:
            await self._retry(partial(self._publisher.publish, error))
        if update.ticks:
            key_and_position = feed_position.key(self._provider.name), update.position
            await self._retry(partial(self._publisher.publish_and_set, update.ticks, self._also_to, *key_and_position))
            self._quotes.add(update.ticks)
        await self._announce(update)

    async def _announce(self, update: FeedUpdate) -> None:
        """Quotes go first: whoever sees the clock of a closed session then finds its last prices."""
        state, at = self._announced
        now = time.monotonic()
        changed = update.clock.state != state
        if changed or now - self._quotes_put_at >= NEWEST_SECONDS:
            quotes = self._quotes.changed(time.time())
            await self._retry(partial(self._newest.put, quotes))
            self._quotes_put_at = now
        if changed or now - at >= ANNOUNCE_SECONDS:
            await self._retry(partial(market_clock.announce, self._client, update.clock._replace(began=self._began)))
            self._announced = (update.clock.state, now)
        if changed:
            logger.info("market %s, session %s", update.clock.state, update.clock.session)

    async def _retry(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeats the call until Redis is back, so that an outage does not end the process."""
        backoff = Backoff()
        while True:
            try:
                answer = await call()
            except wire.RedisUnavailable as error:
                if not self._redis_away:
                    logger.warning("Redis is away, the feed waits: %s", error)
                self._redis_away = True
                await backoff.wait()
            else:
                if self._redis_away:
                    logger.info("Redis is back, the feed continues")
                self._redis_away = False
                return answer
