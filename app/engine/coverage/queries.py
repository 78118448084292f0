"""Queries on all stored bars of a timeframe: bars by symbol, gaps, flaws and splits."""

# ruff: noqa: S608 - shapes are our own text

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from asyncpg import Connection as Connection

from app.db.market import MarketShape
from app.engine.coverage.periods import Period
from app.engine.coverage.result import CoverageQuery
from app.engine.storage.markets import ON_EXCHANGE
from app.finance.jumps import JUMP

# Flaws of a single bar as one number, so that parallel workers compute them and less is sorted.
FLAWS = """
(num_nonnulls(open, high, low, close) < 4 or least(open, low) <= 0 or greatest(high, close) > 1e15)::int
+ coalesce(high < greatest(open, low, close) or low > least(open, close), false)::int * 2
+ (coalesce(volume, 0) = 0)::int * 4
"""

JUMPS = f"close0 > 0 and open > 0 and (open > close0 * {JUMP} or open * {JUMP} < close0)"
REPEATED = """
volume > 0 and volume = volume0 and close = close0 and (
    select (before.open, before.high, before.low) = (bar.open, bar.high, bar.low)
      from {bars} as before, {bars} as bar
     where before.symbol = looked.symbol and before.day = ($1::date[])[n0]
       and bar.symbol = looked.symbol and bar.day = looked.day
     limit 1)
"""

# A split on a day without a bar counts for the next bar.
SPLITS = """
with effective as (
        select symbol, exp(sum(ln(ratio::numeric))) as ratio,
               (select min(bars.day) from {bars} as bars
                 where bars.symbol = splits.symbol and bars.day >= splits.day and {found}) as day
          from {splits} as splits
         where ratio > 0 and ($2::text[] is null or symbol = any($2)) group by symbol, splits.day),
     applied as (select symbol, day, exp(sum(ln(ratio))) as ratio from effective group by symbol, day)
select symbol, day, coalesce(
         before.close > 0 and open > 0
         and (open * ratio > before.close * {jump} or open * ratio * {jump} < before.close),
         false) as jumped
  from applied join {bars} as held using (symbol, day)
  cross join lateral (
    select close from {bars} as bars
     where bars.symbol = applied.symbol and bars.day < applied.day and {found} and bars.day >= ($1::date[])[1]
     order by bars.day desc limit 1) as before
"""

# width_bucket() for every bar, in place of a join, keeps the bars in the order of their index.
DAYS = """
with placed as (
        select symbol, day, open, close, volume, width_bucket(day, $1::date[]) as n, {flaws} as flaws
          from {bars} as bars
         where {on_exchange} and ($2::text[] is null or symbol = any($2)) and day between $3 and $4),
     looked as (
        select symbol, day, n - lag(n) over before - 1 as gap, lag(n) over before as n0, open, close, volume, flaws,
               lag(close) over before as close0, lag(volume) over before as volume0
          from placed where ($1::date[])[n] = day
        window before as (partition by symbol order by day)),
     judged as (
        select symbol, day, ($1::date[])[n0] as day0, gap, 0 as short, flaws & 1 > 0 as no_price,
               flaws & 2 > 0 as crossed, flaws & 4 > 0 as no_volume, {daily} and {jumps} as jump,
               {repeated} as repeated,
               case when close0 > 1e-9 and open < 1e15 then (open / close0)::float8 end as rate
          from looked)
select * from judged where gap > 0 or no_price or crossed or no_volume or jump or repeated
 order by symbol, day
"""

# One row for each bar, in the columns that `minute_counts` has for a half hour.
BY_BAR = """(
    select symbol, at, 1 as held, coalesce(volume, 0) = 0 as no_volume,
           num_nonnulls(open, high, low, close) < 4 or least(open, low) <= 0 as no_price,
           high < greatest(open, low, close) or low > least(open, close) as crossed
      from {bars} as bars)"""

INSTANTS = """
with expected as (
        select * from unnest($1::date[], $3::int[], $4::timestamptz[], $5::timestamptz[])
                      with ordinality as expected (day, bars, opens, closes, n)),
     counted as (
        select symbol, expected.day, n, expected.bars - sum(held)::int8 as short, bool_or(no_price) as no_price,
               bool_or(crossed) as crossed, bool_and(no_volume) as no_volume
          from {bars} as bars
          join expected on expected.day = (at at time zone 'America/New_York')::date and at >= opens and at < closes
         where {on_exchange} and ($2::text[] is null or symbol = any($2))
           and at >= (select min(opens) from expected) and at < (select max(closes) from expected)
         group by symbol, expected.day, n, expected.bars),
     judged as (
        select symbol, day, lag(day) over before as day0, n - lag(n) over before - 1 as gap, short,
               no_price, crossed, no_volume, false as jump, false as repeated, null::float8 as rate
          from counted window before as (partition by symbol order by day))
select * from judged where gap > 0 or short > 0 or no_price or crossed or no_volume order by symbol, day
"""


class BarFinding(NamedTuple):
    """`gap`: missing periods between `day0`, the bar before, and `day`. `short`: bars that `day` itself lacks."""

    symbol: str
    day: date
    day0: date | None
    gap: int | None
    short: int
    no_price: bool | None
    crossed: bool | None
    no_volume: bool | None
    jump: bool | None
    repeated: bool | None
    rate: float | None
    """The open divided by the close before."""


class StoredBars(NamedTuple):
    """`first` is of all bars, `first_expected` and `last` are of expected ones."""

    symbol: str
    first: date | None
    first_expected: date | None
    last: date | None
    bars: int


class ListedSymbol(NamedTuple):
    symbol: str
    day: date | None
    active: bool


BOUNDS = "select min({place}) as first, max({place}) as last from {bars} as bars where {on_exchange}"

STORED_BARS = """
select symbol, min(day) as first, min(day) filter (where found) as first_expected,
       max(day) filter (where found) as last, coalesce(sum(held) filter (where found), 0)::int8 as bars
  from (
    select symbol, {day} as day, {found} as found, {held} as held
      from {bars} as bars {joined}
     where {on_exchange} and ($2::text[] is null or symbol = any($2)) and {day} <= $3::date) as placed
 group by symbol
"""
WITHIN = """
left join unnest($1::date[], $4::timestamptz[], $5::timestamptz[]) as expected (begins, opens, closes)
on expected.begins = {day} and at >= opens and at < closes
"""
NEW_YORK = "(at at time zone 'America/New_York')::date"

EXPECTED_DAY = "coalesce(($1::date[])[width_bucket(bars.day, $1::date[])] = bars.day, false)"
STRAYS = """
select symbol, day
  from {bars} as bars
 where not {found} and {on_exchange} and ($2::text[] is null or symbol = any($2)) and day between $3 and $4
 order by symbol, day
"""


def by_bar(bars: str) -> str:
    """Bars of an instant, each counted as one."""
    return BY_BAR.format(bars=bars)


async def make_room(connection: Connection) -> None:
    """Work memory to sort a million bars, for this transaction."""
    await connection.execute("set local work_mem = '64MB'")


async def bounds(connection: Connection, bars: str, *, dated: bool) -> tuple[date, date] | None:
    """The days of the oldest and the newest bar."""
    row = await connection.fetchrow(
        BOUNDS.format(bars=bars, on_exchange=ON_EXCHANGE, place="day" if dated else NEW_YORK)
    )
    return (row["first"], row["last"]) if row and row["first"] else None


async def stored_bars(
    connection: Connection, bars: str, query: CoverageQuery, expected: Sequence[Period], until: date
) -> list[StoredBars]:
    dated = expected[0].opens is None
    if dated:
        words = {"day": "bars.day", "found": EXPECTED_DAY, "held": "1", "joined": ""}
    else:
        joined = WITHIN.format(day=NEW_YORK)
        words = {"day": NEW_YORK, "found": "expected.begins is not null", "held": "held", "joined": joined}
    text, hours = STORED_BARS.format(bars=bars, on_exchange=ON_EXCHANGE, **words), () if dated else _hours(expected)
    rows = await connection.fetch(text, _days(expected), query.symbols, until, *hours)
    return [StoredBars(**row) for row in rows]


async def findings(
    connection: Connection, shape: MarketShape, bars: str, query: CoverageQuery, expected: Sequence[Period]
) -> list[BarFinding]:
    if expected[0].opens is None:
        # A longer bar may contain prices of both sides of a split.
        daily = query.timeframe == "daily"
        repeated = REPEATED.format(bars=bars)
        words = {"flaws": FLAWS, "daily": daily, "jumps": JUMPS, "repeated": repeated, "on_exchange": ON_EXCHANGE}
        text = DAYS.format(bars=bars, **words)
        days = _days(expected)
        rows = await connection.fetch(text, days, query.symbols, days[0], days[-1])
    else:
        counts = [each.bars for each in expected]
        rows = await connection.fetch(
            INSTANTS.format(bars=bars, on_exchange=ON_EXCHANGE),
            _days(expected),
            query.symbols,
            counts,
            *_hours(expected),
        )
    return [BarFinding(*(row[name] for name in BarFinding._fields)) for row in rows]


async def splits(
    connection: Connection, shape: MarketShape, bars: str, query: CoverageQuery, expected: Sequence[Period]
) -> dict[tuple[str, date], bool]:
    """By symbol and day of the first bar after a split: whether the price jumps although the split is applied."""
    if shape.splits is None or query.timeframe != "daily":
        return {}
    text = SPLITS.format(bars=bars, splits=shape.splits, found=EXPECTED_DAY, jump=JUMP)
    rows = await connection.fetch(text, _days(expected), query.symbols)
    return {(row["symbol"], row["day"]): row["jumped"] for row in rows}


async def strays(
    connection: Connection, bars: str, query: CoverageQuery, expected: Sequence[Period], since: date, until: date
) -> list[tuple[str, date]]:
    """Bars of days without a session."""
    text = STRAYS.format(bars=bars, found=EXPECTED_DAY, on_exchange=ON_EXCHANGE)
    rows = await connection.fetch(text, _days(expected), query.symbols, since, until)
    return [(row["symbol"], row["day"]) for row in rows]


async def listed_symbols(
    connection: Connection, shape: MarketShape, symbols: Collection[str] | None
) -> list[ListedSymbol]:
    if shape.instruments is None:
        return []
    rows = await connection.fetch(
        f"select symbol, listed as day, active from {shape.instruments} as instruments"
        f" where {ON_EXCHANGE} and ($1::text[] is null or symbol = any($1))",
        symbols,
    )
    return [ListedSymbol(**row) for row in rows]


def _days(expected: Sequence[Period]) -> list[date]:
    return [each.day for each in expected]


def _hours(expected: Sequence[Period]) -> tuple[list[datetime | None], list[datetime | None]]:
    return [each.opens for each in expected], [each.closes for each in expected]
