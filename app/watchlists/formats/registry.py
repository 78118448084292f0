"""Every format, in the order in which a text is tried; reads and writes lists."""

from collections.abc import Callable
from typing import NamedTuple

from app.watchlists.formats import finviz, ibkr, own, plain, thinkorswim, tradingview, yahoo
from app.watchlists.formats.contents import MOST_ENTRIES, ReadList, UnreadableImport, WrittenList
from app.wire.codec.text import clean


class ListFormat(NamedTuple):
    name: str
    label: str
    suffix: str
    recognizes: Callable[[str], bool]
    read: Callable[[str], ReadList]
    write: Callable[[WrittenList], str]


FORMATS = {
    each.name: each
    for each in (
        ListFormat("own", "TickStock CSV", "csv", own.recognizes, own.read, own.write),
        ListFormat("yahoo", "Yahoo Finance", "csv", yahoo.recognizes, yahoo.read, yahoo.write),
        ListFormat("thinkorswim", "thinkorswim", "csv", thinkorswim.recognizes, thinkorswim.read, thinkorswim.write),
        ListFormat("ibkr", "Interactive Brokers", "csv", ibkr.recognizes, ibkr.read, ibkr.write),
        ListFormat("finviz", "Finviz", "csv", finviz.recognizes, finviz.read, finviz.write),
        ListFormat("tradingview", "TradingView", "txt", tradingview.recognizes, tradingview.read, tradingview.write),
        ListFormat("plain", "Symbols alone", "txt", plain.recognizes, plain.read, plain.write),
    )
}
LONGEST_SYMBOL = 80
"""Characters of what stands for a symbol in a file, as far as it is shown."""


class ListReading(NamedTuple):
    format: ListFormat
    contents: ReadList


def read(text: str) -> ListReading:
    """`text`: with LF at the ends of lines. Raises UnreadableImport and nothing else."""
    if not text.strip():
        raise UnreadableImport("Nothing is there to read.")
    found_format = next(each for each in FORMATS.values() if each.recognizes(text))
    contents = found_format.read(text)
    entries = [entry._replace(symbol=clean(entry.symbol, LONGEST_SYMBOL)) for entry in contents.entries]
    nameless = sum(not entry.symbol for entry in entries)
    omitted = [*contents.omitted, *([f"{nameless} rows: no symbol is in them"] if nameless else [])]
    entries = [entry for entry in entries if entry.symbol]
    if len(entries) > MOST_ENTRIES:
        raise UnreadableImport(f"This has {len(entries)} entries; {MOST_ENTRIES} at most can be read at once.")
    return ListReading(found_format, ReadList(contents.name, entries, omitted))
