"""Finviz, and any other table that has a column with tickers. It has no sections and no notes."""

from app.watchlists.formats import cells
from app.watchlists.formats.contents import ReadEntry, ReadList, WrittenList
from app.watchlists.formats.share_classes import with_separator
from app.web.formats import csv_table

COLUMNS = (
    "No.", "Ticker", "Company", "Sector", "Industry", "Country", "Market Cap", "P/E", "Volume", "Price", "Change",
)  # fmt: skip
TICKERS = ("ticker", "symbol")


def recognizes(text: str) -> bool:
    names = cells.header_cells(cells.first_line(text))
    return len(names) > 1 and any(name in names for name in TICKERS)


def read(text: str) -> ReadList:
    contents = ReadList("", [], [])
    for row in cells.file_rows(text, contents.omitted):
        contents.entries.append(ReadEntry(row.text(*TICKERS)))
    return contents


def write(contents: WrittenList) -> str:
    rows = (
        [number, with_separator(entry.symbol, "-"), entry.name, *[None] * 8]
        for number, entry in enumerate(contents.entries, 1)
    )
    return csv_table(COLUMNS, rows)
