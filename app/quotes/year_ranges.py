"""Lows and highs of 52 weeks, kept for the pushes of the pages that read them."""

from collections import OrderedDict
from datetime import date
from typing import NamedTuple

from app.quotes.quote import SymbolQuote

MOST_SYMBOLS = 2_000


class YearRange(NamedTuple):
    """Low and high of the 52 weeks up to a day."""

    low: float
    high: float


class YearRanges:
    """The most recently read ones. Each is of one session: a split may change the share before the next one."""

    def __init__(self, symbols: int = MOST_SYMBOLS) -> None:
        self._most = symbols
        self._ranges: OrderedDict[str, tuple[date, YearRange]] = OrderedDict()

    def put(self, quote: SymbolQuote, years: YearRange) -> None:
        self._ranges[quote.symbol] = quote.session, years
        self._ranges.move_to_end(quote.symbol)
        if len(self._ranges) > self._most:
            self._ranges.popitem(last=False)

    def range_of(self, quote: SymbolQuote) -> YearRange | None:
        """With today in it; None if that of the quote's session was not read."""
        session, years = self._ranges.get(quote.symbol, (None, None))
        if years is None or session != quote.session:
            return None
        return YearRange(min(years.low, quote.low), max(years.high, quote.high))
