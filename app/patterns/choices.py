"""Patterns and timeframes for the filters: defined by the engine or detected recently."""

import msgspec

from app.db.pools import Pools
from app.patterns import queries
from app.wire.cache.cache import Cache

KEY, SECONDS = "choices:patterns", 60.0


class Choices(msgspec.Struct, frozen=True):
    patterns: tuple[str, ...]
    timeframes: tuple[str, ...]
    """Shortest first; unknown ones of other engines last, by name."""


async def choices(pools: Pools, cache: Cache) -> Choices:
    """At most a minute old. Raises Unavailable."""

    async def load() -> bytes:
        shape = await pools.shape()
        async with pools.market.acquire() as connection:
            names = await queries.names(connection, shape)
        return msgspec.json.encode(Choices(*names))

    return msgspec.json.decode(await cache.get(KEY, SECONDS, load), type=Choices)
