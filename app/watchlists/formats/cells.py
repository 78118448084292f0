"""Cells of tables: which sign is between them, and the numbers, times and texts in them."""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import TypeVar

from app.owned.names import LONGEST_NAME
from app.watchlists.formats.contents import UnreadableImport
from app.watchlists.watchlist import LONGEST_NOTE
from app.web.formats import FORMULA
from app.wire.codec.text import clean

T = TypeVar("T")

DELIMITERS = ",;\t"
EARLIEST, LATEST = 1900, 2200
"""Years in which an entry can have been added."""

THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+", re.ASCII)
NUMBER = re.compile(r"\d{1,15}(\.\d{0,20})?(e[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)
LARGEST_PRICE = 1e15

APOSTROPHE = re.compile(FORMULA.pattern.replace("(?=", "'(?="))
"""One that app/web/formats.py has put before a formula."""


def table(text: str) -> list[list[str]]:
    """Rows without those that are empty; the first line tells what is between the cells.

    Raises UnreadableImport.
    """
    delimiter = max(DELIMITERS, key=first_line(text).count)
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableImport(f"This table cannot be read: {error}.") from None
    return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]


def first_line(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")


def header_cells(line: str) -> list[str]:
    """Of the first line of a table, in small letters."""
    rows = table(line)
    return [cell.lower() for cell in rows[0]] if rows else []


class FileRow:
    """The cells of a row by the names of their columns, in whatever case; notes what cannot be kept."""

    def __init__(self, header: Sequence[str], cells: Sequence[str], omitted: list[str]) -> None:
        self._cells = dict(zip(header, cells, strict=False))
        self._omitted = omitted

    def text(self, *names: str) -> str:
        """ "" without such a column, or for the dash that stands for a missing value."""
        cell = next((self._cells[name] for name in names if name in self._cells), "")
        return "" if cell == "-" else without_apostrophe(cell)

    def note(self, name: str, symbol: str) -> str:
        return self._cut(self.text(name), LONGEST_NOTE, f"{symbol}: the note")

    def section(self, name: str, symbol: str) -> str:
        return self._cut(self.text(name), LONGEST_NAME, f"{symbol}: the name of the section")

    def price(self, name: str, symbol: str) -> float | None:
        return self._value(self.text(name), price, f"{symbol}: {{}} is no price")

    def moment(self, name: str, symbol: str) -> datetime | None:
        return self._value(self.text(name), moment, f"{symbol}: {{}} is no date")

    def _cut(self, text: str, longest: int, what: str) -> str:
        short = clean(text, longest)
        if len(short) < len(text.strip()):
            self._omitted.append(f"{what} was cut to {longest} characters that can be seen")
        return short

    def _value(self, text: str, parse: Callable[[str], T | None], refusal: str) -> T | None:
        value = parse(text) if text else None
        if text and value is None:
            self._omitted.append(refusal.format(clean(text, 40)))
        return value


def file_rows(text: str, omitted: list[str]) -> Iterable[FileRow]:
    """The first line names the columns. What cannot be kept is added to `omitted`. Raises UnreadableImport."""
    header, *rows = table(text)
    names = [name.lower() for name in header]
    return [FileRow(names, values, omitted) for values in rows]


def price(text: str) -> float | None:
    """Points or commas before the decimals; None for what is no price."""
    figures = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").lstrip("$")
    decimal_comma = figures.rfind(",") > figures.rfind(".") and not THOUSANDS.fullmatch(figures)
    figures = figures.replace(".", "").replace(",", ".") if decimal_comma else figures.replace(",", "")
    value = float(figures) if NUMBER.fullmatch(figures) else 0.0
    return value if 0 < value < LARGEST_PRICE else None


def moment(text: str) -> datetime | None:
    """ISO 8601, a date alone, or 20250110; UTC without a zone. None for what is no time."""
    try:
        when = datetime.fromisoformat(text)
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return when if EARLIEST <= when.year < LATEST else None


def without_apostrophe(text: str) -> str:
    return APOSTROPHE.sub(lambda match: match[1] or "", text)
