"""Our own CSV, which keeps everything but the identity of a list."""

from datetime import UTC

from app.watchlists.formats import cells
from app.watchlists.formats.contents import ReadEntry, ReadList, WrittenList
from app.web.formats import csv_table

COLUMNS = ("list", "section", "position", "symbol", "name", "note", "added_at (UTC)", "price_added")


def recognizes(text: str) -> bool:
    return {"section", "position", "symbol", "note"} <= {*cells.header_cells(cells.first_line(text))}


def read(text: str) -> ReadList:
    contents = ReadList("", [], [])
    for row in cells.file_rows(text, contents.omitted):
        symbol = row.text("symbol")
        contents = contents._replace(name=contents.name or row.text("list"))
        added_at = row.moment("added_at (utc)", symbol) or row.moment("added_at", symbol)
        entry = ReadEntry(symbol, row.section("section", symbol), row.note("note", symbol), added_at)
        contents.entries.append(entry._replace(price=row.price("price_added", symbol)))
    return contents


def write(contents: WrittenList) -> str:
    return csv_table(
        COLUMNS,
        (
            (
                contents.name,
                entry.section,
                position,
                entry.symbol,
                entry.name,
                entry.note,
                entry.added_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                entry.price,
            )
            for _, entries in contents.sections()
            for position, entry in enumerate(entries, 1)
        ),
    )
