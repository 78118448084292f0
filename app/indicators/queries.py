"""Stored indicator values."""

from asyncpg import Connection

from app.db.market import MarketShape
from app.indicators.board import EACH, Reading

RECENT = 2_000
"""Rows of a symbol in each table among which the newest of each indicator are looked for."""

TRIED = 3
"""Of each indicator, the newest that may turn out to hold no number."""

# What a row holds is read of the few that count: to read the JSON of all takes ten times as long. An aggregate takes
# its rows in the order of the sub-select, so that the first of each array are the newest, without a sort.
NEWEST = """
with recent as (
  select indicator, timeframe, unnest((array_agg(at))[:$3::int]) as at
    from (select indicator, timeframe, at from {table} as stored where symbol = $1 order by at desc limit $2) as rows
   group by indicator, timeframe
)
select distinct on (timeframe, indicator)
       symbol, indicator, timeframe, value, extract(epoch from at)::float8 as at, signal
  from recent join {table} as stored using (indicator, timeframe, at)
 where symbol = $1 and value is not null and value not in ('NaN', 'Infinity', '-Infinity')
 order by timeframe, indicator, at desc
 limit $4
"""


async def newest(connection: Connection, shape: MarketShape, symbol: str) -> list[Reading]:
    """The newest value of each of the symbol's indicators, by timeframe."""
    newest: dict[tuple[str, str], Reading] = {}
    for table in shape.indicators:
        for row in await connection.fetch(NEWEST.format(table=table), symbol, RECENT, TRIED, EACH):
            reading = Reading(**row)
            key = reading.timeframe, reading.indicator
            if key not in newest or newest[key].at < reading.at:
                newest[key] = reading
    return [newest[key] for key in sorted(newest)[:EACH]]
