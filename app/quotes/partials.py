"""Prices as HTML."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from app.finance.instrument import Instrument
from app.identity import View
from app.quotes.charts.frozen import FrozenDrawing
from app.quotes.price_ranges import PriceRange
from app.quotes.quote import SymbolQuote
from app.quotes.spark import Spark
from app.web.html import fragment

MOST_DRAWN = 2048
"""Cells and sparklines that are remembered, for the pages of other readers in the same second."""


class Row(NamedTuple):
    """An instrument with its rendered cells: prices in one, the session's sparkline in the other."""

    instrument: Instrument
    cells: Markup
    spark: Markup


def board(key: str, rows: Sequence[Row]) -> Markup:
    """The body of a table of quotes; `key`: its id."""
    return fragment("quotes/board", key=key, rows=rows)


@lru_cache(maxsize=MOST_DRAWN)
def cells(quote: SymbolQuote, seconds: int | None, view: View) -> Markup:
    """Price, change and percentage. `seconds`: age of the quote."""
    return fragment("quotes/cells", quote=quote, seconds=seconds, view=view)


def order(moves: int, view: View) -> Markup:
    """`moves`: how many rows would move if the table were sorted again."""
    return fragment("quotes/order", moves=moves, view=view)


@lru_cache(maxsize=MOST_DRAWN)
def spark(line: Spark, view: View) -> Markup:
    """Nothing in a view with reduced data: its tables have no such column."""
    return fragment("quotes/spark", line=line, view=view)


def headline(quote: SymbolQuote, seconds: int | None, view: View) -> Markup:
    return fragment("quotes/headline", quote=quote, seconds=seconds, view=view)


def ranges(quote: SymbolQuote, ranges: Sequence[PriceRange], view: View) -> Markup:
    """Where the price stands in its day and its year."""
    return fragment("quotes/ranges", quote=quote, ranges=ranges, view=view)


def facts(quote: SymbolQuote, view: View) -> Markup:
    return fragment("quotes/facts", quote=quote, view=view)


def frozen(symbol: str, drawing: FrozenDrawing | None, view: View) -> Markup:
    """A chart as it was at a moment in the past."""
    return fragment("quotes/frozen", symbol=symbol, drawing=drawing, view=view)


def frozen_picture(symbol: str, drawing: FrozenDrawing, view: View) -> Markup:
    """The same as an image of its own, without the page's styles."""
    return fragment("quotes/frozen_picture", symbol=symbol, drawing=drawing, view=view)
