"""Limits hold for simultaneous hits, for long names, and when Redis is down."""

import asyncio

import pytest
from redis.asyncio import Redis

from app.wire import RedisUnavailable
from app.wire.users.rate_limits import RateLimiter
from tests.wire.conftest import Server


async def test_hits_up_to_the_limit_pass_and_the_rest_must_wait(redis_url: str) -> None:
    limits = RateLimiter(redis_url)

    waits = [await limits.hit("login", "alice", "3/minute") for _ in range(5)]

    assert waits[:3] == [None] * 3
    assert all(wait is not None and 0 < wait <= 120 for wait in waits[3:])


async def test_a_hundred_at_once_do_not_slip_through_together(redis_url: str) -> None:
    limits = RateLimiter(redis_url)

    waits = await asyncio.gather(*(limits.hit("login", "alice", "5/5minute") for _ in range(100)))

    assert waits.count(None) == 5


async def test_scopes_and_keys_do_not_share_a_count(redis_url: str) -> None:
    limits = RateLimiter(redis_url)

    waits = [
        await limits.hit(scope, key, "1/minute")
        for scope, key in [("login", "a/b"), ("login/a", "b"), ("login", "a"), ("view", "a/b"), ("login", "\ud800")]
    ]

    assert waits == [None] * 5


async def test_a_long_key_creates_no_long_redis_key(redis_url: str, client: Redis) -> None:
    await RateLimiter(redis_url).hit("login", "x" * 100_000, "3/minute")

    keys = [key async for key in client.scan_iter()]

    assert keys
    assert all(key.startswith(b"ts:rl") and len(key) < 200 for key in keys)


async def test_an_unreachable_redis_raises_unavailable(server: Server) -> None:
    limits = RateLimiter(server.url)
    await limits.hit("login", "alice", "3/minute")
    server.kill()

    with pytest.raises(RedisUnavailable):
        await limits.hit("login", "alice", "3/minute")

    server.start()
    assert await limits.hit("login", "bob", "3/minute") is None


async def test_hits_in_one_event_loop_iteration_share_one_connection(redis_url: str, client: Redis) -> None:
    limits = RateLimiter(redis_url)
    await limits.hit("login", "alice", "9/minute")
    connections = await _connections(client)

    waits = await asyncio.gather(*(limits.hit("login", name, "2/minute") for name in ("bob", "carol", "bob", "bob")))

    assert [wait is None for wait in waits] == [True, True, True, False]
    assert await _connections(client) == connections


async def test_hits_count_when_redis_has_lost_its_scripts(redis_url: str, client: Redis) -> None:
    limits = RateLimiter(redis_url)
    await limits.hit("login", "alice", "9/minute")
    await client.script_flush()

    waits = await asyncio.gather(*(limits.hit("login", "bob", "1/minute") for _ in range(3)))

    assert waits[0] is None
    assert None not in waits[1:]


async def test_an_unreadable_count_fails_only_its_own_hit(redis_url: str, client: Redis) -> None:
    limits = RateLimiter(redis_url)
    await limits.hit("login", "alice", "9/minute")
    key = next(key for key in await client.keys("ts:rl*"))
    await client.delete(key)
    await client.rpush(key, "no number")

    replies = await asyncio.gather(
        *(limits.hit("login", name, "9/minute") for name in ("bob", "alice")), return_exceptions=True
    )

    assert replies[0] is None
    assert isinstance(replies[1], RedisUnavailable)


async def _connections(client: Redis) -> int:
    return int((await client.info("stats"))["total_connections_received"])
