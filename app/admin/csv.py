"""The audit as a table for spreadsheets."""

from collections.abc import Iterable
from datetime import UTC, datetime

from app.admin.queries import AuditEntry
from app.web.formats import csv_table

ROWS = 10_000


def render(entries: Iterable[AuditEntry]) -> str:
    return csv_table(AuditEntry._fields, map(_cells, entries))


def _cells(entry: AuditEntry) -> tuple[object, ...]:
    return entry.id, _time(entry.at), *entry[2:]


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
