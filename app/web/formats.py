"""Tables in the formats that programs read: CSV, in which no text that somebody typed becomes a formula."""

import csv
import math
import re
from collections.abc import Iterable
from io import StringIO

FORMULA = re.compile(r"(^|[;,|\t\r\n])(?=[\s\"']*[=+@\uff1d\uff0b\uff0d\uff20-])|^(?=\s)")
"""Where a cell begins at which spreadsheets calculate; some take the wide forms too. One that expects another sign
between cells than ours begins cells in the midst of a text."""


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


def _cell(value: object) -> object:
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) else None
    return None if value is None else harmless(str(value))
