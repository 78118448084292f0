"""A circuit breaker: keeps requests from waiting for a Redis that accepts connections and does not reply."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionRefused
from redis.exceptions import TimeoutError as TimedOut

T = TypeVar("T")

REQUEST_SECONDS = 0.8
"""How long one request waits for Redis; with what else it takes, its answer comes within 1.5 seconds."""

REST_SECONDS = 1.0


class RedisBreaker:
    """Opened by a command that is not answered in time. Then all are refused at once, but for one after each rest."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._resting_until: float | None = None

    @property
    def open(self) -> bool:
        return self._resting_until is not None

    def admit(self) -> None:
        """Raises redis' ConnectionError while Redis is not to be asked."""
        if self._resting_until is None:
            return
        if self._clock() < self._resting_until:
            raise ConnectionRefused("not asked again yet")
        self._resting_until = self._clock() + REQUEST_SECONDS

    def timed_out(self) -> None:
        self._resting_until = self._clock() + REST_SECONDS

    def answered(self) -> None:
        self._resting_until = None


class RequestPool(BlockingConnectionPool):
    """Connections for requests: to get one and to be answered take REQUEST_SECONDS each at most."""

    def __init__(self, *, breaker: RedisBreaker, **options: Any) -> None:
        super().__init__(**options, retry=NoRetry(breaker))
        self._breaker = breaker

    async def get_connection(self, *_: Any, **__: Any) -> AbstractConnection:
        self._breaker.admit()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                connection: AbstractConnection = await super().get_connection()  # type: ignore[no-untyped-call]
        except TimeoutError:
            self._breaker.timed_out()
            raise TimedOut("no connection in time") from None
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        if connection.is_connected:
            self._breaker.answered()
        await super().release(connection)


class NoRetry(Retry):
    """Tells the breaker of commands that were not answered in time. One that was cancelled says nothing of Redis."""

    def __init__(self, breaker: RedisBreaker) -> None:
        super().__init__(NoBackoff(), 0)
        self._breaker = breaker

    def __deepcopy__(self, _: dict[int, Any]) -> "NoRetry":
        return self

    async def call_with_retry(self, do: Callable[[], Awaitable[T]], *args: Any, **options: Any) -> T:
        try:
            return await super().call_with_retry(do, *args, **options)
        except TimedOut:
            self._breaker.timed_out()
            raise
