"""Reads the newest bars of many symbols in one statement, as columns."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from asyncpg import Connection

from app.engine.storage.bars import TABLES
from app.finance.bars import Timeframe
from app.finance.columns import Columns, gather

# Reads the end of each symbol's index; COPY makes no Python object of a value.
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

HEADER = 19
"""Bytes before the first row: signature, flags and the length of an unused extension."""
TRAILER = 2

ROW = np.dtype(
    [
        ("fields", ">i2"),
        *[("place_length", ">i4"), ("place", ">i4")],
        *[part for at in range(6) for part in ((f"length{at}", ">i4"), (f"value{at}", ">f8"))],
    ]
)
"""A row of COPY without nulls: each value follows its length."""


async def columns(connection: Connection, symbols: Sequence[str], timeframe: Timeframe, count: int) -> Columns:
    """The newest `count` bars of each symbol, of a stored timeframe; prices and volumes as float64."""
    copied = BytesIO()

    async def take(some: bytes) -> None:
        copied.write(some)

    text = NEWEST.format(**TABLES[timeframe])
    await connection.copy_from_query(text, list(symbols), count, output=take, format="binary")
    rows = np.frombuffer(copied.getbuffer()[HEADER:-TRAILER], dtype=ROW)
    values = [rows[f"value{at}"].astype(np.float64) for at in range(6)]
    unknown = np.full(len(rows), np.nan)
    return gather(timeframe, symbols, rows["place"].astype(np.int64) - 1, np.array([*values, unknown]))
