"""Values of a table of symbols as text, with the style of their cells."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.finance.instrument import Instrument
from app.identity import View
from app.scans.columns import CellValue, ScreenColumn, Source, ValueKind, number, value
from app.web import numbers
from app.web.filters import tone, words

Values = Mapping[Source, CellValue]
"""Of a `latest` row and of the newest detection."""


class TextCell(NamedTuple):
    text: str
    style: str
    """CSS classes."""
    title: str = ""
    url: str = ""
    """Of a scan with the rule that fits the value."""


class Heading(NamedTuple):
    label: str
    style: str
    """CSS classes."""
    order: str
    """ascending or descending, where the table is sorted by it; else empty."""
    url: str
    """Of the table sorted by it; empty where it cannot be."""


def units(columns: Iterable[ScreenColumn], rows: Sequence[Values]) -> dict[str, str]:
    """K, M, B or T for each column of volumes, by name: it stands in the heading and not in the cells."""
    return {
        column.name: numbers.volume_unit(number(column, row) for row in rows)
        for column in columns
        if column.kind is ValueKind.VOLUME
    }


def label(column: ScreenColumn, units: Mapping[str, str]) -> str:
    unit = units.get(column.name)
    return f"{column.label}, {unit}" if unit else column.label


def cells(
    columns: Iterable[ScreenColumn], row: Values, instrument: Instrument, units: Mapping[str, str], view: View
) -> list[TextCell]:
    return [
        _with_cases(column, row, _cell(column, row, instrument, units.get(column.name, ""), view)) for column in columns
    ]


def _with_cases(column: ScreenColumn, row: Values, cell: TextCell) -> TextCell:
    cases = row[column.cases] if column.cases else None
    return cell._replace(title=f"of {cases:.0f}") if isinstance(cases, float) else cell


def _cell(column: ScreenColumn, row: Values, instrument: Instrument, unit: str, view: View) -> TextCell:
    one = value(column, row)
    return TextCell(words(one), column.style) if isinstance(one, str) else _number(column, one, instrument, unit, view)


def _number(column: ScreenColumn, number: float | None, instrument: Instrument, unit: str, view: View) -> TextCell:
    if column.kind is ValueKind.PRICE:
        return TextCell(numbers.price(number, instrument, view), column.style)
    if column.kind is ValueKind.VOLUME:
        return TextCell(numbers.in_unit(number, unit, view), column.style)
    if column.kind is ValueKind.CHANGE:
        return TextCell(numbers.signed(number, column.places, view), f"{column.style} {tone(number)}".strip())
    if column.kind is ValueKind.DISTANCE:
        return TextCell(numbers.signed(number, column.places, view), column.style)
    return TextCell(numbers.ratio(number, view, column.places), column.style)
