"""Sub-selects of one fixed shape over the tables of patterns and indicators of a market database."""

# ruff: noqa: S608

from collections.abc import Mapping, Sequence

from app.db import columns as read
from app.db.columns import DAYS, SYMBOL, Columns, Table

PATTERN_TABLES: Mapping[str, str] = {
    "daily_patterns": "daily",
    "weekly_patterns": "weekly",
    "monthly_patterns": "monthly",
    "hourly_patterns": "hourly",
    "intraday_patterns": "intraday",
    "daily_intraday_patterns": "combo",
}
"""Each with the timeframe of rows that name none."""

TIERS: Mapping[str, str] = {
    "hourly_patterns": "intraday",
    "intraday_patterns": "intraday",
    "daily_intraday_patterns": "combo",
}
"""The tier of the detections in a table; "daily" of those in others."""

HORIZONS = (1, 5, 20)
"""Bars after a detection whose returns our engine stores."""

INDICATOR_TABLES: Mapping[str, str] = {"daily_indicators": "daily", "intraday_indicators": "intraday"}


def patterns(tables: Mapping[str, Table]) -> tuple[str, ...]:
    """One sub-select per readable table, for first_of_all: symbol, pattern, timeframe, tier text, confidence float8 as
    stored, data and metadata jsonb, detected_at and until (the end of its validity) timestamptz, price float8 if there
    is a column."""
    selects = [_patterns(tables.get(name), name) for name in PATTERN_TABLES]
    return _readable([*selects, _detections(tables.get("pattern_detections"), tables.get("pattern_definitions"))])


def indicators(tables: Mapping[str, Table]) -> tuple[str, ...]:
    """One sub-select per readable table."""
    return _readable([_values(tables.get(name), tier) for name, tier in INDICATOR_TABLES.items()])


def definitions(table: Table | None) -> str | None:
    """Pattern, timeframe, about, logic text."""
    if table is None or "name" not in table.columns:
        return None
    listed = table.columns.get("applicable_timeframes", "").endswith("[]")
    timeframes = "coalesce(applicable_timeframes::text[], '{}')" if listed else "'{}'::text[]"
    return (
        f"(select name::text as pattern, timeframe,"
        f" coalesce({read.text(table.columns, 'short_description', 'description')}, '') as about,"
        f" coalesce({read.text(table.columns, 'basic_logic_description')}, '') as logic from {table.name}"
        f" left join lateral unnest({timeframes}) as timeframe on true where name is not null)"
    )


def outcomes(table: Table | None) -> str | None:
    """Numbers as stored: casting millions of them takes longer than adding them up."""
    returns = [f"return_{bars}" for bars in HORIZONS]
    needed = ("symbol", "pattern_type", "timeframe", "detection_timestamp", "direction", "price", *returns)
    if table is None or not set(needed) <= table.columns.keys():
        return None
    at = read.instant(table.columns, "detection_timestamp")
    if at is None or not {table.columns[name] for name in ("price", *returns)} <= read.NUMBERS:
        return None
    return (
        f"(select symbol::text as symbol, pattern_type::text as pattern, timeframe::text as timeframe,"
        f" {at} as detected_at, direction::text as direction, price, {', '.join(returns)} from {table.name})"
    )


def past_outcomes(table: Table | None) -> str | None:
    sums = [f"{name}_{bars}" for bars in HORIZONS for name in ("outcomes", "rises", "falls")]
    sums += [f"return_{bars}_sum" for bars in HORIZONS]
    if table is None or not {"pattern_type", "timeframe", "direction", *sums} <= table.columns.keys():
        return None
    return (
        f"(select pattern_type::text as pattern, timeframe::text as timeframe, direction::text as direction,"
        f" {', '.join(sums)} from {table.name})"
    )


def first_of_all(selects: Sequence[str], conditions: Sequence[str], order: str, limit: str) -> str:
    """The first patterns of several tables in one order, as one sub-select: symbol, pattern, timeframe, tier text,
    confidence 0 to 1, direction text, detected_at and until timestamptz, price float8, data jsonb.

    `conditions` must all hold, on what `patterns` gives; `order` and `limit` are SQL. Each table is ordered and cut by
    itself, so that its index by that order answers it: PostgreSQL orders a union as a whole only after it has read the
    whole. What the JSON says is read of the rows that are left, by one expression: a copy for each table takes longer
    to plan than all of it to execute.
    """
    where = f" where {' and '.join(conditions)}" if conditions else ""
    cut = f" order by {order} limit {limit}"
    parts = (f"(select * from {select} as one{where}{cut})" for select in selects)
    return (
        f"(select symbol, pattern, timeframe, tier, {CONFIDENCE} as confidence, {DIRECTION} as direction,"
        f" detected_at, until, data, coalesce(price, {_PRICE}) as price"
        f" from ({' union all '.join(parts)}) as every{cut})"
    )


def _readable(selects: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(f"({select})" for select in selects if select is not None)


def _patterns(table: Table | None, name: str) -> str | None:
    if table is None:
        return None
    columns, symbol = table.columns, table.symbol
    pattern = read.first(columns, ("pattern_type", "pattern_name", "pattern"))
    at = _time(columns, ("detection_timestamp", "detected_at", "timestamp"))
    until = _time(columns, ("expiration_timestamp", "expiration_date", "expires_at"))
    if symbol is None or pattern is None or at is None:
        return None
    return (
        f"select {symbol}::text as symbol, {pattern}::text as pattern,"
        f" {_timeframe(table, PATTERN_TABLES[name])} as timeframe, '{TIERS.get(name, 'daily')}'::text as tier,"
        f" {read.number(columns, 'confidence')} as confidence, {read.json(columns, 'pattern_data')} as data,"
        f" {read.json(columns, 'metadata')} as metadata, {at} as detected_at,"
        f" {until or 'null::timestamptz'} as until, null::float8 as price from {table.name}"
        f" where {symbol} is not null and {pattern} is not null and {at} {DAYS}"
    )


def _detections(table: Table | None, definitions: Table | None) -> str | None:
    if table is None or definitions is None or not {"id", "name"} <= definitions.columns.keys():
        return None
    # Names that both have would be ambiguous.
    own = {column: kind for column, kind in table.columns.items() if column not in definitions.columns}
    at = _time(own, ("detected_at", "detection_timestamp"))
    symbol = read.first(own, SYMBOL)
    if symbol is None or at is None or "pattern_id" not in own:
        return None
    return (
        f"select detected.{symbol}::text as symbol, defined.name::text as pattern,"
        f" 'daily' as timeframe, 'daily' as tier,"
        f" {read.number(own, 'confidence')} as confidence, {read.json(own, 'pattern_data')} as data,"
        f" null::jsonb as metadata, {at} as detected_at, null::timestamptz as until,"
        f" {read.finite(read.number(own, 'price_at_detection'))} as price"
        f" from {table.name} as detected join {definitions.name} as defined"
        f" on defined.id::text = detected.pattern_id::text"
        f" where detected.{symbol} is not null and defined.name is not null and {at} {DAYS}"
    )


def _values(table: Table | None, tier: str) -> str | None:
    if table is None:
        return None
    columns, symbol = table.columns, table.symbol
    name = read.first(columns, ("indicator_type", "indicator_name", "indicator"))
    at = _time(columns, ("calculation_timestamp", "calculated_at", "timestamp"))
    if symbol is None or name is None or at is None:
        return None
    data = read.json(columns, read.first(columns, ("value_data", "values", "value")))
    signal = f"coalesce({data} -> 'signal', {read.json(columns, 'metadata')} -> 'signal')"
    return (
        f"select {symbol}::text as symbol, {name}::text as indicator,"
        f" {_timeframe(table, tier)} as timeframe,"
        f" coalesce({read.number(columns, 'value')}, {_scalar(data, name)}) as value, {at} as at,"
        f" case when jsonb_typeof({signal}) = 'string' then {signal} #>> '{{}}' else '' end as signal from {table.name}"
        f" where {symbol} is not null and {name} is not null and {at} {DAYS}"
    )


def _timeframe(table: Table, tier: str) -> str:
    """The bare column if it is never null: no index matches an expression with `coalesce`."""
    column = read.text(table.columns, "timeframe")
    return column if "timeframe" in table.required else f"coalesce({column}, '{tier}')"


def _time(columns: Columns, names: Sequence[str]) -> str | None:
    name = read.first(columns, names)
    return read.instant(columns, name) if name else None


def _scalar(data: str, name: str) -> str:
    """A bare number, or the key `value`, or the key that is the indicator's name without its period."""
    kin = f"lower(substring({name}::text from '^[A-Za-z]+'))"
    cases = (_read(candidate) for candidate in (data, f"({data} -> 'value')", f"({data} -> {kin})"))
    return f"case {' '.join(cases)} end"


def _read(json_value: str) -> str:
    """A `case` branch, used if the JSON value is a number that fits a float."""
    number = f"({json_value} #>> '{{}}')::numeric"
    in_range = f"case when jsonb_typeof({json_value}) = 'number' then abs({number}) < {read.BIG} end"
    return f"when {in_range} then {number}::float8"


CONFIDENCE = (
    "case when confidence between 0 and 1 then confidence when confidence between 1 and 100 then confidence / 100 end"
)
"""Some engines count from 0 to 100."""

_SIDE = "lower(coalesce(data ->> 'direction', metadata ->> 'direction', pattern))"
DIRECTION = f"case when {_SIDE} ~ 'bull' then 'bullish' when {_SIDE} ~ 'bear' then 'bearish' else 'neutral' end"
"""As stored, else from the pattern's name."""

_PRICES = [_read(f"(data -> '{name}')") for name in ("price", "current_price", "entry_price", "close")]
_PRICE = f"case {' '.join(_PRICES)} end"
"""Only numbers are cast: one bad cast of a foreign row would fail the whole page."""
