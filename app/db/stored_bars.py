"""Stored bars of many symbols in one statement, as columns."""

import math
from collections.abc import Sequence

import numpy as np
from asyncpg import Connection

from app.db.bar_columns import read_columns
from app.db.market import MarketShape
from app.finance import periods
from app.finance.bars import Timeframe
from app.finance.columns import Columns, gather
from app.finance.matrix import ends
from app.finance.sessions import trading_date

# Only names of MarketShape enter SQL.
# ruff: noqa: S608

MOST_SYMBOLS = 20_000


async def symbols(connection: Connection, shape: MarketShape) -> list[str]:
    """That have daily bars, one step through the index for each."""
    if shape.daily_bars is None:
        return []
    statement = f"""
        with recursive stepped (symbol) as (
          (select symbol from {shape.daily_bars} as bars order by symbol limit 1)
          union all
          select (select symbol from {shape.daily_bars} as bars where bars.symbol > stepped.symbol
                   order by symbol limit 1)
            from stepped where stepped.symbol is not null
        )
        select symbol from stepped where symbol is not null limit {MOST_SYMBOLS}
    """
    return [row["symbol"] for row in await connection.fetch(statement)]


async def newest(
    connection: Connection,
    shape: MarketShape,
    timeframe: Timeframe,
    names: Sequence[str],
    count: int,
    until: float = math.inf,
) -> Columns:
    """The newest `count` bars of each symbol that had ended by `until`, UTC epoch seconds; of a stored timeframe."""
    is_dated = timeframe in periods.DATED
    key, start = ("day", "day::timestamp at time zone 'UTC'") if is_dated else ("at", "at")
    condition = ""
    arguments: tuple[int | float | str, ...] = (count,)
    if until < math.inf:
        # Of dates the last one may not have ended; it is left out below.
        condition = "and day <= $3::text::date" if is_dated else "and at <= to_timestamp($3::float8)"
        last = trading_date(until).isoformat() if is_dated else until - periods.SECONDS[timeframe]
        arguments = (count + 1, last)
    statement = f"""
        select place::int4, extract(epoch from {start})::float8, open, high, low, close, coalesce(volume, 0)::float8
          from unnest($1::text[]) with ordinality as listed (name, place)
         cross join lateral (
           select {key}, open, high, low, close, volume from {shape.bars(timeframe)} as bars
            where symbol = name and whole {condition} order by {key} desc limit $2
         ) as newest
    """
    async with connection.transaction(readonly=True):
        # It would read all bars of a symbol and sort them, where the index has the newest ones at its end.
        await connection.execute("set local enable_bitmapscan = off")
        bars = await read_columns(connection, timeframe, names, statement, list(names), *arguments)
    return ended(bars, until)


def ended(bars: Columns, until: float) -> Columns:
    """Without the bars that end later."""
    if until == math.inf or not len(bars.symbols):
        return bars
    has_ended = ends(bars.timeframe, bars.values[0]) <= until
    if has_ended.all():
        return bars
    counts = np.diff(np.append(bars.firsts, bars.values.shape[1]))
    places = np.repeat(np.arange(len(bars.symbols)), counts)
    return gather(bars.timeframe, bars.symbols, places[has_ended], bars.values[:, has_ended])
