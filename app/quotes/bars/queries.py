"""Stored bars of any length, and those that are made of minutes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from asyncpg import Connection, Record

from app.db.market import MarketShape
from app.finance.bars import Bar, Timeframe
from app.finance.jumps import JUMP, Step

WHOLE = "num_nonnulls(open, high, low, close) = 4 and greatest(open, high, low, close) < 1e15 and low > -1e15"
"""A foreign row may lack a price or hold NaN, which PostgreSQL sorts above every number."""


MINUTES_OF: Mapping[Timeframe, int] = {"5min": 5, "15min": 15, "30min": 30}
"""Bars that are made of minutes whenever somebody asks."""

STORED = """
select extract(epoch from {begins})::float8 as begins, open, high, low, close, volume
  from {bars} as bars
 where symbol = $1 and {whole}
   and ($2::timestamptz is null or {begins} >= $2) and ($3::timestamptz is null or {begins} < $3)
 order by {place} desc
 limit $4
"""

STEPS = """
select day0, close0, day, open
  from (select day, open, lag(day) over days as day0, lag(close) over days as close0
          from {bars} as bars
         where symbol = $1 and day >= $2 and day < $3 and {whole}
        window days as (order by day)) as pairs
 where close0 > 0 and open > 0
   and (open > close0 * {jump} or open * {jump} < close0
        or exists (select from unnest($4::date[]) as split where split > day0 and split <= day))
 order by day
"""

# By symbol and time alone, so that an index answers it.
OLDEST = """
select at from {minutes} as minutes
 where symbol = $1 and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3)
 order by at desc offset $4 limit 1
"""
MERGED = """
select floor(extract(epoch from at) / $5::int)::float8 * $5 as begins,
       (array_agg(open order by at))[1] as open, max(high) as high, min(low) as low,
       (array_agg(close order by at desc))[1] as close, sum(volume)::int8 as volume
  from {minutes} as minutes
 where symbol = $1 and {whole} and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3)
 group by 1
 order by 1 desc
 limit $4
"""


async def stored(
    connection: Connection,
    shape: MarketShape,
    symbol: str,
    timeframe: Timeframe,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[Bar]:
    """The newest `limit` bars that begin from `since` on and before `until`, oldest first."""
    source = _source(shape, timeframe)
    if source is None:
        return []
    if timeframe in MINUTES_OF:
        seconds = 60 * MINUTES_OF[timeframe]
        span = _ceiling(since, seconds), _ceiling(until, seconds)
        rows = await _merged(connection, source, (symbol, *span), limit, seconds)
    else:
        dated = timeframe in ("daily", "weekly", "monthly")
        # As columns of an index know it, and as an instant.
        place, begins = ("day", "day::timestamp at time zone 'UTC'") if dated else ("at", "at")
        text = STORED.format(bars=source, whole=WHOLE, place=place, begins=begins)
        rows = await connection.fetch(text, symbol, since, until, limit)
    return [
        Bar(
            symbol,
            timeframe,
            row["begins"],
            row["open"],
            row["high"],
            row["low"],
            row["close"],
            row["volume"] or 0,
        )
        for row in reversed(rows)
    ]


async def steps(
    connection: Connection, shape: MarketShape, symbol: str, since: date, before: date, splits: Sequence[date]
) -> list[Step]:
    """Between daily bars from `since` on and before the other day: large ones, and those that a split lies in."""
    if shape.daily_bars is None:
        return []
    text = STEPS.format(bars=shape.daily_bars, whole=WHOLE, jump=JUMP)
    return [Step(*row) for row in await connection.fetch(text, symbol, since, before, splits)]


async def _merged(
    connection: Connection, minutes: str, wanted: tuple[str, datetime | None, datetime | None], limit: int, seconds: int
) -> list[Record]:
    """Cut by time before minutes are grouped: whole bars, of no more minutes than they and one more can hold."""
    symbol, since, until = wanted
    count = (limit + 1) * seconds // 60
    while True:
        oldest = await connection.fetchval(OLDEST.format(minutes=minutes), symbol, since, until, count)
        begins = _ceiling(oldest, seconds) or since
        rows: list[Record] = await connection.fetch(
            MERGED.format(minutes=minutes, whole=WHOLE), symbol, begins, until, limit, seconds
        )
        if oldest is None or len(rows) == limit:
            return rows
        # Minutes that lack a price make no bar: where there are many, the others lie further back.
        count *= 4


def _source(shape: MarketShape, timeframe: Timeframe) -> str | None:
    """Where bars of that length are, or the minutes that they are made of."""
    if timeframe in MINUTES_OF:
        return shape.minute_bars
    return {
        "1min": shape.minute_bars,
        "hourly": shape.hourly_bars,
        "daily": shape.daily_bars,
        "weekly": shape.weekly_bars,
        "monthly": shape.monthly_bars,
    }.get(timeframe)


def _ceiling(at: datetime | None, seconds: int) -> datetime | None:
    """Where the first bar of that length begins that does not begin before."""
    return None if at is None else datetime.fromtimestamp(-(-at.timestamp() // seconds) * seconds, UTC)
