"""While Redis hangs one command waits for it, and all others are refused at once."""

import asyncio
import signal
import time
from collections.abc import Callable

import pytest
from redis.exceptions import ConnectionError as ConnectionRefused

from app.wire.breaker import REQUEST_SECONDS, REST_SECONDS, RedisBreaker
from app.wire.client import RedisUnavailable, close, connect_for_requests, reachable
from tests.support.waiting import loop_clock
from tests.wire.conftest import Server


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_after_a_time_out_one_command_in_each_pause_is_let_through() -> None:
    clock = Clock()
    breaker = RedisBreaker(clock)
    breaker.admit()
    breaker.timed_out()

    with pytest.raises(ConnectionRefused, match="not asked again yet"):
        breaker.admit()
    clock.now += REST_SECONDS
    breaker.admit()
    with pytest.raises(ConnectionRefused):
        breaker.admit()


def test_an_answer_closes_the_breaker() -> None:
    breaker = RedisBreaker(Clock())
    breaker.timed_out()
    assert breaker.open

    breaker.answered()

    assert not breaker.open
    breaker.admit()


def test_an_abandoned_attempt_is_followed_by_another() -> None:
    clock = Clock()
    breaker = RedisBreaker(clock)
    breaker.timed_out()
    clock.now += REST_SECONDS
    breaker.admit()

    clock.now += REQUEST_SECONDS

    breaker.admit()


async def test_a_hanging_redis_delays_one_command_and_is_used_again_when_it_answers(server: Server) -> None:
    breaker = RedisBreaker()
    client, other = (connect_for_requests(server.url, breaker) for _ in range(2))

    async def seconds(clock: Callable[[], float]) -> float:
        began = clock()
        with pytest.raises(RedisUnavailable), reachable():
            await client.ping()
        return clock() - began

    await client.ping()
    server.child.send(signal.SIGSTOP)
    try:
        async with loop_clock() as clock:
            began = time.monotonic()
            assert await seconds(clock) < REQUEST_SECONDS + 0.4
            assert time.monotonic() - began > REQUEST_SECONDS * 0.9
            assert await seconds(clock) < 0.2
        with pytest.raises(RedisUnavailable), reachable():
            await other.ping()
    finally:
        server.child.send(signal.SIGCONT)
    async with asyncio.timeout(10):
        while breaker.open:
            await asyncio.sleep(0.1)
            try:
                with reachable():
                    await client.ping()
            except RedisUnavailable:
                continue
    assert await other.ping()
    await close(client, other)


async def test_a_cancelled_command_does_not_open_the_breaker(server: Server) -> None:
    """Whoever leaves while a page is made takes nothing from the others."""
    breaker = RedisBreaker()
    client = connect_for_requests(server.url, breaker)
    await client.ping()

    for _ in range(3):
        asking = asyncio.ensure_future(client.blpop(["nothing"], 0.5))
        await asyncio.sleep(0.05)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    assert not breaker.open
    assert await client.ping()
    await close(client)
