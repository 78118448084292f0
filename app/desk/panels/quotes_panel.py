"""The panel of quotes: the list that a person chose for the desk, or the most active symbols; and rows of others."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup

from app.desk.lists import table
from app.desk.panels.panel import PanelKind
from app.desk.panels.view import PanelView
from app.finance.instrument import Instrument
from app.identity import View
from app.quotes import partials
from app.quotes.board import QuoteBoard
from app.quotes.most_active import BOARD_ROWS
from app.quotes.rows import rows
from app.quotes.spark import Spark
from app.quotes.topics import QUOTES, quotes_topic
from app.watchlists.forms import FIRST_SECTION
from app.watchlists.watchlist import Watchlist


def quotes_panel(watchlist: Watchlist | None, board: QuoteBoard, view: View) -> PanelView:
    return _listed(watchlist, board, view) if watchlist else _most_active(board, view)


def _most_active(board: QuoteBoard, view: View) -> PanelView:
    quotes = board.rows()
    values = {
        "watchlist": None,
        "board": partials.board(QUOTES, rows(quotes, time.time(), view)),
        "row_count": len(board.most_active),
        "quote_count": board.most_active.candidates,
        "by_stored_bars": board.most_active.by_stored_bars,
    }
    symbols = tuple(quote.symbol for quote in quotes)
    return PanelView(PanelKind.QUOTES, "quotes", "", values, (QUOTES,), symbols)


def _listed(watchlist: Watchlist, board: QuoteBoard, view: View) -> PanelView:
    first = table.with_quotes(watchlist, board)[:BOARD_ROWS]
    values = {
        "watchlist": watchlist,
        "rows": table.with_sections(table.drawn_rows(first, time.time(), view), watchlist),
        "columns": "std",
        "headings": (),
        "first_section": FIRST_SECTION,
    }
    symbols = tuple(row.entry.symbol for row in first)
    return PanelView(PanelKind.QUOTES, "quotes", "", values, tuple(map(quotes_topic, symbols)), symbols)


class SymbolRow(NamedTuple):
    """`cells`: empty without a price."""

    instrument: Instrument
    cells: Markup | str
    spark: Markup


def symbol_rows(symbols: Iterable[str], board: QuoteBoard, now: float, view: View) -> list[SymbolRow]:
    """In this order. `now`: wall time, for the ages."""
    return [_symbol_row(symbol, board, now, view) for symbol in symbols]


def _symbol_row(symbol: str, board: QuoteBoard, now: float, view: View) -> SymbolRow:
    if quote := board.quote(symbol):
        return SymbolRow(*rows([quote], now, view)[0])
    instrument = board.instrument(symbol) or Instrument(symbol)
    return SymbolRow(instrument, "", partials.spark(Spark("", None), view))
