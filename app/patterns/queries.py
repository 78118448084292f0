"""Database queries for stored detections."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from asyncpg import Connection, Record

from app.db.analysis_tables import first_of_all
from app.db.market import MarketShape
from app.finance.periods import order
from app.wire.codec.text import clean

LONGEST_NAME = 200
"""Characters of a name that is shown."""

ORDER = "detected_at desc, symbol, pattern, timeframe"

MOST_COMPARED = 2_000
"""Detections per page that are compared with conditions without an index."""

RECENT_DETECTIONS = 500
"""Detections per table that are searched for names that the engine's own list lacks."""

DIRECTIONS = ("bullish", "bearish", "neutral")
"""As MarketShape gives them for every row."""


class Detection(NamedTuple):
    """`at` is the end of the bar that completed the pattern, UTC epoch seconds; `confidence` 0 to 1, None if not
    stored."""

    symbol: str
    pattern: str
    timeframe: str
    confidence: float | None
    direction: str
    at: float
    price: float | None = None
    expired: bool = False


class DetectionPosition(NamedTuple):
    """Position in the order of all detections: newest first, then by these names."""

    at: datetime
    symbol: str
    pattern: str
    timeframe: str


class PositionedDetection(NamedTuple):
    detection: Detection
    position: DetectionPosition


class DetectionPage(NamedTuple):
    """`next`: the position after which the next page begins; None on the last page. With narrow filters a page may end
    before it is full."""

    rows: list[PositionedDetection]
    next: DetectionPosition | None


class DetectionFilter(NamedTuple):
    """None: any. `tier`: of detections.TIERS. `since` is inclusive, `until` exclusive."""

    symbols: tuple[str, ...] | None = None
    pattern: str | None = None
    timeframe: str | None = None
    tier: str | None = None
    direction: str | None = None
    min_confidence: float | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY = DetectionFilter()


class DetectionConditions:
    """SQL conditions with their values, only for given filters: `$1 is null or …` would prevent the use of an index."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.indexed: list[str] = []
        """Conditions that an index answers."""
        self.compared: list[str] = []
        """Conditions compared row by row."""

    def value(self, value: object, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def symbols(self, symbols: Sequence[str]) -> None:
        if len(symbols) == 1:
            self.indexed.append(f"symbol = {self.value(symbols[0], 'text')}")
        else:
            self.indexed.append(f"symbol = any({self.value(symbols, 'text[]')})")

    def names(self, filters: DetectionFilter) -> None:
        """With symbols the index finds both names, since their detections are few; else only the first."""
        conditions = [
            f"{column} = {self.value(name, 'text')}"
            for column, name in (("pattern", filters.pattern), ("timeframe", filters.timeframe))
            if name is not None
        ]
        led = len(conditions) if filters.symbols is not None else 1
        self.indexed += conditions[:led]
        self.compared += conditions[led:]

    def times(self, filters: DetectionFilter, after: DetectionPosition | None) -> None:
        if filters.since is not None:
            self.indexed.append(f"detected_at >= {self.value(filters.since, 'timestamptz')}")
        if filters.until is not None:
            self.indexed.append(f"detected_at < {self.value(filters.until, 'timestamptz')}")
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
    filters: DetectionFilter = EVERY,
) -> list[Detection]:
    """Newest first."""
    page = await detections(connection, shape, filters, None, limit)
    return [each.detection for each in page.rows]


async def names(connection: Connection, shape: MarketShape) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Patterns and timeframes that are defined or were detected recently."""
    sources = [
        f"(select pattern, timeframe from {table} as one order by {ORDER} limit {RECENT_DETECTIONS})"  # noqa: S608
        for table in shape.patterns
    ]
    if shape.definitions is not None:
        sources.append(f"(select pattern, timeframe from {shape.definitions} as defined)")  # noqa: S608
    if not sources:
        return (), ()
    rows = await connection.fetch(
        f"select distinct pattern, timeframe from ({' union all '.join(sources)}) as every"  # noqa: S608
    )
    patterns, timeframes = ({row[column] for row in rows} - {None} for column in ("pattern", "timeframe"))
    return tuple(sorted(patterns)), tuple(sorted(timeframes, key=order))


async def detections(
    connection: Connection, shape: MarketShape, filters: DetectionFilter, after: DetectionPosition | None, limit: int
) -> DetectionPage:
    """Those after the position `after`, newest first."""
    if not shape.patterns or filters.direction not in (None, *DIRECTIONS):
        return DetectionPage([], None)
    conditions = _conditions(filters, after)
    most = max(MOST_COMPARED, limit + 1) if conditions.compared else limit + 1
    fits, last = " and ".join(conditions.compared) or "true", conditions.value(most, "int")
    candidates = first_of_all(shape.patterns, conditions.indexed, ORDER, last)
    rows = await connection.fetch(
        f"""
        select symbol, pattern, timeframe, confidence, direction, detected_at, price, {fits} as fits,
               number = {last} as last
          from (select *, row_number() over (order by {ORDER}) as number from {candidates} as looked_at) as numbered
         where {fits} or number = {last}
         order by number
         limit {conditions.value(limit + 1, "int")}
        """,  # noqa: S608 - the shape and the conditions are our own text
        *conditions.values,
    )
    matches = [_positioned(row) for row in rows if row["fits"]]
    if len(matches) > limit:
        return DetectionPage(matches[:limit], matches[limit - 1].position)
    return DetectionPage(matches, _position(rows[-1]) if rows and rows[-1]["last"] else None)


def _conditions(filters: DetectionFilter, after: DetectionPosition | None) -> DetectionConditions:
    conditions = DetectionConditions()
    if filters.symbols is not None:
        conditions.symbols(filters.symbols)
    if filters.tier is not None:
        # Each table has one tier: the planner leaves the others out.
        conditions.indexed.append(f"tier = {conditions.value(filters.tier, 'text')}")
    conditions.names(filters)
    conditions.times(filters, after)
    if filters.direction is not None:
        conditions.compared.append(f"direction = {conditions.value(filters.direction, 'text')}")
    if filters.min_confidence is not None:
        conditions.compared.append(f"confidence >= {conditions.value(filters.min_confidence, 'float8')}")
    return conditions


def _position(row: Record) -> DetectionPosition:
    return DetectionPosition(row["detected_at"], row["symbol"], row["pattern"], row["timeframe"])


def _positioned(row: Record) -> PositionedDetection:
    position = _position(row)
    symbol, pattern, timeframe = (clean(name, LONGEST_NAME) for name in position[1:])
    return PositionedDetection(
        Detection(
            symbol, pattern, timeframe, row["confidence"], row["direction"], position.at.timestamp(), row["price"]
        ),
        position,
    )
