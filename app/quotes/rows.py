"""The board's rows, each cell drawn by the function that pushes draw it with."""

from collections.abc import Iterable

from app.identity import View
from app.quotes import partials
from app.quotes.partials import Row
from app.quotes.quote import Quote
from app.quotes.spark import spark


def rows(quotes: Iterable[Quote], now: float, view: View) -> list[Row]:
    """`now`: wall time, for the ages."""
    return [_row(quote.without_move, now, view) for quote in quotes]


def _row(quote: Quote, now: float, view: View) -> Row:
    return Row(
        instrument=quote.instrument,
        cells=partials.cells(quote, quote.age(now), view),
        spark=partials.spark(quote.symbol, spark(quote)),
    )
