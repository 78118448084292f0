"""The second tier of the cache, in Redis: a newer version of any of its tags invalidates an entry."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from redis.asyncio import Redis

from app.wire import lua
from app.wire.channels import CACHE_PREFIX, INTERNAL_CHANNEL
from app.wire.client import RedisUnavailable, reachable

LARGEST = 1024 * 1024
LONGEST_SECONDS = 86_400.0
VERSION_SECONDS = 2 * 86_400
"""Longer than any entry, so that a version that is missing cannot match an entry from before."""

WITHIN_SECONDS = 0.25
PAUSE_SECONDS = 1.0
"""How long Redis is left alone after it did not answer."""

_GET = lua.read(__file__, "get")
_PUT = lua.read(__file__, "put")
_DROP = lua.read(__file__, "drop")


class SharedEntry(NamedTuple):
    versions: bytes
    """Of all tags before anything is loaded; what is put back must carry them."""
    value: bytes | None
    seconds: float
    """Left to live."""


class SharedCache:
    def __init__(self, client: Redis) -> None:
        self._get = client.register_script(_GET)
        self._put = client.register_script(_PUT)
        self._drop = client.register_script(_DROP)
        self._paused_until = 0.0
        self.away = 0
        """How often Redis did not answer in time."""

    async def get(self, key: str, tags: Sequence[str]) -> SharedEntry | None:
        """None where Redis is away."""
        answer = await self._call(lambda: self._get(keys=(_entry(key), *map(_version, tags))))
        if answer is None:
            return None
        versions, value, milliseconds = answer
        left = int(milliseconds) / 1000
        return SharedEntry(versions, value if left > 0 else None, left)

    async def put(self, key: str, entry: SharedEntry, value: bytes, seconds: float) -> None:
        milliseconds = int(min(seconds, LONGEST_SECONDS) * 1000)
        if len(value) <= LARGEST and milliseconds > 0:
            arguments = (entry.versions, value, milliseconds)
            await self._call(lambda: self._put(keys=(_entry(key),), args=arguments))

    async def drop(self, tags: Iterable[str], notice: bytes) -> None:
        """And tells all processes, in one step. Raises RedisUnavailable."""
        with reachable():
            async with asyncio.timeout(PAUSE_SECONDS):
                await self._drop(keys=[*map(_version, tags)], args=(VERSION_SECONDS, INTERNAL_CHANNEL, notice))

    async def _call(self, command: Callable[[], Awaitable[Any]]) -> Any:
        if time.monotonic() < self._paused_until:
            return None
        try:
            with reachable():
                async with asyncio.timeout(WITHIN_SECONDS):
                    return await command()
        except RedisUnavailable:
            self.away += 1
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            return None


def _entry(key: str) -> str:
    return f"{CACHE_PREFIX}entry:{_digest(key)}"


def _version(tag: str) -> str:
    return f"{CACHE_PREFIX}version:{_digest(tag)}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
