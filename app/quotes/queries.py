"""Database queries: instruments, newest daily bars, closes for sparklines and pattern marks."""

from datetime import date
from typing import NamedTuple

from asyncpg import Connection, Record

from app.db.analysis_tables import first_of_all
from app.db.market import MarketShape
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.instrument import Instrument
from app.finance.periods import DATED
from app.finance.sessions import Session
from app.finance.symbols import folded, is_symbol, spelt
from app.quotes.charts.cache import PatternMark
from app.wire.codec.text import clean

LONGEST_NAME = 200
"""Characters of a name that is shown."""

FIRST_SEEN_DAYS = 30
"""Without a table of symbols, those that traded this many days before the newest bar are known."""

ACTIVITY_DAYS = 20
"""Daily bars over which a symbol's money volume is averaged."""

DAILY_NAMES = "'daily', '1d', '1day', 'Daily'"
HOURLY_NAMES = "'hourly', '1hour', '1h'"


class SlotClose(NamedTuple):
    """Last price of a slot; `slot` is its number since 1970."""

    symbol: str
    slot: int
    price: float


async def instruments(connection: Connection, shape: MarketShape) -> list[Instrument]:
    if shape.instruments is not None:
        rows = await connection.fetch(
            f"""
            select symbol, name, exchange, currency
              from {shape.instruments} as instruments
             where active
             order by symbol
            """  # noqa: S608 - the shape is our own text
        )
        return [_instrument(row) for row in rows]
    if shape.daily_bars is None:
        return []
    rows = await connection.fetch(
        f"""
        select distinct symbol
          from {shape.daily_bars} as bars
         where day > (select max(day) from {shape.daily_bars} as all_bars) - $1::int
         order by symbol
        """,  # noqa: S608
        FIRST_SEEN_DAYS,
    )
    return [Instrument(row["symbol"]) for row in rows]


async def instrument(connection: Connection, shape: MarketShape, symbol: str) -> Instrument | None:
    """Also if it no longer trades."""
    if shape.instruments is not None:
        row = await connection.fetchrow(
            f"select symbol, name, exchange, currency from {shape.instruments} as instruments where symbol = $1",  # noqa: S608
            symbol,
        )
        if row is not None:
            return _instrument(row)
    return Instrument(symbol) if await first_day(connection, shape, symbol) else None


def _instrument(row: Record) -> Instrument:
    """Names are cleaned of control and direction characters."""
    symbol, name, exchange, currency = row
    return Instrument(symbol, clean(name, LONGEST_NAME), clean(exchange, LONGEST_NAME), clean(currency, LONGEST_NAME))


async def spellings(connection: Connection, shape: MarketShape, text: str) -> tuple[str, ...]:
    """The stored symbol `text`, else those that differ from it only in case, sorted."""
    names = [text] if await instrument(connection, shape, text) else []
    if not names and shape.instruments is not None:
        rows = await connection.fetch(
            f"select symbol from {shape.instruments} as instruments where upper(symbol) = $1",  # noqa: S608
            folded(text),
        )
        names = [row["symbol"] for row in rows]
    if not names and await first_day(connection, shape, folded(text)):  # bars that no table of symbols speaks of
        names = [folded(text)]
    return spelt(text, filter(is_symbol, names))


async def newest_bars(connection: Connection, shape: MarketShape, symbols: list[str]) -> list[Bar]:
    """The last two daily bars of each symbol, oldest first."""
    if shape.daily_bars is None:
        return []
    rows = await connection.fetch(
        f"""
        select newest.*
          from unnest($1::text[]) as asked(wanted)
         cross join lateral (
            select symbol, day, open, high, low, close, volume
              from {shape.daily_bars} as bars
             where symbol = asked.wanted and whole
             order by day desc
             limit 2
         ) as newest
         order by symbol, day
        """,  # noqa: S608
        symbols,
    )
    return [_bar(row) for row in rows]


async def money_volumes(
    connection: Connection, shape: MarketShape, before: date, symbols: list[str]
) -> dict[str, float]:
    """Mean of close times volume of each symbol's last daily bars before that day; without those that have none."""
    if shape.daily_bars is None:
        return {}
    rows = await connection.fetch(
        f"""
        select wanted, avg(close * coalesce(volume, 0)) as money
          from unnest($1::text[]) as asked(wanted)
         cross join lateral (
            select close, volume
              from {shape.daily_bars} as bars
             where symbol = asked.wanted and day < $2 and whole
             order by day desc
             limit $3
         ) as last
         group by wanted
        having avg(close * coalesce(volume, 0)) > 0
        """,  # noqa: S608
        symbols,
        before,
        ACTIVITY_DAYS,
    )
    return {row["wanted"]: row["money"] for row in rows}


async def first_day(connection: Connection, shape: MarketShape, symbol: str) -> date | None:
    if shape.daily_bars is None:
        return None
    day: date | None = await connection.fetchval(
        f"select min(day) from {shape.daily_bars} as bars where symbol = $1",  # noqa: S608
        symbol,
    )
    return day


async def closes(
    connection: Connection, shape: MarketShape, session: Session, slot: int, symbols: list[str]
) -> list[SlotClose]:
    """The last price of each slot of `slot` seconds since the session opened, unordered."""
    if shape.exact_minutes is None:
        return []
    # Only the last minute of each slot is cast and divided; each symbol is read and sorted by itself.
    rows = await connection.fetch(
        f"""
        select wanted as symbol, close::float8, (extract(epoch from begins) / $3)::int as slot
          from unnest($4::text[]) as asked(wanted)
         cross join lateral (
            select distinct on (begins) close, date_bin(make_interval(secs => $3::int), at, '1970-01-01Z') as begins
              from {shape.exact_minutes} as bars
             where symbol = wanted and at >= to_timestamp($1) and at < to_timestamp($2)
             order by begins, at desc
         ) as last
        """,  # noqa: S608
        session.opens,
        session.closes,
        slot,
        symbols,
    )
    return [SlotClose(row["symbol"], row["slot"], row["close"]) for row in rows]


async def marks(
    connection: Connection, shape: MarketShape, symbol: str, timeframe: Timeframe, since: date, limit: int
) -> list[PatternMark]:
    """The newest patterns on bars of that timeframe, newest first; on daily bars for longer ones."""
    if not shape.patterns:
        return []
    names = DAILY_NAMES if timeframe in DATED else HOURLY_NAMES if timeframe == "hourly" else f"'{timeframe}'"
    conditions = ("symbol = $1", f"timeframe in ({names})", "detected_at >= $2::date")
    newest = first_of_all(shape.patterns, conditions, "detected_at desc, pattern", "$3")
    rows = await connection.fetch(
        f"""
        select (detected_at at time zone 'America/New_York')::date as day, pattern, timeframe, direction,
               extract(epoch from detected_at)::float8 as at
          from {newest} as newest
         order by detected_at desc, pattern
        """,  # noqa: S608
        symbol,
        since,
        limit,
    )
    return [PatternMark(**row) for row in rows]


def _bar(row: Record) -> Bar:
    return Bar(
        row["symbol"],
        "daily",
        day_start(row["day"]),
        row["open"],
        row["high"],
        row["low"],
        row["close"],
        row["volume"] or 0,
    )
