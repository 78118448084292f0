"""All lists of a person as a table for programs."""

from collections.abc import Iterable

from app.watchlists.watchlist import Summary
from app.web.formats import ColumnKind, TableColumn, TableDocument

COLUMNS = (
    TableColumn("name", "List"),
    TableColumn("slug", "Address"),
    TableColumn("symbols", "Symbols", ColumnKind.NUMBER),
    TableColumn("on_desk", "On the desk", ColumnKind.FLAG),
    TableColumn("changed", "Changed", ColumnKind.TIME),
)


def lists_document(lists: Iterable[Summary], zone: str, as_of: float) -> TableDocument:
    rows = [(each.name, each.slug, each.size, each.on_desk, each.updated_at.timestamp()) for each in lists]
    return TableDocument("lists", COLUMNS, rows, zone, as_of)
