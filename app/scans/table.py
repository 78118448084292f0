"""A scan as a table for programs."""

from collections.abc import Iterable, Sequence

from app.scans.cells import Values
from app.scans.columns import CHANGE, LAST, ScreenColumn, ValueKind, value
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument

PERCENT = frozenset((ValueKind.CHANGE, ValueKind.DISTANCE, ValueKind.PERCENT))


def scan_document(
    columns: Sequence[ScreenColumn], rows: Iterable[tuple[str, str, float, Values]], zone: str, as_of: float
) -> TableDocument:
    """`rows`: symbol, name, end of the newest bar in UTC epoch seconds, and values; `columns`: behind price and
    change. Percentages are in points."""
    every = (LAST, CHANGE, *columns)
    heads = [
        TableColumn("symbol", "Symbol"),
        TableColumn("name", "Name"),
        TableColumn("time", "Time", ColumnKind.TIME),
        *value_columns(every),
    ]
    cells = [(symbol, name, at, *numbers(every, values)) for symbol, name, at, values in rows]
    return TableDocument("scan", heads, cells, zone, as_of)


def value_columns(columns: Iterable[ScreenColumn]) -> list[TableColumn]:
    return [TableColumn(each.name, _label(each), _kind(each), _unit(each)) for each in columns]


def numbers(columns: Iterable[ScreenColumn], values: Values) -> Iterable[Cell]:
    for column in columns:
        one = value(column, values)
        yield round(one, 6) if isinstance(one, float) else one


def _kind(column: ScreenColumn) -> ColumnKind:
    return ColumnKind.TEXT if column.kind is ValueKind.TEXT else ColumnKind.NUMBER


def _label(column: ScreenColumn) -> str:
    return column.label.removesuffix(", %")


def _unit(column: ScreenColumn) -> str:
    return "%" if column.kind in PERCENT else ""
