"""The correlations of some symbols, computed once for all who look at the same ones."""

import hashlib
from collections.abc import Sequence
from datetime import date

import msgspec
import numpy as np

from app.db import corporate_actions, stored_bars
from app.db.pools import Pools
from app.finance.columns import Columns
from app.market.correlations.matrix import BARS, MOST_SYMBOLS, CorrelationMatrix, correlations
from app.wire.cache.cache import Cache

KEEP_SECONDS = 600.0
NO_BARS = Columns("daily", (), np.zeros(0, dtype=np.int64), np.zeros((7, 0)))


async def matrix(symbols: Sequence[str], session: date | None, pools: Pools, cache: Cache) -> CorrelationMatrix:
    """`session`: the running one, whose beginning makes it anew. Raises Unavailable."""

    async def load() -> bytes:
        return msgspec.json.encode(await _read(symbols, pools))

    digest = hashlib.sha256(",".join(symbols).encode()).hexdigest()[:20]
    encoded = await cache.get(f"bars:correlations:{session}:{digest}", KEEP_SECONDS, load)
    return msgspec.json.decode(encoded, type=CorrelationMatrix)


async def _read(symbols: Sequence[str], pools: Pools) -> CorrelationMatrix:
    shape = await pools.shape()
    if shape.daily_bars is None:
        return correlations(symbols, NO_BARS, {})
    async with pools.market.acquire() as connection:
        splits = await corporate_actions.every_split(connection)
        bars = await stored_bars.newest(connection, shape, "daily", symbols[:MOST_SYMBOLS], BARS)
    return correlations(symbols, bars, splits)
