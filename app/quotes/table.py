"""Quotes as a table for programs."""

from collections.abc import Iterable

from app.finance.instrument import Instrument
from app.quotes.quote import SymbolQuote
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument

COLUMNS = (
    TableColumn("symbol", "Symbol"),
    TableColumn("name", "Name"),
    TableColumn("exchange", "Exchange"),
    TableColumn("currency", "Currency"),
    TableColumn("time", "Time", ColumnKind.TIME),
    TableColumn("last", "Last", ColumnKind.NUMBER),
    TableColumn("difference", "Change", ColumnKind.NUMBER),
    TableColumn("change", "Change", ColumnKind.NUMBER, "%"),
    TableColumn("volume", "Volume", ColumnKind.NUMBER, "shares"),
)


def cells(instrument: Instrument, quote: SymbolQuote | None) -> tuple[Cell, ...]:
    """Of COLUMNS; without a quote only the names."""
    names = instrument.symbol, instrument.name, instrument.exchange, instrument.currency
    if quote is None:
        return (*names, *[None] * (len(COLUMNS) - len(names)))
    percent = None if quote.fraction is None else round(100 * quote.fraction, 6)
    difference = None if quote.change is None else round(quote.change, 6)
    return (*names, quote.at, quote.price, difference, percent, quote.volume)


def quotes_document(
    name: str, rows: Iterable[tuple[Instrument, SymbolQuote | None]], zone: str, as_of: float
) -> TableDocument:
    """`difference` is in the instrument's currency, `change` in percent."""
    return TableDocument(name, COLUMNS, [cells(*row) for row in rows], zone, as_of)
