"""Checks that a foreign market schema has the columns and unique keys that the engine needs."""

from collections.abc import Mapping

from app.db.pools import Pool
from app.engine.storage import bars

BAR = {"open", "high", "low", "close", "volume"}

COLUMNS: Mapping[str, set[str]] = {
    "symbols": {"symbol", "active"},
    "ohlcv_1min": {"symbol", "timestamp", *BAR},
    "ohlcv_daily": {"symbol", "date", *BAR},
    "daily_patterns": {
        "symbol", "pattern_type", "timeframe", "detection_timestamp", "expiration_date", "confidence", "pattern_data",
        "levels",
    },
    "intraday_patterns": {
        "symbol", "pattern_type", "timeframe", "detection_timestamp", "expiration_timestamp", "confidence",
        "pattern_data", "levels",
    },
    "daily_indicators": {
        "symbol", "indicator_type", "timeframe", "calculation_timestamp", "expiration_date", "value_data",
    },
    "intraday_indicators": {
        "symbol", "indicator_type", "timeframe", "calculation_timestamp", "expiration_timestamp", "value_data",
    },
    "processing_runs": {
        "run_id", "trigger_type", "status", "phase", "started_at", "completed_at", "symbols_total",
        "symbols_processed", "error_message",
    },
}  # fmt: skip

KEYS: Mapping[str, set[str]] = {
    "symbols": {"symbol"},
    "ohlcv_1min": {"symbol", "timestamp"},
    "ohlcv_daily": {"symbol", "date"},
    "daily_patterns": {"symbol", "pattern_type", "timeframe", "detection_timestamp"},
    "intraday_patterns": {"symbol", "pattern_type", "timeframe", "detection_timestamp"},
    "daily_indicators": {"symbol", "indicator_type", "timeframe", "calculation_timestamp"},
    "intraday_indicators": {"symbol", "indicator_type", "timeframe", "calculation_timestamp"},
    "processing_runs": {"run_id"},
}
"""Unique keys, without which a repeated write would duplicate rows."""


async def missing(pool: Pool) -> list[str]:
    """One text for each lacking table; empty where the engine can work."""
    async with pool.acquire() as connection:
        columns = await bars.columns(connection, list(COLUMNS))
        keys = await bars.unique_keys(connection, list(COLUMNS))
    lacking = []
    for table, needed in COLUMNS.items():
        absent = needed - columns.get(table, set())
        if absent:
            lacking.append(f"{table} ({', '.join(sorted(absent))})")
        elif KEYS[table] not in keys.get(table, []):
            lacking.append(f"{table} (unique {', '.join(sorted(KEYS[table]))})")
    return lacking
