"""The table of statistics: cached, of one timeframe, in the order that was chosen."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec

from app.db.analysis_tables import HORIZONS
from app.db.pools import Pools
from app.finance.periods import order
from app.patterns.statistics import queries
from app.patterns.statistics.outcomes import PatternOutcomes
from app.wire.cache.cache import Cache

KEY, SECONDS = "statistics:patterns", 600.0


class Statistics(msgspec.Struct, frozen=True):
    """`at`: when they were counted, UTC epoch seconds."""

    at: float
    outcomes: tuple[PatternOutcomes, ...]

    @property
    def timeframes(self) -> list[str]:
        """Shortest first."""
        return sorted({each.timeframe for each in self.outcomes}, key=order)


def _cases(outcomes: PatternOutcomes) -> float | None:
    return outcomes.returns[0].cases


def _hit_rate(horizon: int, outcomes: PatternOutcomes) -> float | None:
    return outcomes.hit_rate(horizon)


def _mean(horizon: int, outcomes: PatternOutcomes) -> float | None:
    return outcomes.returns[horizon].mean


SORTS: Mapping[str, Callable[[PatternOutcomes], float | None] | None] = {
    "pattern": None,
    "cases": _cases,
    **{f"hit_{bars}": partial(_hit_rate, place) for place, bars in enumerate(HORIZONS)},
    **{f"mean_{bars}": partial(_mean, place) for place, bars in enumerate(HORIZONS)},
}
"""By the name in the address. Figures come from the highest down, and missing ones last; names by the alphabet."""


async def statistics(pools: Pools, cache: Cache) -> Statistics:
    """At most ten minutes old. Raises Unavailable."""

    async def load() -> bytes:
        shape = await pools.shape()
        async with pools.market.acquire() as connection:
            outcomes = await queries.outcomes(connection, shape)
        return msgspec.json.encode(Statistics(time.time(), tuple(outcomes)))

    return msgspec.json.decode(await cache.get(KEY, SECONDS, load), type=Statistics)


def rows(outcomes: Sequence[PatternOutcomes], timeframe: str, sort: str) -> list[PatternOutcomes]:
    own = sorted((each for each in outcomes if each.timeframe == timeframe), key=lambda each: each.name)
    key = SORTS[sort]
    if key is None:
        return own
    figures = [(key(each), each) for each in own]
    highest = sorted(((figure, each) for figure, each in figures if figure is not None), key=lambda pair: -pair[0])
    return [each for _, each in highest] + [each for figure, each in figures if figure is None]
