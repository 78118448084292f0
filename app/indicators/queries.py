"""Database queries for stored indicator values."""

from asyncpg import Connection

from app.db.market import MarketShape
from app.indicators.board import READINGS_PER_SYMBOL, Reading
from app.wire.codec.text import clean

LONGEST_NAME = 200
"""Characters of a name that is shown."""

CANDIDATES = 3
"""Newest values read per indicator, in case some hold no number."""

# Steps from one name to the next by the index of (symbol, indicator, timeframe, time), so that the number of stored
# values does not matter. Only the newest rows are read.
NEWEST = """
with recursive names as (
  (select indicator, timeframe from {table} as stored where symbol = $1 order by indicator, timeframe limit 1)
  union all
  select following.indicator, following.timeframe
    from names
   cross join lateral (
      select indicator, timeframe
        from {table} as stored
       where symbol = $1 and (indicator, timeframe) > (names.indicator, names.timeframe)
       order by indicator, timeframe
       limit 1
   ) as following
)
select newest.*
  from (select * from names limit $3) as names
 cross join lateral (
    select symbol, indicator, timeframe, value, extract(epoch from at)::float8 as at, signal
      from (select *
              from {table} as stored
             where symbol = $1 and indicator = names.indicator and timeframe = names.timeframe
             order by at desc
             limit $2) as tried
     where value is not null and value not in ('NaN', 'Infinity', '-Infinity')
     order by tried.at desc
     limit 1
 ) as newest
"""


async def newest(connection: Connection, shape: MarketShape, symbol: str) -> list[Reading]:
    """The newest value of each of the symbol's indicators, by timeframe."""
    newest: dict[tuple[str, str], Reading] = {}
    for table in shape.indicators:
        for row in await connection.fetch(NEWEST.format(table=table), symbol, CANDIDATES, READINGS_PER_SYMBOL):
            names = {name: clean(row[name] or "", LONGEST_NAME) for name in ("indicator", "timeframe", "signal")}
            reading = Reading(**{**row, **names})
            key = reading.timeframe, reading.indicator
            if key not in newest or newest[key].at < reading.at:
                newest[key] = reading
    return [newest[key] for key in sorted(newest)[:READINGS_PER_SYMBOL]]
