"""Reads and writes outcomes of patterns."""

from collections.abc import Iterable
from datetime import UTC, datetime

from asyncpg import Connection

from app.engine.analysis.outcomes import HORIZONS, PatternOutcome
from app.engine.storage.bars import Statement

COLUMNS = {
    "symbol", "pattern_type", "timeframe", "detection_timestamp", "direction", "price", "return_1", "return_5",
    "return_20",
}  # fmt: skip


INSERT = """
insert into pattern_outcomes as known
       (symbol, pattern_type, timeframe, detection_timestamp, direction, price, return_1, return_5, return_20)
select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::float8[],
                     $7::float8[], $8::float8[], $9::float8[])
on conflict (symbol, pattern_type, timeframe, detection_timestamp) do update
   set return_1 = coalesce(excluded.return_1, known.return_1),
       return_5 = coalesce(excluded.return_5, known.return_5),
       return_20 = coalesce(excluded.return_20, known.return_20),
       evaluated_at = now()
"""


def outcomes_insert(outcomes: Iterable[PatternOutcome]) -> list[Statement]:
    rows = [_row(one) for one in sorted(outcomes, key=lambda one: one.key)]
    return [Statement(INSERT, [*zip(*rows, strict=True)])] if rows else []


async def still_open(connection: Connection, limit: int) -> list[PatternOutcome]:
    """The newest outcomes whose last return is missing."""
    rows = await connection.fetch(
        """
        select symbol, pattern_type, timeframe, extract(epoch from detection_timestamp)::float8, direction,
               price::float8
          from pattern_outcomes
         where return_20 is null
         order by detection_timestamp desc
         limit $1
        """,
        limit,
    )
    return [PatternOutcome(*row) for row in rows]


def _row(one: PatternOutcome) -> tuple[object, ...]:
    at = datetime.fromtimestamp(one.at, UTC)
    returns = (one.returns.get(bars) for bars in HORIZONS)
    return one.symbol, one.pattern, one.timeframe, at, one.direction, one.price, *returns
