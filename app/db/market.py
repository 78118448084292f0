"""Finds which tables and columns a market database has, and describes them as sub-selects of one fixed shape."""

# Only names from this file enter SQL, and schemas as the server itself quotes them.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import asyncpg

from app.db import analysis_tables, reference_tables
from app.db import columns as read
from app.db.columns import DAYS, Columns, Table

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
"""Names that TickStockPL or our own engine uses."""

PRICES = ("open", "high", "low", "close")

EXTRA = ("splits", "latest", "pattern_outcomes", "pattern_statistics")
"""Tables that only our own engine makes; optional."""

# information_schema has no materialized views.
_COLUMNS = """
select quote_ident(n.nspname) as schema, c.relname::text as "table", a.attname::text as "column",
       case when base.oid = 'numeric'::regtype and a.atttypmod > 0 then 'decimal'
            else format_type(base.oid, null) end as kind, a.attnotnull as required
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  join pg_type base on base.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
 where c.relname = any($1::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f')
   and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
   and has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select')
 order by array_position(current_schemas(false), n.nspname), n.nspname
"""

_WRITABLE = """
select coalesce(bool_or(has_table_privilege(c.oid, 'insert, update, delete, truncate')), false)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where quote_ident(n.nspname) = $2 and c.relkind in ('r', 'p', 'v', 'f') and c.relname = any($1::text[])
"""

NEEDED: Mapping[str, str] = {
    "daily_bars": "daily bars (ohlcv_daily)",
    "minute_bars": "minute bars (ohlcv_1min)",
    "instruments": "symbols (symbols)",
    "patterns": "patterns (daily_patterns and its kin)",
    "indicators": "indicators (daily_indicators and its kin)",
}
"""What pages require, with the words for a missing one."""


class MarketShape(NamedTuple):
    """Each is a sub-select in parentheses, for `from {shape.daily_bars} as bars`; None if the tables are missing.

    Prices and confidence are float8, volume is int8; missing columns are null. Bars also have `whole boolean`: each
    price is present and a number.
    """

    daily_bars: str | None
    """symbol text, day date, open, high, low, close, volume"""
    minute_bars: str | None
    """symbol text, at timestamptz, open, high, low, close, volume"""
    instruments: str | None
    """symbol, name, exchange, currency, type text, active boolean, listed date, sector, industry text,
    cap float8; sector and industry may be null"""
    patterns: tuple[str, ...]
    """One per table, for analysis_tables.first_of_all."""
    writable: bool
    """Whether the role may write the market, which pages never do."""
    indicators: tuple[str, ...] = ()
    """One for each table: symbol, indicator, timeframe text, value float8, at timestamptz, signal text"""
    hourly_bars: str | None = None
    """as minute_bars"""
    weekly_bars: str | None = None
    """as daily_bars; `day` is the Monday, whichever end of the week the table names"""
    monthly_bars: str | None = None
    """as daily_bars, `day` the first of the month"""
    exact_minutes: str | None = None
    """as minute_bars, with prices as decimals if stored so: comparing them is faster than casting"""
    splits: str | None = None
    """symbol text, day date, ratio float8"""
    definitions: str | None = None
    """pattern, timeframe, about, logic text: what the engine looks for; the first two may be null"""
    outcomes: str | None = None
    """symbol, pattern, timeframe text, detected_at timestamptz, direction text, price, return_1, return_5, return_20
    numbers: change of the close so many bars later, 0.01 for 1 %; null where it is not known yet"""
    past_outcomes: str | None = None
    """of detections that are no longer kept: pattern, timeframe, direction text, and for 1, 5 and 20 bars outcomes_1,
    rises_1, falls_1 int8, return_1_sum numeric"""
    latest: str | None = None
    """one row for each timeframe, running and symbol: LATEST_KEY of reference_tables and EVERY of latest_columns"""
    universes: str | None = None
    """name, key, symbol text: the members now"""

    def bars(self, timeframe: str) -> str | None:
        """The sub-select with stored bars of that timeframe; None for those that are made of minutes."""
        return {
            "1min": self.minute_bars,
            "hourly": self.hourly_bars,
            "daily": self.daily_bars,
            "weekly": self.weekly_bars,
            "monthly": self.monthly_bars,
        }.get(timeframe)

    @property
    def complete(self) -> bool:
        return not self.lacking()

    @property
    def settled(self) -> bool:
        """Whether no table is missing that an engine may still make."""
        return self.complete and self.latest is not None

    def lacking(self, *parts: str) -> list[str]:
        """The missing ones of these parts, or of all that pages require, in words."""
        return [NEEDED[part] for part in parts or NEEDED if not getattr(self, part)]


Price = Callable[[Columns, str], str]


async def inspect(connection: asyncpg.Connection, *, exact: bool = False) -> MarketShape:
    """Inspects the schema that has most of the tables; of equals the first in search_path.

    `exact`: prices stay decimals if stored so.
    """
    price = read.exact if exact else read.number
    schemas = _schemas(await connection.fetch(_COLUMNS, (*TABLES, *EXTRA)))
    schema = max(schemas, key=lambda name: len(schemas[name]), default="public")
    tables = schemas.get(schema, {})
    return MarketShape(
        daily_bars=_days(price, tables.get("ohlcv_daily"), ("date", "day", "timestamp")),
        minute_bars=_instants(price, tables.get("ohlcv_1min")),
        instruments=reference_tables.instruments(tables.get("symbols")),
        patterns=analysis_tables.patterns(tables),
        writable=bool(await connection.fetchval(_WRITABLE, TABLES, schema)),
        indicators=analysis_tables.indicators(tables),
        hourly_bars=_instants(price, tables.get("ohlcv_hourly")),
        weekly_bars=_days(price, tables.get("ohlcv_weekly"), ("week_start",), "week_ending"),
        monthly_bars=_days(price, tables.get("ohlcv_monthly"), ("month_start",), "month_ending"),
        exact_minutes=_instants(read.exact, tables.get("ohlcv_1min")),
        splits=reference_tables.splits(tables.get("splits")),
        definitions=analysis_tables.definitions(tables.get("pattern_definitions")),
        outcomes=analysis_tables.outcomes(tables.get("pattern_outcomes")),
        past_outcomes=analysis_tables.past_outcomes(tables.get("pattern_statistics")),
        latest=reference_tables.latest(tables.get("latest")),
        universes=reference_tables.universes(tables.get("cache_entries")),
    )


def _schemas(rows: Iterable[asyncpg.Record]) -> dict[str, dict[str, Table]]:
    """Tables by schema and name, in the order of search_path."""
    columns: dict[tuple[str, str], dict[str, str]] = {}
    required: dict[tuple[str, str], set[str]] = {}
    for schema, table, column, kind, never_null in rows:
        columns.setdefault((schema, table), {})[column] = kind
        if never_null:
            required.setdefault((schema, table), set()).add(column)
    schemas: dict[str, dict[str, Table]] = {}
    for (schema, table), kinds in columns.items():
        never = frozenset(required.get((schema, table), ()))
        schemas.setdefault(schema, {})[table] = Table(f"{schema}.{table}", kinds, never)
    return schemas


async def present(connection: asyncpg.Connection) -> tuple[str, ...]:
    """The market's tables that exist, in whatever schema and whoever made them."""
    rows = await connection.fetch(
        "select distinct relname::text from pg_class join pg_namespace n on n.oid = relnamespace"
        " where nspname not in ('pg_catalog', 'information_schema') and has_schema_privilege(n.oid, 'usage')"
        " and relkind in ('r', 'p', 'v', 'm', 'f') and relname = any($1::text[]) order by 1",
        TABLES,
    )
    return tuple(row[0] for row in rows)


def _days(price: Price, table: Table | None, starts: Sequence[str], ends: str | None = None) -> str | None:
    if table is None:
        return None
    column = read.first(table.columns, starts)
    if column:
        return _bars(price, table, read.day(table.columns, column), "day")
    last = read.day(table.columns, ends) if ends and ends in table.columns else None
    return _bars(price, table, last and f"date_trunc('{ends[:-7]}', {last})::date", "day") if ends else None


def _instants(price: Price, table: Table | None) -> str | None:
    name = table and read.first(table.columns, ("timestamp", "time", "ts"))
    return _bars(price, table, read.instant(table.columns, name), "at") if table and name else None


def _bars(price: Price, table: Table, start: str | None, start_name: str) -> str | None:
    if table.symbol is None or start is None or not set(PRICES) <= table.columns.keys():
        return None
    prices = ", ".join(f"{price(table.columns, name)} as {name}" for name in PRICES)
    return (
        f"(select {table.symbol}::text as symbol, {start} as {start_name}, {prices},"
        f" {read.whole(table.columns, 'volume')} as volume, {_whole(table)} as whole from {table.name}"
        f" where {table.symbol} is not null and {start} {DAYS})"
    )


def _whole(table: Table) -> str:
    """Whether each price is present and a number, by the stored columns: casting to float8 takes longer.

    Written so that the planner expects most rows to be whole and uses the index by time: for `num_nonnulls(…) = 4` it
    expects one in two hundred.
    """
    prices = {name: read.exact(table.columns, name) for name in PRICES}
    there = [f"{price} is not null" for name, price in prices.items() if name not in table.required]
    # NaN is above every number.
    numbers = [f"not greatest({', '.join(prices.values())}) >= {read.BIG}", f"not {prices['low']} <= -{read.BIG}"]
    return f"({' and '.join([*there, *numbers])})"
