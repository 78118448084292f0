"""Renders the rows of the quote table with the same partials that pushes use."""

from collections.abc import Iterable

from app.identity import View
from app.quotes import partials
from app.quotes.partials import Row
from app.quotes.quote import SymbolQuote
from app.quotes.spark import spark


def rows(quotes: Iterable[SymbolQuote], now: float, view: View) -> list[Row]:
    """`now`: wall time, for the ages."""
    return [_row(quote.without_move, now, view) for quote in quotes]


def _row(quote: SymbolQuote, now: float, view: View) -> Row:
    return Row(
        instrument=quote.instrument,
        cells=partials.cells(quote, quote.age(now), view),
        spark=partials.spark(spark(quote), view),
    )
