"""Reads the newest bars of many symbols in one statement, as columns."""

from collections.abc import Sequence

from asyncpg import Connection

from app.db.bar_columns import read_columns
from app.engine.storage.bars import TABLES
from app.finance.bars import Timeframe
from app.finance.columns import Columns

# Reads the end of each symbol's index.
NEWEST = """
select place::int4, extract(epoch from start)::float8, open::float8, high::float8, low::float8, close::float8,
       coalesce(volume, 0)::float8
  from unnest($1::text[]) with ordinality as asked (wanted, place)
 cross join lateral (
    select {key} as start, open, high, low, close, volume
      from {table}
     where symbol = wanted and open is not null and high is not null and low is not null and close is not null
     order by {key} desc
     limit $2
 ) as newest
"""


async def columns(connection: Connection, symbols: Sequence[str], timeframe: Timeframe, count: int) -> Columns:
    """The newest `count` bars of each symbol, of a stored timeframe; prices and volumes as float64."""
    text = NEWEST.format(**TABLES[timeframe])
    return await read_columns(connection, timeframe, symbols, text, list(symbols), count)
