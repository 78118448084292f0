"""Values of the newest detections of symbols, for the columns of scans and lists."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from app.db.analysis_tables import HORIZONS
from app.db.pools import Pools
from app.patterns.newest import queries
from app.patterns.newest.queries import NewestDetection
from app.patterns.statistics.outcomes import PatternOutcomes
from app.patterns.statistics.table import statistics
from app.scans.columns import CellValue, DetectionValue, Source
from app.wire.cache.cache import Cache

WAIT_SECONDS = 0.5
"""For statistics that are being counted; the count goes on without the page."""
HORIZON = HORIZONS.index(5)

DetectionValues = Mapping[Source, CellValue]
"""Of every DetectionValue."""
NOTHING: DetectionValues = dict.fromkeys(DetectionValue)


async def newest_patterns(ends: Mapping[str, float], pools: Pools, cache: Cache) -> dict[str, DetectionValues]:
    """By symbol, of those that have a detection. `ends`: of the newest bar of each symbol, UTC epoch seconds. Raises
    Unavailable."""
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        detections = [(one, ends[one.symbol]) for one in await queries.newest(connection, shape, list(ends))]
        ages = await queries.ages(connection, shape, detections) if detections else []
    outcomes = await outcomes_by_name(pools, cache) if detections else {}
    return {
        one.symbol: _values(one, age, outcomes.get((one.pattern, one.timeframe, one.direction)))
        for (one, _), age in zip(detections, ages, strict=True)
    }


async def outcomes_by_name(pools: Pools, cache: Cache) -> dict[tuple[str, str, str], PatternOutcomes]:
    """By pattern, timeframe and direction; nothing while they are being counted. Raises Unavailable."""
    with suppress(TimeoutError):
        async with asyncio.timeout(WAIT_SECONDS):
            return {each.name: each for each in (await statistics(pools, cache)).outcomes}
    return {}


def _values(one: NewestDetection, age: float | None, outcomes: PatternOutcomes | None) -> DetectionValues:
    hit_rate = outcomes.hit_rate(HORIZON) if outcomes else None
    mean = outcomes.returns[HORIZON].mean if outcomes else None
    return {
        DetectionValue.PATTERN: one.pattern,
        DetectionValue.TIER: one.tier,
        DetectionValue.CONFIDENCE: one.confidence,
        DetectionValue.AGE: age,
        DetectionValue.HIT_RATE: None if hit_rate is None else 100 * hit_rate,
        DetectionValue.MEAN_RETURN: None if mean is None else 100 * mean,
        DetectionValue.CASES: float(outcomes.returns[HORIZON].cases) if outcomes else None,
    }
