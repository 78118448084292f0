"""Database queries for the returns after detections, summed up by pattern."""

import math
from collections.abc import Sequence

from asyncpg import Connection, Record

from app.db.analysis_tables import HORIZONS
from app.db.market import MarketShape
from app.patterns.queries import LONGEST_NAME
from app.patterns.statistics.outcomes import PatternOutcomes, ReturnSums
from app.wire.codec.text import clean

AT_ONCE = 10
"""Patterns of one statement: of two million outcomes it reads about a tenth, in less than a second."""

# Steps from one name to the next by the index of (pattern, timeframe).
NAMES = """
with recursive names as (
  (select pattern from {outcomes} as one order by pattern limit 1)
  union all
  select (select pattern from {outcomes} as one where one.pattern > names.pattern order by pattern limit 1)
    from names
   where names.pattern is not null
)
select pattern from names where pattern is not null
"""
SUMS = ", ".join(
    f"count(return_{bars}) as outcomes_{bars}, sum(return_{bars})::float8 as return_{bars}_sum,"
    f" count(*) filter (where return_{bars} > 0) as rises_{bars},"
    f" count(*) filter (where return_{bars} < 0) as falls_{bars}"
    for bars in HORIZONS
)
PAST_SUMS = ", ".join(
    f"sum({name})::{kind} as {name}"
    for bars in HORIZONS
    for name, kind in (
        (f"outcomes_{bars}", "int8"),
        (f"return_{bars}_sum", "float8"),
        (f"rises_{bars}", "int8"),
        (f"falls_{bars}", "int8"),
    )
)


async def outcomes(connection: Connection, shape: MarketShape) -> list[PatternOutcomes]:
    """Of all detections, those that are no longer kept included."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await _current(connection, shape.outcomes) if shape.outcomes else []
        if shape.past_outcomes:
            rows += await connection.fetch(
                f"select pattern, timeframe, direction, {PAST_SUMS} from {shape.past_outcomes} as past group by 1, 2, 3"  # noqa: S608
            )
    by_name: dict[tuple[str, str, str], PatternOutcomes] = {}
    for row in rows:
        read = _outcomes(row)
        earlier = by_name.get(read.name)
        by_name[read.name] = read.merged_with(earlier) if earlier else read
    return list(by_name.values())


async def _current(connection: Connection, source: str) -> list[Record]:
    names = [row["pattern"] for row in await connection.fetch(NAMES.format(outcomes=source))]
    rows: list[Record] = []
    for first in range(0, len(names), AT_ONCE):
        rows += await _of_patterns(connection, source, names[first : first + AT_ONCE])
    return rows


async def _of_patterns(connection: Connection, source: str, names: Sequence[str]) -> list[Record]:
    return await connection.fetch(
        f"select pattern, timeframe, direction, {SUMS} from {source} as one where pattern = any($1::text[])"  # noqa: S608
        " group by 1, 2, 3",
        names,
    )


def _outcomes(row: Record) -> PatternOutcomes:
    pattern, timeframe, direction = (
        clean(row[name] or "", LONGEST_NAME) for name in ("pattern", "timeframe", "direction")
    )
    return PatternOutcomes(pattern, timeframe, direction, tuple(_sums(row, bars) for bars in HORIZONS))


def _sums(row: Record, bars: int) -> ReturnSums:
    """None where a stored return is no number."""
    total = row[f"return_{bars}_sum"] or 0.0
    if not math.isfinite(total):
        return ReturnSums(0, 0.0, 0, 0)
    return ReturnSums(row[f"outcomes_{bars}"], total, row[f"rises_{bars}"], row[f"falls_{bars}"])
