"""Where a price stands between the low and the high of its day and of 52 weeks."""

from typing import NamedTuple

from app.quotes.quote import SymbolQuote
from app.quotes.year_ranges import YearRange


class PriceRange(NamedTuple):
    """`percent`: where the price stands, 0 at the low and 100 at the high."""

    label: str
    low: float
    high: float
    percent: int


def price_ranges(quote: SymbolQuote, years: YearRange | None) -> tuple[PriceRange, ...]:
    """Those that are known and have a reach, of the price of the regular hours."""
    reaches = [("Day", quote.low, quote.high)] if quote.has_traded else []
    if years:
        reaches.append(("52 weeks", *years))
    return tuple(
        PriceRange(label, low, high, _percent(quote.regular_price, low, high))
        for label, low, high in reaches
        if high > low
    )


def _percent(price: float, low: float, high: float) -> int:
    return round(100 * min(1.0, max(0.0, (price - low) / (high - low))))
