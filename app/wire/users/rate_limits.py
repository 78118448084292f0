"""Rate limits in Redis: a hit counts before its request is handled, so concurrent ones cannot exceed a limit."""

import time
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import limits
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.wire.breaker import RedisBreaker
from app.wire.channels import LIMITS_PREFIX
from app.wire.client import reachable, request_pool
from app.wire.coalesced_script import CoalescedScript


class RateLimiter:
    def __init__(self, url: str, breaker: RedisBreaker | None = None) -> None:
        """`breaker`: the one that is shared with all else that requests wait for."""
        storage = RedisStorage(
            _address(url),
            implementation="redispy",
            key_prefix=LIMITS_PREFIX,
            connection_pool=request_pool(url, breaker or RedisBreaker()),  # type: ignore[arg-type]
        )
        bridge: Any = storage.bridge
        client = bridge.get_connection()
        bridge.lua_acquire_sliding_window = CoalescedScript(client, bridge.SCRIPT_ACQUIRE_SLIDING_WINDOW.decode())
        bridge.lua_sliding_window = CoalescedScript(client, bridge.SCRIPT_SLIDING_WINDOW.decode())
        # Of the three strategies the only one that goes by Redis' clock alone.
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    async def hit(self, scope: str, key: str, limit: str) -> float | None:
        """Counts one for `key` in `scope` against a limit like "10/5minute".

        None when it is allowed, otherwise the seconds to wait. Hits of one turn of the event loop share a round trip.
        """
        item = _parse(limit)
        # Hashed: keys join their parts with a slash, and strangers choose how long theirs are.
        hashed = blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
        with reachable():
            if await self._limiter.hit(item, scope, hashed):
                return None
            window = await self._limiter.get_window_stats(item, scope, hashed)
        return max(1.0, float(window.reset_time) - time.time())


@lru_cache(maxsize=64)
def _parse(limit: str) -> limits.RateLimitItem:
    return limits.parse(limit)


def _address(url: str) -> str:
    return "async+redis+" + url if url.startswith("unix://") else "async+" + url
