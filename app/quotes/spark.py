"""The path of a sparkline: today's session from left to right, against the previous close."""

from functools import lru_cache
from typing import NamedTuple

from app.quotes.quote import POINTS, Quote

WIDTH, HEIGHT, EDGE = 78, 24, 2
HEIGHTS = tuple(f"{tenths / 10:g}" for tenths in range(10 * HEIGHT + 1))


class Spark(NamedTuple):
    """In a viewBox of WIDTH x HEIGHT; `zero` is where the previous close lies."""

    line: str
    zero: float | None


def spark(quote: Quote) -> Spark:
    reach = (*quote.spark, quote.previous_close) if quote.previous_close is not None else quote.spark
    if len(quote.spark) < 2:
        return Spark("", None)
    low, high = min(reach), max(reach)
    tenths = 10 * (HEIGHT - 2 * EDGE) / (high - low) if high > low else 0.0
    top = 10 * (EDGE if high > low else HEIGHT / 2)
    line = "L".join(
        x + HEIGHTS[round(top + tenths * (high - price))]
        for x, price in zip(_across(len(quote.spark)), quote.spark, strict=True)
    )
    zero = None if quote.previous_close is None else round(top + tenths * (high - quote.previous_close)) / 10
    return Spark(f"M{line}", zero)


@lru_cache(maxsize=256)
def _across(count: int) -> tuple[str, ...]:
    step = WIDTH / max(POINTS - 1, count - 1)
    return tuple(f"{index * step:.4g} " for index in range(count))
