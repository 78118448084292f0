"""Tables in the formats that programs read: JSON, aligned text, and CSV, in which no text becomes a formula."""

import csv
import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from rich.cells import cell_len

from app.web.times import MISSING

FORMULA = re.compile(r"(^|[;,|\t\r\n])(?=[\s\"']*[=+@\uff1d\uff0b\uff0d\uff20-])|^(?=\s)")
"""Where a cell begins at which spreadsheets calculate; some take the wide forms too. One that expects another sign
between cells than ours begins cells in the midst of a text."""

UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


class TableFormat(StrEnum):
    """By the suffix of an address."""

    JSON = "json"
    CSV = "csv"
    TEXT = "txt"


class ColumnKind(StrEnum):
    """What the cells of a column are; None stands for no value in each."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    """UTC epoch seconds; written as ISO 8601 in the table's zone."""
    FLAG = "flag"
    """True or false."""


class TableColumn(NamedTuple):
    """`name`: the key of its cells, one word or words_like_these. `unit`: of numbers, such as USD, or empty."""

    name: str
    label: str
    kind: ColumnKind = ColumnKind.TEXT
    unit: str = ""


Cell = str | float | bool | None


class TableDocument(NamedTuple):
    """A table for programs. `rows` have a cell for each of `columns`."""

    name: str
    """Of its file, without a suffix, in ASCII."""
    columns: Sequence[TableColumn]
    rows: Sequence[Sequence[Cell]]
    zone: str
    as_of: float
    """When it was read, UTC epoch seconds."""
    next: str = ""
    """Query string of the rows after these; empty on the last page."""


def render(document: TableDocument, kind: TableFormat) -> bytes:
    """In UTF-8."""
    if kind is TableFormat.JSON:
        return msgspec.json.encode(_json(document))
    return (_csv(document) if kind is TableFormat.CSV else _text(document)).encode("utf-8", "replace")


def csv_table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Rows end with CR LF (RFC 4180). A number stays a number; None, NaN and infinities are empty cells; any other
    value is text."""
    text = StringIO()
    table = csv.writer(text)
    table.writerow(columns)
    table.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def harmless(text: str) -> str:
    """With an apostrophe wherever a spreadsheet would begin to calculate."""
    return FORMULA.sub(r"\1'", text)


def iso_time(at: float | None, zone: ZoneInfo) -> str | None:
    """2012-08-31T09:30:00.000-04:00. `at`: UTC epoch seconds; None for None and for a time outside the calendar."""
    try:
        return None if at is None else datetime.fromtimestamp(at, zone).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return None


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) else None
    return None if value is None else harmless(str(value))


def _csv(document: TableDocument) -> str:
    """The first line names units and zone, and the last column says as of when the values are."""
    zone = ZoneInfo(document.zone)
    heads = [*(_head(column, document.zone) for column in document.columns), f"as_of ({document.zone})"]
    as_of = iso_time(document.as_of, zone)
    return csv_table(heads, ([*_cells(document.columns, row, zone), as_of] for row in document.rows))


def _head(column: TableColumn, zone: str) -> str:
    addition = zone if column.kind is ColumnKind.TIME else column.unit
    return f"{column.name} ({addition})" if addition else column.name


def _cells(columns: Sequence[TableColumn], row: Sequence[Cell], zone: ZoneInfo) -> list[Cell]:
    return [
        iso_time(value, zone) if column.kind is ColumnKind.TIME and isinstance(value, (int, float)) else value
        for column, value in zip(columns, row, strict=True)
    ]


def _json(document: TableDocument) -> dict[str, object]:
    zone = ZoneInfo(document.zone)
    names = [column.name for column in document.columns]
    return {
        "name": document.name,
        "zone": document.zone,
        "as_of": iso_time(document.as_of, zone),
        "columns": [column._asdict() for column in document.columns],
        "rows": [dict(zip(names, _cells(document.columns, row, zone), strict=True)) for row in document.rows],
        "next": document.next or None,
    }


def _text(document: TableDocument) -> str:
    """Columns are as wide as their widest cell on a terminal, where letters of East Asia take two places."""
    zone = ZoneInfo(document.zone)
    heads = [f"{each.label}, {each.unit}" if each.unit else each.label for each in document.columns]
    lines = [heads, *(map(_printable, _cells(document.columns, row, zone)) for row in document.rows)]
    table = [list(line) for line in lines]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    right = [column.kind is ColumnKind.NUMBER for column in document.columns]
    body = ["  ".join(map(_aligned, line, widths, right)).rstrip() for line in table]
    count = f"{len(document.rows)} {'row' if len(document.rows) == 1 else 'rows'}"
    note = f"{count} as of {iso_time(document.as_of, zone)}, times are those of {document.zone}"
    return "\n".join([*body, "", note, *([f"more: ?{document.next}"] if document.next else [])]) + "\n"


def printable(text: str) -> str:
    """One line. What a terminal would obey, or would turn around, is replaced."""
    return "".join(letter if letter.isprintable() else UNPRINTABLE for letter in text)


def _printable(value: Cell) -> str:
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(str(value))


def _aligned(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space
