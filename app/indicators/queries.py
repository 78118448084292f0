"""Stored indicator values."""

from asyncpg import Connection

from app.db.findings import first_of_all
from app.db.market import MarketShape
from app.indicators.board import EACH, Reading

RECENT = 2_000
"""Rows of a symbol among which the newest of each indicator are looked for."""

FINITE = "value is not null and value not in ('NaN', 'Infinity', '-Infinity')"


async def newest(connection: Connection, shape: MarketShape, symbol: str) -> list[Reading]:
    """The newest value of each of the symbol's indicators, by timeframe."""
    if not shape.indicators:
        return []
    recent = first_of_all(shape.indicators, ("symbol = $1", FINITE), "at desc", "$2")
    rows = await connection.fetch(
        f"""
        select distinct on (timeframe, indicator)
               symbol, indicator, timeframe, value, extract(epoch from at)::float8 as at, signal
          from {recent} as recent
         order by timeframe, indicator, at desc
         limit $3
        """,  # noqa: S608 - the shape is our own text
        symbol,
        RECENT,
        EACH,
    )
    return [Reading(**row) for row in rows]
