"""Interactive Brokers: rows that begin with what they are. HED begins a section; CON names a contract by a number."""

from app.owned.names import LONGEST_NAME
from app.watchlists.formats import cells
from app.watchlists.formats.contents import ReadEntry, ReadList, WrittenList
from app.watchlists.formats.share_classes import with_separator
from app.web.formats import csv_table
from app.wire.codec.text import clean

KINDS = frozenset({"COLUMN", "HED", "DES", "SYM", "CON"})
EXCHANGES = {"XNAS": "NASDAQ", "XNYS": "NYSE", "XASE": "AMEX", "ARCX": "ARCA"}


def recognizes(text: str) -> bool:
    names = cells.header_cells(cells.first_line(text))
    return len(names) > 1 and names[0].upper() in KINDS


def read(text: str) -> ReadList:
    contents, section = ReadList("", [], []), ""
    for kind, *values in cells.table(text):
        first = values[0] if values else ""
        match kind.upper():
            case "COLUMN":
                continue
            case "HED":
                name = cells.without_apostrophe(first)
                section = clean(name, LONGEST_NAME)
                if len(section) < len(name):
                    contents.omitted.append(f"{section}: the name of the section was cut")
            case "DES" | "SYM" if first:
                contents.entries.append(ReadEntry(first, section))
            case "CON":
                contents.omitted.append(f"CON {first}: a contract's number without a symbol")
            case _:
                contents.omitted.append(f"{clean(' '.join([kind, *values]), 80)}: is no row of this format")
    return contents


def write(contents: WrittenList) -> str:
    rows: list[list[str]] = []
    for section, entries in contents.sections():
        if section:
            rows.append(["HED", section])
        for entry in entries:
            exchange = EXCHANGES.get(entry.exchange, "")
            route = f"SMART/{exchange}" if exchange else "SMART"
            rows.append(["DES", with_separator(entry.symbol, " "), "STK", route, "", "", "", ""])
    return csv_table(["COLUMN", "0", "", ""], rows)
