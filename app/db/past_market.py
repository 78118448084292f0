"""What rules are evaluated on at a moment in the past: stored bars that had closed, and what is known of symbols."""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.db import corporate_actions, market, stored_bars, symbol_facts
from app.db.errors import Unavailable
from app.db.market import MarketShape
from app.db.pools import Pool
from app.finance import columns, matrix
from app.finance.bars import Timeframe
from app.finance.columns import Columns
from app.finance.matrix import BarMatrix
from app.finance.shares import Splits
from app.rules.catalogue import TIMEFRAMES
from app.rules.market_bars import MarketSnapshot
from app.rules.past_matching import PastMarket, PastNeeds

AT_ONCE = 250
"""Symbols of one statement."""
LINKS = 2
"""Connections that read at the same time."""
MOST_SHORT_BARS = 4_000
"""Minutes, of which longer bars are made, or days."""
PARTS: Mapping[Timeframe, tuple[Timeframe, int]] = {
    "5min": ("1min", 5),
    "15min": ("1min", 15),
    "30min": ("1min", 30),
    "hourly": ("1min", 60),
    "weekly": ("daily", 5),
    "monthly": ("daily", 23),
}
"""What each timeframe is made of where it is not stored, and of how many bars."""


class BarSource(NamedTuple):
    """`timeframe`: of the stored bars; `bars`: how many of a symbol."""

    timeframe: Timeframe
    bars: int


async def read(pool: Pool, needs: PastNeeds, at: float) -> PastMarket | None:
    """`at`: UTC epoch seconds. Facts, members and active symbols are those of today. None while the database is
    away."""
    try:
        return await _read(pool, needs, at)
    except Unavailable:
        return None


async def _read(pool: Pool, needs: PastNeeds, at: float) -> PastMarket:
    async with pool.acquire() as connection:
        shape = await market.inspect(connection)
        names = await stored_bars.symbols(connection, shape)
        facts = await symbol_facts.facts(connection, shape)
        splits = await corporate_actions.every_split(connection)
        detections = await symbol_facts.detections(connection, shape, at) if needs.detections else []
    matrices: dict[Timeframe, BarMatrix] = {}
    for prefix, count in needs.bars.items():
        timeframe = TIMEFRAMES[prefix]
        if source := bar_source(shape, timeframe, count):
            parts = await _read_parts(pool, shape, source, list(portions(names)), at)
            bars = await asyncio.to_thread(_matrix, parts, timeframe, count, at, splits)
            if bars:
                matrices[timeframe] = bars
    return PastMarket(MarketSnapshot(matrices, facts.words, facts.caps, detections, at), facts.inactive)


async def _read_parts(
    pool: Pool, shape: MarketShape, source: BarSource, portions: Sequence[list[str]], at: float
) -> list[Columns]:
    async def read_share(first: int) -> list[Columns]:
        return [await read_part(pool, shape, source, names, at) for names in portions[first::LINKS]]

    return [part for share in await asyncio.gather(*map(read_share, range(LINKS))) for part in share]


async def read_part(
    pool: Pool, shape: MarketShape, source: BarSource, names: list[str], at: float = math.inf
) -> Columns:
    """Raises Unavailable."""
    async with pool.acquire() as connection:
        return await stored_bars.newest(connection, shape, source.timeframe, names, source.bars, at)


def bar_source(shape: MarketShape, timeframe: Timeframe, count: int) -> BarSource | None:
    """What `count` bars are made of; None without stored bars."""
    if shape.bars(timeframe):
        return BarSource(timeframe, count)
    part, length = PARTS.get(timeframe, (timeframe, 1))
    # One more, for the first one may be cut.
    return BarSource(part, min((count + 1) * length, MOST_SHORT_BARS)) if shape.bars(part) else None


def portions(names: list[str]) -> Iterable[list[str]]:
    return (names[first : first + AT_ONCE] for first in range(0, len(names), AT_ONCE))


def _matrix(parts: list[Columns], timeframe: Timeframe, count: int, at: float, splits: Splits) -> BarMatrix | None:
    """None without bars."""
    bars = _joined([part for part in parts if part.symbols])
    if bars is None:
        return None
    if bars.timeframe != timeframe:
        bars = stored_bars.ended(columns.merge(bars, timeframe, splits), at)
    return matrix.from_columns(bars, count, splits) if bars.symbols else None


def _joined(parts: list[Columns]) -> Columns | None:
    if not parts:
        return None
    lengths = np.cumsum([0, *(part.values.shape[1] for part in parts)])[:-1]
    firsts = np.concatenate([part.firsts + length for part, length in zip(parts, lengths.tolist(), strict=True)])
    values = np.concatenate([part.values for part in parts], axis=1)
    return Columns(parts[0].timeframe, [symbol for part in parts for symbol in part.symbols], firsts, values)
