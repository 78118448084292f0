"""Stored detections."""

from typing import NamedTuple

from asyncpg import Connection

from app.db.market import MarketShape


class Detection(NamedTuple):
    """`at` is the end of the bar that completed the pattern, UTC epoch seconds; `confidence` 0 to 1 or not stored."""

    symbol: str
    pattern: str
    timeframe: str
    confidence: float | None
    direction: str
    at: float
    price: float | None = None
    expired: bool = False


async def recent(
    connection: Connection,
    shape: MarketShape,
    limit: int,
    symbol: str | None = None,
    timeframe: str | None = None,
) -> list[Detection]:
    """Newest first."""
    if shape.patterns is None:
        return []
    rows = await connection.fetch(
        f"""
        select symbol, pattern, timeframe, confidence, direction,
               extract(epoch from detected_at)::float8 as at, price
          from {shape.patterns} as patterns
         where ($1::text is null or symbol = $1) and ($2::text is null or timeframe = $2)
         order by detected_at desc, symbol, pattern
         limit $3
        """,  # noqa: S608 - the shape is our own text
        symbol,
        timeframe,
        limit,
    )
    return [Detection(**row) for row in rows]
