"""Database queries for stored bars, including bars made from minutes."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from asyncpg import Connection

from app.db.market import MarketShape
from app.finance.bars import DAY, Timeframe
from app.finance.columns import Columns, gather
from app.finance.panel import Floats
from app.finance.periods import DATED, SECONDS

MADE_OF_MINUTES: Sequence[Timeframe] = ("5min", "15min", "30min")
"""Timeframes without a table, made of minutes on request."""

# A thousand bars as rows take several times as long to send and to read.
BY_COLUMN = """
select string_agg(float8send(date_part('epoch', begins)), ''), string_agg(float8send(open), ''),
       string_agg(float8send(high), ''), string_agg(float8send(low), ''), string_agg(float8send(close), ''),
       string_agg(float8send(coalesce(volume, 0)::float8), '')
  from ({rows}) as rows
"""

SELECT_BARS = """
select {place} as begins, open, high, low, close, volume
  from {bars} as bars
 where symbol = $1 and whole and {place} >= $2 and {place} < $3
 order by {place} desc
 limit $4
"""

# Only by symbol and time, so that an index answers it.
SELECT_OLDEST = """
select at from {minutes} as minutes
 where symbol = $1 and at >= $2 and at < $3
 order by at desc offset $4 limit 1
"""
# The first and last minute of each bar are looked up by time: sorting the prices of each bar takes longer.
SELECT_MERGED = """
with merged as (
  select date_bin(make_interval(secs => $5::int), at, '1970-01-01Z') as begins, min(at) as first, max(at) as last,
         max(high) as high, min(low) as low, sum(volume)::int8 as volume
    from {minutes} as minutes
   where symbol = $1 and whole and at >= $2 and at < $3
   group by 1
   order by 1 desc
   limit $4
)
select begins, opening.open::float8 as open, merged.high::float8 as high, merged.low::float8 as low,
       closing.close::float8 as close, merged.volume
  from merged
 cross join lateral (select open from {minutes} as one where symbol = $1 and at = first and whole limit 1) as opening
 cross join lateral (select close from {minutes} as one where symbol = $1 and at = last and whole limit 1) as closing
"""

EVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""The range in which MarketShape gives bars."""


async def read_bars(
    connection: Connection,
    shape: MarketShape,
    symbol: str,
    timeframe: Timeframe,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> Columns:
    """The newest `limit` bars that begin in [since, until). The number of ticks is unknown."""
    source = shape.exact_minutes if timeframe in MADE_OF_MINUTES else shape.bars(timeframe)
    span = (since or EVER[0], until or EVER[1])
    if source is None:
        return gather(timeframe, [symbol], np.empty(0, np.int64), np.empty((7, 0)))
    if timeframe in MADE_OF_MINUTES:
        seconds = SECONDS[timeframe]
        whole_span = _ceiling(span[0], seconds), _ceiling(span[1], seconds)
        values = await _merge_minutes(connection, source, symbol, whole_span, limit, seconds)
    elif timeframe in DATED:
        # As dates, like the indexed columns: the days whose midnight is at or after the instant.
        days = (_ceiling(at, DAY).date() for at in span)
        values = await _by_column(connection, SELECT_BARS.format(bars=source, place="day"), symbol, *days, limit)
    else:
        values = await _by_column(connection, SELECT_BARS.format(bars=source, place="at"), symbol, *span, limit)
    return gather(timeframe, [symbol], np.zeros(values.shape[1], np.int64), values)


async def _by_column(connection: Connection, rows: str, *values: object) -> Floats:
    """The rows, in any order, as columns in the order of Columns.values."""
    row = await connection.fetchrow(BY_COLUMN.format(rows=rows), *values)
    columns = [np.frombuffer(column or b"", ">f8") for column in row or ()]
    return np.array([*columns, np.full(len(columns[0]), np.nan)])


async def _merge_minutes(
    connection: Connection, minutes: str, symbol: str, span: tuple[datetime, datetime], limit: int, seconds: int
) -> Floats:
    """Reads only as many minutes as `limit` bars and one more can hold, then groups them."""
    since, until = span
    count = (limit + 1) * seconds // 60
    while True:
        oldest = await connection.fetchval(SELECT_OLDEST.format(minutes=minutes), symbol, since, until, count)
        begins = since if oldest is None else _ceiling(oldest, seconds)
        text = SELECT_MERGED.format(minutes=minutes)
        values = await _by_column(connection, text, symbol, begins, until, limit, seconds)
        if oldest is None or values.shape[1] == limit:
            return values
        # Minutes without a price make no bar; if there are many, the wanted bars begin earlier.
        count *= 4


def _ceiling(at: datetime, seconds: int) -> datetime:
    """Start of the first bar of that length at or after `at`."""
    return datetime.fromtimestamp(-(-at.timestamp() // seconds) * seconds, UTC)
