"""Which tables and columns a market database has, told as sub-selects of one fixed shape."""

# Only names from this file ever enter SQL, whatever a foreign database calls its columns.
# ruff: noqa: S608

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import asyncpg

TABLES = (
    "ohlcv_1min",
    "ohlcv_hourly",
    "ohlcv_daily",
    "ohlcv_weekly",
    "ohlcv_monthly",
    "symbols",
    "cache_entries",
    "pattern_definitions",
    "daily_patterns",
    "weekly_patterns",
    "monthly_patterns",
    "hourly_patterns",
    "intraday_patterns",
    "daily_intraday_patterns",
    "pattern_detections",
    "indicator_definitions",
    "daily_indicators",
    "intraday_indicators",
    "processing_runs",
)
"""Names that are TickStockPL's, or our stand-in's."""

PATTERN_TABLES: Mapping[str, str] = {
    "daily_patterns": "daily",
    "weekly_patterns": "weekly",
    "monthly_patterns": "monthly",
    "hourly_patterns": "hourly",
    "intraday_patterns": "intraday",
    "daily_intraday_patterns": "combo",
}
"""Each with the timeframe of a row that names none."""

NUMBERS = {"numeric", "double precision", "real", "integer", "bigint", "smallint"}
INDICATOR_TABLES: Mapping[str, str] = {"daily_indicators": "daily", "intraday_indicators": "intraday"}

_COLUMNS = """
select table_name, column_name, data_type from information_schema.columns
where table_schema = 'public' and table_name = any($1::text[])
"""

_WRITABLE = """
select coalesce(bool_or(has_table_privilege(c.oid, 'insert, update, delete, truncate')), false)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p', 'v') and c.relname = any($1::text[])
"""

Columns = Mapping[str, str]
"""Name to type."""


class MarketShape(NamedTuple):
    """Each a sub-select in parentheses, for `from {shape.daily_bars} as bars`; None where the tables are missing.

    Prices and confidence are float8, volume is int8, and whatever a table lacks is null.
    """

    daily_bars: str | None
    """symbol text, day date, open, high, low, close, volume"""
    minute_bars: str | None
    """symbol text, at timestamptz, open, high, low, close, volume"""
    instruments: str | None
    """symbol, name, exchange, currency, type text, active boolean"""
    patterns: str | None
    """symbol, pattern, timeframe text, confidence, direction text, detected_at timestamptz, price"""
    writable: bool
    """The role may write the market, which we never do."""
    indicators: str | None = None
    """symbol, indicator, timeframe text, value float8, at timestamptz, signal text"""

    @property
    def complete(self) -> bool:
        return None not in (self.daily_bars, self.minute_bars, self.instruments, self.patterns, self.indicators)


async def inspect(connection: asyncpg.Connection) -> MarketShape:
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in await connection.fetch(_COLUMNS, TABLES):
        tables.setdefault(table, {})[column] = kind
    return MarketShape(
        daily_bars=_bars("ohlcv_daily", tables, "day", "date"),
        minute_bars=_bars("ohlcv_1min", tables, "at", "timestamp"),
        instruments=_instruments(tables.get("symbols", {})),
        patterns=_patterns(tables),
        writable=bool(await connection.fetchval(_WRITABLE, TABLES)),
        indicators=_indicators(tables),
    )


async def present(connection: asyncpg.Connection) -> tuple[str, ...]:
    """Those of the market's tables that are there, ours or not."""
    found = await connection.fetch(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p', 'v', 'm', 'f') and relname = any($1::text[]) order by 1",
        TABLES,
    )
    return tuple(row[0] for row in found)


def _bars(table: str, tables: Mapping[str, Columns], name: str, source: str) -> str | None:
    columns = tables.get(table, {})
    if not {"symbol", source, "open", "high", "low", "close"} <= columns.keys():
        return None
    start = f'"{source}"::date' if name == "day" else _instant(columns, source)
    prices = ", ".join(f"{price}::float8 as {price}" for price in ("open", "high", "low", "close"))
    volume = _any(columns, ("volume",), "int8")
    return f"(select symbol::text as symbol, {start} as {name}, {prices}, {volume} as volume from public.{table})"


def _instruments(columns: Columns) -> str | None:
    if "symbol" not in columns:
        return None
    name, kind = _any(columns, ("name",), "text"), _any(columns, ("type",), "text")
    exchange = _any(columns, ("exchange", "primary_exchange"), "text")
    said = _any(columns, ("currency_name", "currency"), "text")
    # TickStockPL writes usd; GBp means pence and must stay so.
    currency = f"case when {said} ~ '^[a-z]{{3}}$' then upper({said}) else nullif({said}, '') end"
    active = _any(columns, ("active",), "boolean")
    return (
        f"(select symbol::text as symbol, coalesce({name}, '') as name, coalesce({exchange}, '') as exchange,"
        f" coalesce({currency}, 'USD') as currency, coalesce({kind}, '') as type,"
        f" coalesce({active}, true) as active from public.symbols)"
    )


def _patterns(tables: Mapping[str, Columns]) -> str | None:
    selects = [_tier(table, tables[table], tier) for table, tier in PATTERN_TABLES.items() if table in tables]
    selects.append(_detections(tables.get("pattern_detections", {}), tables.get("pattern_definitions", {})))
    known = [select for select in selects if select is not None]
    return f"({' union all '.join(known)})" if known else None


def _tier(table: str, columns: Columns, tier: str) -> str | None:
    pattern = _first(columns, ("pattern_type", "pattern_name", "pattern"))
    time = _first(columns, ("detection_timestamp", "detected_at"))
    if "symbol" not in columns or pattern is None or time is None:
        return None
    data, metadata = _json(columns, "pattern_data"), _json(columns, "metadata")
    timeframe = _any(columns, ("timeframe",), "text")
    return (
        f"select symbol::text as symbol, {pattern}::text as pattern, coalesce({timeframe}, '{tier}') as timeframe,"
        f" {_any(columns, ('confidence',), 'float8')} as confidence,"
        f" {_direction(pattern, data, metadata)} as direction,"
        f" {_instant(columns, time)} as detected_at, {_price(data)} as price from public.{table}"
    )


def _detections(columns: Columns, definitions: Columns) -> str | None:
    if not {"pattern_id", "symbol", "detected_at"} <= columns.keys() or not {"id", "name"} <= definitions.keys():
        return None
    own = {column: kind for column, kind in columns.items() if column not in definitions}
    data = _json(own, "pattern_data")
    price = f"coalesce({_any(own, ('price_at_detection',), 'float8')}, {_price(data)})"
    return (
        "select detected.symbol::text as symbol, defined.name::text as pattern, 'daily' as timeframe,"
        f" {_any(own, ('confidence',), 'float8')} as confidence,"
        f" {_direction('defined.name', data, 'null::jsonb')} as direction,"
        f" {_instant(columns, 'detected_at')} as detected_at, {price} as price"
        " from public.pattern_detections as detected join public.pattern_definitions as defined"
        " on defined.id = detected.pattern_id"
    )


def _indicators(tables: Mapping[str, Columns]) -> str | None:
    selects = [_values(table, tables[table], tier) for table, tier in INDICATOR_TABLES.items() if table in tables]
    known = [select for select in selects if select is not None]
    return f"({' union all '.join(known)})" if known else None


def _values(table: str, columns: Columns, tier: str) -> str | None:
    name = _first(columns, ("indicator_type", "indicator_name", "indicator"))
    time = _first(columns, ("calculation_timestamp", "calculated_at"))
    if "symbol" not in columns or name is None or time is None:
        return None
    data = _json(columns, _first(columns, ("value_data", "values", "value")) or "")
    plain = _any(columns, ("value",), "float8") if columns.get("value") in NUMBERS else "null::float8"
    said = f"coalesce({data} -> 'signal', {_json(columns, 'metadata')} -> 'signal')"
    return (
        f"select symbol::text as symbol, {name}::text as indicator,"
        f" coalesce({_any(columns, ('timeframe',), 'text')}, '{tier}') as timeframe,"
        f" coalesce({plain}, {_scalar(data, name)}) as value,"
        f" {_instant(columns, time)} as at,"
        f" case when jsonb_typeof({said}) = 'string' then {said} #>> '{{}}' else '' end as signal from public.{table}"
    )


def _scalar(data: str, name: str) -> str:
    """A bare number, or the one called `value`, or the one called like the indicator without its period."""
    kin = f"lower(substring({name}::text from '^[A-Za-z]+'))"
    cases = (
        f"when jsonb_typeof({found}) = 'number' then ({found} #>> '{{}}')::float8"
        for found in (data, f"({data} -> 'value')", f"({data} -> {kin})")
    )
    return f"case {' '.join(cases)} end"


def _direction(pattern: str, data: str, metadata: str) -> str:
    """As stored; where nothing is stored, as the pattern's own name tells."""
    said = f"lower(coalesce({data} ->> 'direction', {metadata} ->> 'direction', {pattern}::text))"
    return f"case when {said} ~ 'bull' then 'bullish' when {said} ~ 'bear' then 'bearish' else 'neutral' end"


def _price(data: str) -> str:
    """Only of numbers: a foreign row may hold anything, and one bad cast would fail the whole page."""
    cases = (
        f"when jsonb_typeof({data} -> '{name}') = 'number' then ({data} ->> '{name}')::float8"
        for name in ("price", "current_price", "entry_price", "close")
    )
    return f"case {' '.join(cases)} end"


def _instant(columns: Columns, name: str) -> str:
    """Times without a zone are UTC."""
    return f'"{name}"' if columns[name] == "timestamp with time zone" else f"\"{name}\"::timestamp at time zone 'UTC'"


def _json(columns: Columns, name: str) -> str:
    return f'"{name}"::jsonb' if columns.get(name) in ("json", "jsonb") else "null::jsonb"


def _first(columns: Columns, names: Sequence[str]) -> str | None:
    return next((name for name in names if name in columns), None)


def _any(columns: Columns, names: Sequence[str], kind: str) -> str:
    """The first of these columns that is there and not null."""
    found = [f"{name}::{kind}" for name in names if name in columns] or [f"null::{kind}"]
    return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]
