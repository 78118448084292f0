"""Database queries for the newest detection of each of many symbols, and its age in bars."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from asyncpg import Connection

from app.db.analysis_tables import first_of_all
from app.db.market import MarketShape
from app.finance import periods
from app.finance.bars import day_start
from app.finance.detections import bars_of_age
from app.finance.sessions import trading_date
from app.patterns.queries import LONGEST_NAME
from app.rules.sql_detections import age
from app.wire.codec.text import clean

# Only names of MarketShape enter SQL.
# ruff: noqa: S608

SECONDS = 2.0
"""That each statement may take."""
ORDER = "detected_at desc, confidence desc nulls last, pattern"
HALF_DAY = 43_200.0


class NewestDetection(NamedTuple):
    """`confidence`: 0 to 1; `at`: the end of its bar, UTC epoch seconds."""

    symbol: str
    pattern: str
    timeframe: str
    tier: str
    confidence: float | None
    direction: str
    at: float


async def newest(connection: Connection, shape: MarketShape, symbols: Sequence[str]) -> list[NewestDetection]:
    if not shape.patterns or not symbols:
        return []
    one = first_of_all(shape.patterns, ("symbol = listed.name",), ORDER, "1")
    rows = await connection.fetch(
        f"select listed.name, pattern, timeframe, tier, confidence, direction, extract(epoch from detected_at)::float8"
        f" from unnest($1::text[]) as listed (name) cross join lateral {one} as newest",
        list(symbols),
        timeout=SECONDS,
    )
    return [
        NewestDetection(symbol, clean(pattern, LONGEST_NAME), timeframe, tier, confidence, direction, at)
        for symbol, pattern, timeframe, tier, confidence, direction, at in rows
    ]


async def ages(
    connection: Connection, shape: MarketShape, detections: Sequence[tuple[NewestDetection, float]]
) -> list[float | None]:
    """Bars of each one's symbol and timeframe that ended since, up to the given end of the symbol's newest bar."""
    bars: dict[str, str | None] = {timeframe: shape.bars(timeframe) for timeframe in periods.TIMEFRAMES}
    rows = await connection.fetch(
        f"""
        select ({age(bars)})::float8
          from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality
               as one (symbol, timeframe, detected_at, until, place)
         cross join lateral (select one.until as at) as own order by place
        """,
        [one.symbol for one, _ in detections],
        [one.timeframe for one, _ in detections],
        [_moment(one.at) for one, _ in detections],
        [_moment(_newest_end(one.timeframe, until)) for one, until in detections],
        timeout=SECONDS,
    )
    return [row[0] for row in rows]


def _newest_end(timeframe: str, until: float) -> float:
    """Of the newest bar that is over by then, a day that is not over included: an instant of its period."""
    own = bars_of_age(timeframe)
    if own in periods.SECONDS:
        return until // periods.SECONDS[own] * periods.SECONDS[own]
    begin = periods.begin(own, day_start(trading_date(until)))
    return until if own == "daily" or periods.end(own, begin) <= until else begin - HALF_DAY


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
