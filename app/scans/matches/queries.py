"""Daily bars of all symbols, for rules that are evaluated where no engine does."""

from collections.abc import Sequence

import numpy as np
from asyncpg import Connection

from app.db.market import MarketShape
from app.finance.columns import Columns, gather

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
    """  # noqa: S608 - a name of MarketShape
    return [row["symbol"] for row in await connection.fetch(statement)]


async def newest_days(connection: Connection, shape: MarketShape, names: Sequence[str], count: int) -> Columns:
    """The newest `count` daily bars of each symbol."""
    statement = f"""
        select place::int4, extract(epoch from day::timestamp at time zone 'UTC')::float8 as start, open, high, low,
               close, coalesce(volume, 0)::float8
          from unnest($1::text[]) with ordinality as listed (name, place)
         cross join lateral (
           select day, open, high, low, close, volume from {shape.daily_bars} as bars
            where symbol = name and whole order by day desc limit $2
         ) as newest
    """  # noqa: S608 - a name of MarketShape
    rows = await connection.fetch(statement, list(names), count)
    table = np.array([tuple(row) for row in rows], dtype=np.float64).reshape(len(rows), 7).T
    unknown = np.full((1, len(rows)), np.nan)
    return gather("daily", names, table[0].astype(np.int64) - 1, np.concatenate([table[1:], unknown]))
