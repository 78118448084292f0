"""Stored detections."""

from datetime import datetime
from typing import NamedTuple

from asyncpg import Connection, Record

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


class Place(NamedTuple):
    """Of a detection in the order of all: by time, the newest first, then by these names."""

    at: datetime
    symbol: str
    pattern: str
    timeframe: str


class Placed(NamedTuple):
    detection: Detection
    place: Place


class Wanted(NamedTuple):
    """None: whatever it is. `since` counts, `until` does not."""

    symbols: tuple[str, ...] | None = None
    pattern: str | None = None
    timeframe: str | None = None
    direction: str | None = None
    min_confidence: float | None = None
    since: datetime | None = None
    until: datetime | None = None


async def recent(
    connection: Connection,
    shape: MarketShape,
    limit: int,
    symbols: tuple[str, ...] | None = None,
    timeframe: str | None = None,
) -> list[Detection]:
    """Of these symbols, or of all; newest first."""
    if shape.patterns is None:
        return []
    rows = await connection.fetch(
        f"""
        select symbol, pattern, timeframe, confidence, direction,
               extract(epoch from detected_at)::float8 as at, price
          from {shape.patterns} as patterns
         where ($1::text[] is null or symbol = any($1)) and ($2::text is null or timeframe = $2)
         order by detected_at desc, symbol, pattern
         limit $3
        """,  # noqa: S608 - the shape is our own text
        symbols,
        timeframe,
        limit,
    )
    return [Detection(**row) for row in rows]


async def found(
    connection: Connection, shape: MarketShape, wanted: Wanted, after: Place | None, limit: int
) -> list[Placed]:
    """What comes behind `after`, the newest first."""
    if shape.patterns is None:
        return []
    rows = await connection.fetch(
        f"""
        select symbol, pattern, timeframe, confidence, direction, detected_at, price
          from {shape.patterns} as patterns
         where ($1::text[] is null or symbol = any($1)) and ($2::text is null or pattern = $2)
           and ($3::text is null or timeframe = $3) and ($4::text is null or direction = $4)
           and ($5::float8 is null or confidence >= $5)
           and detected_at >= coalesce($6::timestamptz, '1900-01-01Z')
           and detected_at < coalesce($7::timestamptz, '2200-01-01Z')
           and ($8::timestamptz is null or detected_at < $8
                or (detected_at = $8 and (symbol, pattern, timeframe) > ($9::text, $10::text, $11::text)))
         order by detected_at desc, symbol, pattern, timeframe
         limit $12
        """,  # noqa: S608 - the shape is our own text
        *wanted,
        *(after or (None, None, None, None)),
        limit,
    )
    return [_placed(Place(row["detected_at"], row["symbol"], row["pattern"], row["timeframe"]), row) for row in rows]


def _placed(place: Place, row: Record) -> Placed:
    names = (place.symbol, place.pattern, place.timeframe)
    return Placed(Detection(*names, row["confidence"], row["direction"], place.at.timestamp(), row["price"]), place)
