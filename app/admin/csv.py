"""The audit as a table for spreadsheets, in which nothing that somebody typed becomes a formula."""

import csv
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO

from app.admin.queries import AuditEntry

ROWS = 10_000
FORMULA = re.compile(r"(^|[;,|\t\r\n])(?=[\s\"']*[=+@\uff1d\uff0b\uff0d\uff20-])|^(?=\s)")
"""Where a cell begins at which spreadsheets calculate; some take the wide forms too. One that expects another sign
between cells than ours begins cells in the midst of a text."""


def render(entries: Iterable[AuditEntry]) -> str:
    text = StringIO()
    table = csv.writer(text)
    table.writerow(AuditEntry._fields)
    for entry in entries:
        at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds")
        table.writerow(harmless(str(cell)) for cell in entry._replace(at=at))  # type: ignore[arg-type]
    return text.getvalue()


def harmless(cell: str) -> str:
    return FORMULA.sub(r"\1'", cell)
