"""Stored detections."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from asyncpg import Connection, Record

from app.db.findings import first_of_all
from app.db.market import MarketShape
from app.finance.spans import TIMEFRAMES
from app.wire.codec.text import clean

LONGEST_NAME = 200
"""Characters of one that is shown."""

ORDER = "detected_at desc, symbol, pattern, timeframe"

MOST_LOOKED_AT = 2_000
"""Detections that one page compares with conditions that no index answers."""

LATE = 500
"""Detections of each table that are looked at for names that the engine's own list lacks."""

DIRECTIONS = ("bullish", "bearish", "neutral")
"""What the market's shape makes of any row."""


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


class Page(NamedTuple):
    """`next`: behind which place the page after it begins; None where this one is the last. Where conditions fit few
    detections a page ends before it is full."""

    placed: list[Placed]
    next: Place | None


class Wanted(NamedTuple):
    """None: whatever it is. `since` counts, `until` does not."""

    symbols: tuple[str, ...] | None = None
    pattern: str | None = None
    timeframe: str | None = None
    direction: str | None = None
    min_confidence: float | None = None
    since: datetime | None = None
    until: datetime | None = None


class Conditions:
    """SQL with its values, made of what is wanted alone: a condition like `$1 is null or …` hides an index."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.indexed: list[str] = []
        """By which an index of the tables is read."""
        self.compared: list[str] = []
        """What is left to compare, row by row."""

    def value(self, value: object, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def symbols(self, symbols: Sequence[str]) -> None:
        if len(symbols) == 1:
            self.indexed.append(f"symbol = {self.value(symbols[0], 'text')}")
        else:
            self.indexed.append(f"symbol = any({self.value(symbols, 'text[]')})")

    def names(self, wanted: Wanted) -> None:
        """A symbol has few detections, of which its index finds all; else one name leads, the other is compared."""
        named = [
            f"{column} = {self.value(name, 'text')}"
            for column, name in (("pattern", wanted.pattern), ("timeframe", wanted.timeframe))
            if name is not None
        ]
        led = len(named) if wanted.symbols is not None else 1
        self.indexed += named[:led]
        self.compared += named[led:]

    def times(self, wanted: Wanted, after: Place | None) -> None:
        if wanted.since is not None:
            self.indexed.append(f"detected_at >= {self.value(wanted.since, 'timestamptz')}")
        if wanted.until is not None:
            self.indexed.append(f"detected_at < {self.value(wanted.until, 'timestamptz')}")
        if after is not None:
            at = self.value(after.at, "timestamptz")
            names = ", ".join(self.value(name, "text") for name in after[1:])
            self.indexed += [
                f"detected_at <= {at}",
                f"(detected_at < {at} or (symbol, pattern, timeframe) > ({names}))",
            ]


async def recent(
    connection: Connection,
    shape: MarketShape,
    limit: int,
    symbols: tuple[str, ...] | None = None,
    timeframe: str | None = None,
) -> list[Detection]:
    """Of these symbols, or of all; newest first."""
    found = await detections(connection, shape, Wanted(symbols, timeframe=timeframe), None, limit)
    return [each.detection for each in found.placed]


async def names(connection: Connection, shape: MarketShape) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the patterns, and of the timeframes, that are defined or were detected of late."""
    sources = [
        f"(select pattern, timeframe from {table} as one order by {ORDER} limit {LATE})"  # noqa: S608
        for table in shape.patterns
    ]
    if shape.definitions is not None:
        sources.append(shape.definitions)
    if not sources:
        return (), ()
    rows = await connection.fetch(
        f"select distinct pattern, timeframe from ({' union all '.join(sources)}) as every"  # noqa: S608
    )
    patterns, timeframes = ({row[column] for row in rows} - {None} for column in ("pattern", "timeframe"))
    return tuple(sorted(patterns)), tuple(sorted(timeframes, key=_length))


def _length(timeframe: str) -> tuple[int, str]:
    known = [*TIMEFRAMES, "combo"]
    return known.index(timeframe) if timeframe in known else len(known), timeframe


async def detections(
    connection: Connection, shape: MarketShape, wanted: Wanted, after: Place | None, limit: int
) -> Page:
    """What comes behind `after`, the newest first."""
    if not shape.patterns or wanted.direction not in (None, *DIRECTIONS):
        return Page([], None)
    conditions = _conditions(wanted, after)
    most = max(MOST_LOOKED_AT, limit + 1) if conditions.compared else limit + 1
    fits, last = " and ".join(conditions.compared) or "true", conditions.value(most, "int")
    looked_at = first_of_all(shape.patterns, conditions.indexed, ORDER, last)
    rows = await connection.fetch(
        f"""
        select symbol, pattern, timeframe, confidence, direction, detected_at, price, {fits} as fits,
               number = {last} as last
          from (select *, row_number() over (order by {ORDER}) as number from {looked_at} as looked_at) as numbered
         where {fits} or number = {last}
         order by number
         limit {conditions.value(limit + 1, "int")}
        """,  # noqa: S608 - the shape and the conditions are our own text
        *conditions.values,
    )
    placed = [_placed(row) for row in rows if row["fits"]]
    if len(placed) > limit:
        return Page(placed[:limit], placed[limit - 1].place)
    return Page(placed, _place(rows[-1]) if rows and rows[-1]["last"] else None)


def _conditions(wanted: Wanted, after: Place | None) -> Conditions:
    conditions = Conditions()
    if wanted.symbols is not None:
        conditions.symbols(wanted.symbols)
    conditions.names(wanted)
    conditions.times(wanted, after)
    if wanted.direction is not None:
        conditions.compared.append(f"direction = {conditions.value(wanted.direction, 'text')}")
    if wanted.min_confidence is not None:
        conditions.compared.append(f"confidence >= {conditions.value(wanted.min_confidence, 'float8')}")
    return conditions


def _place(row: Record) -> Place:
    return Place(row["detected_at"], row["symbol"], row["pattern"], row["timeframe"])


def _placed(row: Record) -> Placed:
    place = _place(row)
    symbol, pattern, timeframe = (clean(name, LONGEST_NAME) for name in place[1:])
    return Placed(
        Detection(symbol, pattern, timeframe, row["confidence"], row["direction"], place.at.timestamp(), row["price"]),
        place,
    )
