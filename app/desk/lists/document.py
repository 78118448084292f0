"""A list as a table for programs."""

from collections.abc import Iterable, Sequence

from app.desk.lists.table import QuotedEntry
from app.quotes import table as quotes
from app.scans.columns import ScreenColumn, sources
from app.scans.table import numbers, value_columns
from app.watchlists.watchlist import Watchlist
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument

OWN_COLUMNS = (
    TableColumn("section", "Section"),
    TableColumn("added", "Added", ColumnKind.TIME),
    TableColumn("price_added", "Price then", ColumnKind.NUMBER),
    TableColumn("since", "Since", ColumnKind.NUMBER, "%"),
    TableColumn("note", "Note"),
)


def list_document(
    watchlist: Watchlist, rows: Iterable[QuotedEntry], columns: Sequence[ScreenColumn], zone: str, as_of: float
) -> TableDocument:
    """`rows`: in their order; `columns`: besides quotes and what the owner wrote."""
    sections = {section.id: section.name for section in watchlist.sections}
    heads = (*quotes.COLUMNS, *value_columns(columns), *OWN_COLUMNS)
    cells = [_cells(row, sections[row.entry.section_id], columns) for row in rows]
    return TableDocument(watchlist.summary.slug, heads, cells, zone, as_of)


def _cells(row: QuotedEntry, section: str, columns: Sequence[ScreenColumn]) -> Sequence[Cell]:
    entry, values = row.entry, row.values or dict.fromkeys(sources(tuple(columns)))
    return (
        *quotes.cells(row.instrument, row.quote),
        *numbers(columns, values),
        section,
        entry.added_at.timestamp(),
        entry.price_added,
        None if row.since is None else round(100 * row.since, 6),
        entry.note,
    )
