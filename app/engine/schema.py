"""Whether a market schema that is not ours can take what the engine writes."""

from collections.abc import Mapping

from asyncpg import Connection

BAR = {"open", "high", "low", "close", "volume"}

COLUMNS: Mapping[str, set[str]] = {
    "symbols": {"symbol", "active"},
    "ohlcv_1min": {"symbol", "timestamp", *BAR},
    "ohlcv_daily": {"symbol", "date", *BAR},
    "daily_patterns": {
        "symbol", "pattern_type", "timeframe", "detection_timestamp", "expiration_date", "confidence", "pattern_data",
    },
    "intraday_patterns": {
        "symbol", "pattern_type", "timeframe", "detection_timestamp", "expiration_timestamp", "confidence",
        "pattern_data",
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
"""What must be unique, or writing something twice would double it."""


async def missing(connection: Connection) -> list[str]:
    """In words, table by table; empty when the engine can work here."""
    columns = await _sets(
        connection,
        """
        select table_name::text as name, array_agg(column_name::text) as members
          from information_schema.columns
         where table_schema = any(current_schemas(false)) and table_name = any($1::text[])
         group by table_name
        """,
    )
    keys = await _sets(
        connection,
        """
        select class.relname::text as name, array_agg(attribute.attname::text) as members
          from pg_index as key
          join pg_class as class on class.oid = key.indrelid
          join pg_attribute as attribute
            on attribute.attrelid = class.oid and attribute.attnum = any(key.indkey::int2[])
         where key.indisunique and key.indpred is null and pg_table_is_visible(class.oid)
           and class.relname = any($1::text[])
         group by class.relname, key.indexrelid
        """,
    )
    lacking = []
    for table, needed in COLUMNS.items():
        absent = needed - set().union(*columns.get(table, [set()]))
        if absent:
            lacking.append(f"{table} ({', '.join(sorted(absent))})")
        elif KEYS[table] not in keys.get(table, []):
            lacking.append(f"{table} (unique {', '.join(sorted(KEYS[table]))})")
    return lacking


async def _sets(connection: Connection, query: str) -> dict[str, list[set[str]]]:
    found: dict[str, list[set[str]]] = {}
    for row in await connection.fetch(query, list(COLUMNS)):
        found.setdefault(row["name"], []).append(set(row["members"]))
    return found
