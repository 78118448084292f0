"""A cache of two tiers, this process' memory over Redis: one load per key at a time, dropped by tag everywhere."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable
from itertools import accumulate
from typing import NamedTuple

from redis.asyncio import Redis

from app.wire.cache.invalidation import CacheDropped, decode, encode
from app.wire.cache.memory import MemoryCache
from app.wire.cache.shared import SharedCache, SharedEntry
from app.wire.channels import INTERNAL_CHANNEL
from app.wire.client import RedisUnavailable
from app.wire.pubsub.channel_listener import ChannelListener
from app.wire.pubsub.connection import heed_cancellation

logger = logging.getLogger(__name__)

MAX_ENTRIES = 5000
MAX_BYTES = 32 * 1024 * 1024
MOST_UNTOLD = 500

LOAD_SECONDS = 30.0
UNHEARD_SECONDS = 10.0
"""How long memory trusts itself while nobody could tell it that something changed."""

FLUSH_SECONDS = 0.25

ALL = "*"
"""The tag of every entry."""


class Tier(NamedTuple):
    hits: int
    misses: int

    @property
    def rate(self) -> float | None:
        """Hits of all questions, 0 to 1."""
        lookups = self.hits + self.misses
        return self.hits / lookups if lookups else None


class CacheStats(NamedTuple):
    memory: Tier
    redis: Tier
    """Asked only for what memory did not know."""
    entries: int
    bytes: int
    away: int
    """How often Redis did not answer in time."""


class _Loading:
    def __init__(self, tags: tuple[str, ...]) -> None:
        self.tags = tags
        self.outdated = False
        self.task: asyncio.Task[bytes] | None = None


class Cache:
    """Keys are words with colons between; each beginning of a key is a tag of it, so that "patterns" drops
    "patterns:scan:17". Values are bytes. Without Redis the first tier goes on alone."""

    def __init__(self, client: Redis, url: str, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._memory = MemoryCache(max_entries, max_bytes)
        self._shared = SharedCache(client)
        self._notices = ChannelListener(url, INTERNAL_CHANNEL, decode, self._on_dropped, self._memory.clear)
        self._name = secrets.token_hex(8)
        self._loading: dict[str, _Loading] = {}
        self._pending_tags: set[str] = set()
        self._sending_tags: frozenset[str] = frozenset()
        self._send_lock = asyncio.Lock()
        self._memory_hits = self._memory_misses = 0
        self._redis_hits = self._redis_misses = 0

    @property
    def stats(self) -> CacheStats:
        return CacheStats(
            Tier(self._memory_hits, self._memory_misses),
            Tier(self._redis_hits, self._redis_misses),
            len(self._memory),
            self._memory.bytes,
            self._shared.away,
        )

    async def get(
        self, key: str, seconds: float, load: Callable[[], Awaitable[bytes]], tags: Iterable[str] = ()
    ) -> bytes:
        """The value, at most `seconds` old; one key always has the same tags. Whoever asks while it is loaded waits
        for that; what `load` raises reaches all who wait, and is not kept."""
        value = self._memory.get(key)
        if value is not None:
            self._memory_hits += 1
            return value
        self._memory_misses += 1
        loading = self._loading.get(key)
        if loading is None:
            loading = self._loading[key] = _Loading((ALL, *accumulate(key.split(":"), "{}:{}".format), *tags))
            loading.task = asyncio.create_task(self._fetch(key, seconds, load, loading))
            loading.task.add_done_callback(_heed)
        assert loading.task
        # Shielded: a browser that left must not take the value from those who still wait.
        return await asyncio.shield(loading.task)

    def drop(self, tags: Iterable[str]) -> None:
        """Here at once; everywhere within a moment."""
        tags = set(tags)
        self._drop(tags)
        self._pending_tags |= tags
        if len(self._pending_tags) > MOST_UNTOLD:
            self._pending_tags = {ALL}

    async def invalidate(self, *tags: str) -> bool:
        """Whether everybody was told; if not, they are as soon as Redis is back."""
        self.drop(tags)
        try:
            await self._send_pending()
        except RedisUnavailable:
            return False
        return True

    async def listen(self) -> None:
        """To what other processes drop: beside `keep_telling`, for as long as the cache is used."""
        await self._notices.run()

    async def send_drops(self) -> None:
        while True:
            heed_cancellation()
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self._send_pending()
            except RedisUnavailable:
                continue

    async def _fetch(self, key: str, seconds: float, load: Callable[[], Awaitable[bytes]], loading: _Loading) -> bytes:
        try:
            entry = await self._find(key, loading)
            if entry and entry.value is not None:
                self._remember(key, entry.value, min(seconds, entry.seconds), loading)
                return entry.value
            async with asyncio.timeout(LOAD_SECONDS):
                value = await load()
            self._remember(key, value, seconds, loading)
        finally:
            if self._loading.get(key) is loading:
                del self._loading[key]
        if entry and not loading.outdated:
            await self._shared.put(key, entry, value, seconds)
        return value

    async def _find(self, key: str, loading: _Loading) -> SharedEntry | None:
        if self._outdated(loading.tags):
            # Redis does not know yet that what it holds is out of date.
            return None
        entry = await self._shared.get(key, loading.tags)
        if entry and entry.value is not None and not loading.outdated:
            self._redis_hits += 1
            return entry
        self._redis_misses += 1
        return entry._replace(value=None) if entry else None

    def _outdated(self, tags: Iterable[str]) -> bool:
        unknown = self._pending_tags | self._sending_tags
        return ALL in unknown or not unknown.isdisjoint(tags)

    def _remember(self, key: str, value: bytes, seconds: float, loading: _Loading) -> None:
        if loading.outdated:
            return
        if not self._notices.connected:
            seconds = min(seconds, UNHEARD_SECONDS)
        self._memory.put(key, value, frozenset(loading.tags), seconds)

    def _on_dropped(self, notice: CacheDropped) -> None:
        if notice.sender != self._name:
            self._drop(set(notice.tags))

    def _drop(self, tags: set[str]) -> None:
        self._memory.drop(tags)
        for key, loading in list(self._loading.items()):
            if not tags.isdisjoint(loading.tags):
                # Those who wait get what they asked for; whoever asks from now on gets what is true from now on.
                loading.outdated = True
                del self._loading[key]

    async def _send_pending(self) -> None:
        async with self._send_lock:
            if not self._pending_tags:
                return
            # Swapped: what is dropped again while Redis is being told must be told again.
            telling, self._pending_tags = frozenset(self._pending_tags), set()
            self._sending_tags = telling
            try:
                await self._shared.drop(telling, encode(CacheDropped(self._name, tuple(sorted(telling)))))
            except BaseException:
                self._pending_tags |= telling
                raise
            finally:
                self._sending_tags = frozenset()


def _heed(task: asyncio.Task[bytes]) -> None:
    """Where everybody who waited has left, nobody else looks at what went wrong."""
    if not task.cancelled() and (error := task.exception()):
        logger.debug("not loaded: %s", type(error).__name__)
