"""Patterns and indicators of a market database, as sub-selects of one fixed shape."""

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
"""Each with the timeframe of a row that names none."""

INDICATOR_TABLES: Mapping[str, str] = {"daily_indicators": "daily", "intraday_indicators": "intraday"}


def patterns(tables: Mapping[str, Table]) -> tuple[str, ...]:
    """A sub-select of each table that can be read."""
    selects = [_tier(tables.get(name), tier) for name, tier in PATTERN_TABLES.items()]
    return _readable([*selects, _detections(tables.get("pattern_detections"), tables.get("pattern_definitions"))])


def indicators(tables: Mapping[str, Table]) -> tuple[str, ...]:
    """A sub-select of each table that can be read."""
    return _readable([_values(tables.get(name), tier) for name, tier in INDICATOR_TABLES.items()])


def first_of_all(selects: Sequence[str], conditions: Sequence[str], order: str, limit: str) -> str:
    """The first rows of several sub-selects in one order, as one sub-select.

    `conditions` must all hold; `order` and `limit` are SQL. Each sub-select is ordered and cut by itself, so that each
    table's index by that order answers it: PostgreSQL orders a union as a whole only after it has read the whole.
    """
    where = f" where {' and '.join(conditions)}" if conditions else ""
    cut = f" order by {order} limit {limit}"
    parts = (f"(select * from {select} as one{where}{cut})" for select in selects)
    return f"(select * from ({' union all '.join(parts)}) as every{cut})"


def _readable(selects: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(f"({select})" for select in selects if select is not None)


def _tier(table: Table | None, tier: str) -> str | None:
    if table is None:
        return None
    columns, symbol = table.columns, table.symbol
    pattern = read.first(columns, ("pattern_type", "pattern_name", "pattern"))
    at = _time(columns, ("detection_timestamp", "detected_at", "timestamp"))
    if symbol is None or pattern is None or at is None:
        return None
    data, metadata = read.json(columns, "pattern_data"), read.json(columns, "metadata")
    return (
        f"select {symbol}::text as symbol, {pattern}::text as pattern,"
        f" {_timeframe(table, tier)} as timeframe,"
        f" {_confidence(columns)} as confidence, {_direction(pattern, data, metadata)} as direction,"
        f" {at} as detected_at, {_price(data)} as price from {table.name}"
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
    data = read.json(own, "pattern_data")
    price = f"coalesce({read.finite(read.number(own, 'price_at_detection'))}, {_price(data)})"
    return (
        f"select detected.{symbol}::text as symbol, defined.name::text as pattern, 'daily' as timeframe,"
        f" {_confidence(own)} as confidence, {_direction('defined.name', data, 'null::jsonb')} as direction,"
        f" {at} as detected_at, {price} as price"
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
    said = f"coalesce({data} -> 'signal', {read.json(columns, 'metadata')} -> 'signal')"
    return (
        f"select {symbol}::text as symbol, {name}::text as indicator,"
        f" {_timeframe(table, tier)} as timeframe,"
        f" coalesce({read.number(columns, 'value')}, {_scalar(data, name)}) as value, {at} as at,"
        f" case when jsonb_typeof({said}) = 'string' then {said} #>> '{{}}' else '' end as signal from {table.name}"
        f" where {symbol} is not null and {name} is not null and {at} {DAYS}"
    )


def _timeframe(table: Table, tier: str) -> str:
    """The column itself where it is never null: no index knows what `coalesce` makes of it."""
    said = read.text(table.columns, "timeframe")
    return said if "timeframe" in table.required else f"coalesce({said}, '{tier}')"


def _time(columns: Columns, names: Sequence[str]) -> str | None:
    name = read.first(columns, names)
    return read.instant(columns, name) if name else None


def _confidence(columns: Columns) -> str:
    """Some count from 0 to 100."""
    said = read.number(columns, "confidence")
    return f"case when {said} between 0 and 1 then {said} when {said} between 1 and 100 then {said} / 100 end"


def _scalar(data: str, name: str) -> str:
    """A bare number, or the one called `value`, or the one called like the indicator without its period."""
    kin = f"lower(substring({name}::text from '^[A-Za-z]+'))"
    cases = (_read(found) for found in (data, f"({data} -> 'value')", f"({data} -> {kin})"))
    return f"case {' '.join(cases)} end"


def _direction(pattern: str, data: str, metadata: str) -> str:
    """As stored; where nothing is stored, as the pattern's own name tells."""
    said = f"lower(coalesce({data} ->> 'direction', {metadata} ->> 'direction', {pattern}::text))"
    return f"case when {said} ~ 'bull' then 'bullish' when {said} ~ 'bear' then 'bearish' else 'neutral' end"


def _price(data: str) -> str:
    """Only of numbers: a foreign row may hold anything, and one bad cast would fail the whole page."""
    cases = (_read(f"({data} -> '{name}')") for name in ("price", "current_price", "entry_price", "close"))
    return f"case {' '.join(cases)} end"


def _read(found: str) -> str:
    """A branch that is taken where the JSON is a number, and one that a float holds."""
    number = f"({found} #>> '{{}}')::numeric"
    held = f"case when jsonb_typeof({found}) = 'number' then abs({number}) < {read.BIG} end"
    return f"when {held} then {number}::float8"
