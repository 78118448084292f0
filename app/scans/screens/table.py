"""All screens of a person as a table for programs."""

from collections.abc import Iterable

from app.scans.screens.screen import SavedScreen
from app.web.formats import ColumnKind, TableColumn, TableDocument

COLUMNS = (
    TableColumn("name", "Screen"),
    TableColumn("slug", "Address"),
    TableColumn("rule", "Rule"),
    TableColumn("rule_version", "Version of the language", ColumnKind.NUMBER),
    TableColumn("scope", "In"),
    TableColumn("timeframe", "Timeframe"),
    TableColumn("sort", "Order"),
    TableColumn("columns", "Columns"),
    TableColumn("changed", "Changed", ColumnKind.TIME),
)


def screens_document(screens: Iterable[SavedScreen], zone: str, as_of: float) -> TableDocument:
    rows = [(each.name, each.slug, *each.definition, each.updated_at.timestamp()) for each in screens]
    return TableDocument("screens", COLUMNS, rows, zone, as_of)
