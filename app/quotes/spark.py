"""The path of a sparkline: today's session from left to right, against the previous close."""

from typing import NamedTuple

from app.quotes.quote import POINTS, Quote

WIDTH, HEIGHT, EDGE = 78, 24, 2


class Spark(NamedTuple):
    """In a viewBox of WIDTH x HEIGHT; `zero` is where the previous close lies."""

    line: str
    zero: float | None


def spark(quote: Quote) -> Spark:
    reach = (*quote.spark, quote.previous_close) if quote.previous_close is not None else quote.spark
    if len(quote.spark) < 2:
        return Spark("", None)
    low, high = min(reach), max(reach)
    heights = [_height(price, low, high) for price in quote.spark]
    step = WIDTH / max(POINTS - 1, len(heights) - 1)
    line = "L".join(f"{index * step:.4g} {height:g}" for index, height in enumerate(heights))
    zero = None if quote.previous_close is None else _height(quote.previous_close, low, high)
    return Spark(f"M{line}", zero)


def _height(price: float, low: float, high: float) -> float:
    if high <= low:
        return HEIGHT / 2
    return round(EDGE + (HEIGHT - 2 * EDGE) * (high - price) / (high - low), 1)
