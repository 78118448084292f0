"""SVG path of a sparkline: the current session against the previous close."""

from itertools import pairwise
from typing import NamedTuple

from app.quotes.quote import SPARK_POINTS, SymbolQuote

WIDTH, HEIGHT, EDGE = SPARK_POINTS - 1, 20, 1
"""Of the viewBox, whose units are points in time and levels: whole numbers, for their differences take few bytes."""


class Spark(NamedTuple):
    """In a viewBox of WIDTH x HEIGHT; `zero` is where the previous close lies."""

    line: str
    zero: int | None


def spark(quote: SymbolQuote) -> Spark:
    prices = quote.spark[-SPARK_POINTS:]
    if len(prices) < 2:
        return Spark("", None)
    reach = prices if quote.previous_close is None else (*prices, quote.previous_close)
    low, high = min(reach), max(reach)
    steps = (HEIGHT - 2 * EDGE) / (high - low) if high > low else 0.0
    top = EDGE if high > low else HEIGHT // 2
    levels = [round(top + steps * (high - price)) for price in prices]
    zero = None if quote.previous_close is None else round(top + steps * (high - quote.previous_close))
    return Spark(f"M0 {levels[0]}l{' '.join(_move(after - before) for before, after in pairwise(levels))}", zero)


def _move(levels: int) -> str:
    """To the next point. A minus sign separates as well as a space."""
    return f"1{levels}" if levels < 0 else f"1 {levels}"
