"""thinkorswim: the name of the list, two empty lines, and a table. It has no sections and no notes."""

from app.watchlists.formats import cells
from app.watchlists.formats.contents import ReadEntry, ReadList, WrittenList
from app.watchlists.formats.share_classes import with_separator
from app.web.formats import csv_table

TITLE = "watchlist "
COLUMNS = ("Symbol", "Last", "Net Chng", "%Change")


def recognizes(text: str) -> bool:
    return _header_line(text) is not None


def read(text: str) -> ReadList:
    number = _header_line(text) or 0
    lines = text.split("\n")
    title = cells.first_line("\n".join(lines[:number])).strip(' ,;\t"')
    name = title[len(TITLE) :] if title.lower().startswith(TITLE) else title
    contents = ReadList(cells.without_apostrophe(name), [], [])
    for row in cells.file_rows("\n".join(lines[number:]), contents.omitted):
        contents.entries.append(ReadEntry(row.text("symbol")))
    return contents


def write(contents: WrittenList) -> str:
    table = csv_table(COLUMNS, ([with_separator(entry.symbol, "/"), None, None, None] for entry in contents.entries))
    return csv_table([f"Watchlist {contents.name}"], []) + "\r\n\r\n" + table


def _header_line(text: str) -> int | None:
    """The number of the line with the names of the columns, among the first lines."""
    for number, line in enumerate(text.split("\n", 8)[:8]):
        names = cells.header_cells(line)
        if "symbol" in names and {"net chng", "%change"} & {*names}:
            return number
    return None
