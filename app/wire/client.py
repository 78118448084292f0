"""Connections to Redis, their time-outs, and the exception for a Redis that is unreachable."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Protocol

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app import logs
from app.wire.breaker import REQUEST_SECONDS, RedisBreaker, RequestPool

ANSWER_SECONDS = 5.0
CONNECT_SECONDS = 2.0
CLOSE_SECONDS = 1.0
MAX_CONNECTIONS = 50
NO_DRIVER_INFO = None
"""The users of the processes may not send it, and redis-py would read its metadata for each connection."""


class RedisUnavailable(Exception):
    """Redis is unreachable or does not reply in time."""


def connect(url: str) -> Redis:
    """For requests and answers. Nothing is opened before the first use."""
    return Redis.from_pool(pool(url, ANSWER_SECONDS))


def connect_for_requests(url: str, breaker: RedisBreaker) -> Redis:
    """For what a page, a form or a stream waits for: while Redis hangs, all but one are refused at once."""
    return Redis.from_pool(request_pool(url, breaker))


def connect_blocking(url: str) -> Redis:
    """For pub/sub and blocking reads, which may stay silent for ever: whoever uses it watches over it."""
    return Redis.from_pool(pool(url, None))


def pool(url: str, answer_seconds: float | None) -> BlockingConnectionPool:
    # No silent retry: a PUBLISH sent twice is a tick counted twice. The pool itself replaces links that died unused.
    return BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=CONNECT_SECONDS,
        protocol=2,
        socket_timeout=answer_seconds,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        client_name="tickstock",
        driver_info=NO_DRIVER_INFO,
    )


def request_pool(url: str, breaker: RedisBreaker) -> RequestPool:
    return RequestPool.from_url(
        url,
        breaker=breaker,
        max_connections=MAX_CONNECTIONS,
        timeout=CONNECT_SECONDS,
        protocol=2,
        socket_timeout=REQUEST_SECONDS,
        socket_connect_timeout=REQUEST_SECONDS,
        client_name="tickstock",
        driver_info=NO_DRIVER_INFO,
    )


@contextmanager
def reachable() -> Iterator[None]:
    """What Redis or the way to it refuses becomes RedisUnavailable."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise RedisUnavailable(logs.cause(error)) from error


async def ping(client: Redis, seconds: float = 1.0) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await client.ping()
    except (RedisError, OSError, TimeoutError):
        return False
    return True


class Closing(Protocol):
    def aclose(self) -> Awaitable[None]: ...


async def close(*links: Closing) -> None:
    """A link that hangs also hangs while closing: no more than a second is spent on each."""
    for link in links:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await link.aclose()
        except (RedisError, OSError, TimeoutError):
            continue
