"""SVG path of a sparkline: the current session against the previous close."""

from typing import NamedTuple

from app.quotes.quote import SPARK_POINTS, SymbolQuote
from app.web import sparkline

WIDTH, HEIGHT = SPARK_POINTS - 1, sparkline.HEIGHT
"""Of the viewBox."""


class Spark(NamedTuple):
    """In a viewBox of WIDTH x HEIGHT; `zero` is where the previous close lies."""

    line: str
    zero: int | None


def spark(quote: SymbolQuote) -> Spark:
    prices = quote.spark[-SPARK_POINTS:]
    if len(prices) < 2:
        return Spark("", None)
    reach = prices if quote.previous_close is None else (*prices, quote.previous_close)
    *points, last = sparkline.levels(reach, min(reach), max(reach))
    if quote.previous_close is None:
        return Spark(sparkline.path([*points, last]), None)
    return Spark(sparkline.path(points), last)
