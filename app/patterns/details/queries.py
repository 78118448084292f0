"""Database queries for all that is stored of one detection."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from asyncpg import Connection, Record

from app.db.analysis_tables import HORIZONS, first_of_all
from app.db.market import MarketShape
from app.patterns.queries import LONGEST_NAME, ORDER, Detection
from app.web.numbers import is_number
from app.wire.codec.text import clean

SAME_SECOND = 100
"""Detections of one second that are compared with the names."""
LONGEST_DATA = 20_000
"""Characters of the JSON of a detection."""
MOST_LEVELS = 12


class DefinitionText(NamedTuple):
    """`about`: what it is; `logic`: how it is found and weighed."""

    about: str
    logic: str


class DetectionDetails(NamedTuple):
    """Prices in the instrument's currency; `levels`: prices by what they are; `until`: the end of its validity, UTC
    epoch seconds."""

    detection: Detection
    tier: str
    levels: tuple[tuple[str, float], ...] = ()
    stop_loss: float | None = None
    target_price: float | None = None
    until: float | None = None

    @property
    def prices(self) -> tuple[tuple[str, float], ...]:
        """The levels, stop and target, each with its name."""
        own = (("stop", self.stop_loss), ("target", self.target_price))
        return (*self.levels, *((name, price) for name, price in own if price is not None))


async def detection(connection: Connection, shape: MarketShape, path: str, at: datetime) -> DetectionDetails | None:
    """`path`: symbol, pattern and timeframe with slashes between, and perhaps in them; `at`: the second of the time."""
    if not shape.patterns:
        return None
    conditions = ("symbol = any($1::text[])", "detected_at >= $2::timestamptz", "detected_at < $3::timestamptz")
    candidates = first_of_all(shape.patterns, conditions, ORDER, "$4::int")
    rows = await connection.fetch(
        f"""
        select symbol, pattern, timeframe, tier, confidence, direction, price,
               extract(epoch from detected_at)::float8 as at, extract(epoch from until)::float8 as until,
               case when length(data::text) <= {LONGEST_DATA} then data::text end as data
          from {candidates} as candidates
        """,  # noqa: S608 - the shape is our own text
        symbols(path),
        at,
        at + timedelta(seconds=1),
        SAME_SECOND,
    )
    return next((each for each in map(_details, rows) if "/".join(each.detection[:3]) == path), None)


def symbols(path: str) -> list[str]:
    """Those that a path can begin with."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, max(2, len(parts) - 1))]


async def definition(connection: Connection, shape: MarketShape, pattern: str) -> DefinitionText | None:
    if shape.definitions is None:
        return None
    row = await connection.fetchrow(
        f"select about, logic from {shape.definitions} as defined where pattern = $1 limit 1",  # noqa: S608
        pattern,
    )
    return DefinitionText(clean(row["about"], 500), clean(row["logic"], 500)) if row else None


async def returns(connection: Connection, shape: MarketShape, detection: Detection) -> Mapping[int, float]:
    """By number of bars, those that are stored: 0.01 for 1 %."""
    if shape.outcomes is None:
        return {}
    names = ", ".join(f"return_{bars}::float8 as return_{bars}" for bars in HORIZONS)
    at = datetime.fromtimestamp(int(detection.at), UTC)
    row = await connection.fetchrow(
        f"""
        select {names} from {shape.outcomes} as one
         where symbol = $1 and pattern = $2 and timeframe = $3 and detected_at >= $4 and detected_at < $5
         limit 1
        """,  # noqa: S608
        *detection[:3],
        at,
        at + timedelta(seconds=1),
    )
    return {bars: row[f"return_{bars}"] for bars in HORIZONS if row and is_number(row[f"return_{bars}"])}


def _details(row: Record) -> DetectionDetails:
    symbol, pattern, timeframe = (clean(row[name], LONGEST_NAME) for name in ("symbol", "pattern", "timeframe"))
    data = _decoded(row["data"])
    levels = data.get("levels")
    return DetectionDetails(
        Detection(symbol, pattern, timeframe, row["confidence"], row["direction"], row["at"], row["price"]),
        row["tier"],
        tuple(_levels(levels.items() if isinstance(levels, dict) else ())),
        _price(data.get("stop_loss")),
        _price(data.get("target_price")),
        row["until"],
    )


def _levels(items: Iterable[tuple[object, object]]) -> list[tuple[str, float]]:
    prices = [(clean(str(name), 40), _price(value)) for name, value in items]
    return [(name, price) for name, price in prices if price is not None][:MOST_LEVELS]


def _decoded(text: str | None) -> Mapping[str, object]:
    try:
        data = msgspec.json.decode(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _price(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and is_number(value) and 0 < value < 1e15 else None
