"""The audit as a table for programs."""

from collections.abc import Sequence

from app.admin.queries import AuditEntry
from app.web.formats import ColumnKind, TableColumn, TableDocument

ROWS = 10_000
COLUMNS = (
    TableColumn("id", "Id", ColumnKind.NUMBER),
    TableColumn("at", "When", ColumnKind.TIME),
    TableColumn("actor", "Who"),
    TableColumn("action", "What"),
    TableColumn("outcome", "Outcome"),
    TableColumn("ip", "From where"),
    TableColumn("session", "Session"),
    TableColumn("detail", "Detail"),
)
"""In the order of the fields of AuditEntry."""


def audit_document(entries: Sequence[AuditEntry], zone: str, as_of: float, following: str = "") -> TableDocument:
    """`following`: query string of the entries after these."""
    return TableDocument("audit", COLUMNS, entries, zone, as_of, following)
