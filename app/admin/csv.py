"""The audit as a table for spreadsheets, in which nothing that somebody typed becomes a formula."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO

from app.admin.queries import Entry

ROWS = 10_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets begin to calculate at; some of them take the wide forms too."""


def drawn(entries: Iterable[Entry]) -> str:
    text = StringIO()
    table = csv.writer(text)
    table.writerow(Entry._fields)
    for entry in entries:
        at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds")
        table.writerow(harmless(str(cell)) for cell in entry._replace(at=at))  # type: ignore[arg-type]
    return text.getvalue()


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell
