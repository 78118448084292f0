"""Database queries for the newest bars of a symbol with what was computed of them."""

from collections.abc import Mapping
from typing import NamedTuple

from asyncpg import Connection

from app.finance import periods

# Only names of MarketShape and of the catalogue enter SQL.
# ruff: noqa: S608

OWN_TABLE = "app.latest"
"""For a market database that has none."""
COLUMNS = (
    "close", "chg", "volume", "relvol", "sma20", "sma50", "sma200", "ema12", "ema26", "macd", "macd_signal",
    "macd_histogram", "adx14", "adx14_plus", "adx14_minus", "rs20", "rsi14", "stoch14", "atr14", "atrp14", "bb20",
    "bb20_upper", "bb20_lower", "volatility20", "beta252", "avg20_volume", "rsi14_1",
)  # fmt: skip


class LatestBar(NamedTuple):
    """`running`: the day as it stands rather than the newest closed bar. `at`: its end, UTC epoch seconds. `values`:
    of COLUMNS, None where there are too few bars."""

    timeframe: str
    running: bool
    at: float
    values: Mapping[str, float | None]


async def latest_bars(connection: Connection, table: str, symbol: str) -> list[LatestBar]:
    """In any order. `table`: with the columns of latest_columns."""
    rows = await connection.fetch(
        f"select timeframe, running, extract(epoch from at)::float8 as at, {', '.join(COLUMNS)} from {table} as latest"
        " where timeframe = any($2::text[]) and running = any('{false,true}'::boolean[]) and symbol = $1",
        symbol,
        list(periods.TIMEFRAMES),
    )
    return [
        LatestBar(row["timeframe"], row["running"], row["at"], {name: row[name] for name in COLUMNS}) for row in rows
    ]
