"""Deletes old detections and adds them to their statistics, in one statement."""

from datetime import datetime

from asyncpg import Connection

from app.engine.analysis.outcomes import HORIZONS

KEEPS = """
select count(*) = 3 and to_regclass('pattern_outcomes') is not null
  from pg_attribute
 where attrelid = to_regclass('pattern_statistics') and not attisdropped
   and attname in ('falls_1', 'falls_5', 'falls_20')
"""

_RETURNS = "".join(
    f", count(return_{bars}), coalesce(sum(return_{bars}), 0),"
    f" count(*) filter (where return_{bars} > 0), count(*) filter (where return_{bars} < 0)"
    for bars in HORIZONS
)
_NAMES = [
    name for bars in HORIZONS for name in (f"outcomes_{bars}", f"return_{bars}_sum", f"rises_{bars}", f"falls_{bars}")
]
_ADDED = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in ("detections", "confidence_sum", *_NAMES))

DELETE = f"""
with old as (
  delete from {{table}}
   where id in (select id from {{table}} where detection_timestamp < $1 order by detection_timestamp limit $2)
  returning symbol, pattern_type, timeframe, detection_timestamp, confidence,
            coalesce(pattern_data ->> 'direction', 'neutral') as direction
), ended as (
  delete from pattern_outcomes as outcome using old
   where (outcome.symbol, outcome.pattern_type, outcome.timeframe, outcome.detection_timestamp)
         = (old.symbol, old.pattern_type, old.timeframe, old.detection_timestamp)
  returning outcome.*
), added as (
  insert into pattern_statistics as kept
         (pattern_type, timeframe, direction, month, detections, confidence_sum, {", ".join(_NAMES)})
  select pattern_type, timeframe, old.direction, date_trunc('month', detection_timestamp at time zone 'UTC')::date,
         count(*), coalesce(sum(confidence), 0){_RETURNS}
    from old left join ended using (symbol, pattern_type, timeframe, detection_timestamp)
   group by 1, 2, 3, 4
   order by 1, 2, 3, 4
  on conflict (pattern_type, timeframe, direction, month) do update set {_ADDED}
)
select count(*) from old
"""  # noqa: S608 - our own names


async def keeps_statistics(connection: Connection) -> bool:
    """Whether the market schema is ours."""
    return bool(await connection.fetchval(KEEPS))


async def delete(connection: Connection, table: str, before: datetime, most: int) -> int:
    """Deletes the oldest detections before that time, with their outcomes; returns their number."""
    return int(await connection.fetchval(DELETE.format(table=table), before, most))
