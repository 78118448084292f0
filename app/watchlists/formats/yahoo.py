"""Yahoo Finance: a portfolio as CSV, one row a lot. It has no sections."""

from app.watchlists.formats import cells
from app.watchlists.formats.contents import ReadEntry, ReadList, WrittenList
from app.watchlists.formats.share_classes import with_separator
from app.web.formats import csv_table

COLUMNS = (
    "Symbol", "Current Price", "Date", "Time", "Change", "Open", "High", "Low", "Volume", "Trade Date",
    "Purchase Price", "Quantity", "Commission", "High Limit", "Low Limit", "Comment",
)  # fmt: skip
CASH = "$$CASH"


def recognizes(text: str) -> bool:
    return {"symbol", "current price", "trade date"} <= {*cells.header_cells(cells.first_line(text))}


def read(text: str) -> ReadList:
    contents = ReadList("", [], [])
    for row in cells.file_rows(text, contents.omitted):
        symbol = row.text("symbol")
        if symbol.startswith(CASH):
            contents.omitted.append(f"{symbol}: cash, which has no symbol")
            continue
        added_at = row.moment("trade date", symbol)
        price = row.price("purchase price", symbol)
        contents.entries.append(ReadEntry(symbol, "", row.note("comment", symbol), added_at, price))
    return contents


def write(contents: WrittenList) -> str:
    empty = [""] * 8
    rows = (
        [
            with_separator(entry.symbol, "-"),
            *empty,
            int(f"{entry.added_at:%Y%m%d}"),
            entry.price,
            None,
            None,
            None,
            None,
            entry.note,
        ]
        for entry in contents.entries
    )
    return csv_table(COLUMNS, rows)
