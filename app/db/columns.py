"""SQL that reads columns that may be missing or of another type; no stored value makes it fail."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Columns = Mapping[str, str]
"""Column name to type; `decimal` is a numeric with a precision that fits a float."""

INTEGERS = {"smallint", "integer", "bigint"}
FLOATS = {"real", "double precision"}
NUMBERS = {*INTEGERS, *FLOATS, "decimal", "numeric"}
TEXTS = {"text", "character varying", "character", "name"}
DATES = {"date", "timestamp without time zone", "timestamp with time zone"}

BIG = "1e15"
FIGURES = r"^\s*[+-]?\d{1,15}(\.\d{0,15})?\s*$"
DAY = r"^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])"
"""Days of any month up to the 28th; later days are checked one by one below."""
LATE_DAY = (
    r"^((19|20|21)\d\d-((0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    r"|((19|20|21)(0[48]|[2468][048]|[13579][26])|2000)-02-29)"
)
CLOCK = r"([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?)?$"


SYMBOL = ("symbol", "ticker")
DAYS = "between '1900-01-01' and '2199-12-31'"
"""The range that Python's calendar and ours share; foreign rows may lie at infinity."""


class Table(NamedTuple):
    name: str
    """With its schema."""
    columns: Columns
    required: frozenset[str] = frozenset()
    """Columns declared not null."""

    @property
    def symbol(self) -> str | None:
        return first(self.columns, SYMBOL)


def first(columns: Columns, names: Sequence[str]) -> str | None:
    return next((name for name in names if name in columns), None)


def text(columns: Columns, *names: str) -> str:
    """The first of these columns that exists and is not null."""
    return _coalesced([f'"{name}"::text' for name in names if name in columns], "text")


def number(columns: Columns, *names: str) -> str:
    """As float8."""
    readings = [_number(f'"{name}"', columns[name]) for name in names if name in columns]
    return _coalesced([each for each in readings if each], "float8")


def exact(columns: Columns, name: str) -> str:
    """A decimal as stored, anything else as float8: casting every price takes longer than comparing it."""
    return f'"{name}"' if columns.get(name) == "decimal" else number(columns, name)


def finite(value: str) -> str:
    """Null for NaN and infinities. NaN sorts above every number."""
    return f"case when {value} > -{BIG} and {value} < {BIG} then {value} end"


def whole(columns: Columns, name: str) -> str:
    """As int8, for counts."""
    kind = columns.get(name)
    value = f'"{name}"' if kind in INTEGERS else number(columns, name)
    return f"case when {value} between 0 and {BIG} then {value}::int8 end"


def flag(columns: Columns, name: str) -> str:
    kind = columns.get(name)
    if kind == "boolean":
        return f'"{name}"'
    if kind in INTEGERS:
        return f'"{name}" <> 0'
    if kind in TEXTS:
        return f"lower(\"{name}\") in ('t', 'true', 'y', 'yes', '1', 'active')"
    return "null::boolean"


def json(columns: Columns, name: str | None) -> str:
    return f'"{name}"::jsonb' if name and columns.get(name) in ("json", "jsonb") else "null::jsonb"


def instant(columns: Columns, name: str) -> str | None:
    """As timestamptz; times without a zone are UTC. None if the type holds no time."""
    column, kind = f'"{name}"', columns[name]
    if kind == "timestamp with time zone":
        return column
    if kind in DATES:
        return f"{column}::timestamp at time zone 'UTC'"
    if kind in TEXTS:
        is_time = f"{column} ~ '{DAY}{CLOCK}' or {column} ~ '{LATE_DAY}{CLOCK}'"
        return f"case when {is_time} then {column}::timestamptz end"
    if kind in NUMBERS:
        return f"case when {column} between -1e10 and 1e10 then to_timestamp({column}::float8) end"
    return None


def day(columns: Columns, name: str) -> str | None:
    """As date, of an instant its date in UTC. None if the type holds no date."""
    if columns[name] in ("date", "timestamp without time zone"):
        return f'"{name}"' if columns[name] == "date" else f'"{name}"::date'
    at = instant(columns, name)
    return at and f"({at} at time zone 'UTC')::date"


def _number(column: str, kind: str) -> str | None:
    if kind == "numeric":  # a float cannot hold 1e400, and the cast would fail
        return f"case when {column} between -{BIG} and {BIG} then {column}::float8 end"
    if kind in NUMBERS:
        return f"{column}::float8"
    if kind in TEXTS:
        return f"case when {column} ~ '{FIGURES}' then {column}::float8 end"
    return f"{column}::numeric::float8" if kind == "money" else None


def _coalesced(expressions: Sequence[str], kind: str) -> str:
    if not expressions:
        return f"null::{kind}"
    return f"coalesce({', '.join(expressions)})" if len(expressions) > 1 else expressions[0]
