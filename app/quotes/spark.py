"""SVG path of a sparkline: the current session against the previous close."""

from functools import lru_cache
from typing import NamedTuple

from app.quotes.quote import SPARK_POINTS, SymbolQuote

WIDTH, HEIGHT, EDGE = 77, 48, 4
"""Of the viewBox, whose units are steps in time and levels: whole numbers, for their differences take few bytes."""


class Spark(NamedTuple):
    """In a viewBox of WIDTH x HEIGHT; `zero` is where the previous close lies."""

    line: str
    zero: int | None


def spark(quote: SymbolQuote) -> Spark:
    reach = (*quote.spark, quote.previous_close) if quote.previous_close is not None else quote.spark
    if len(quote.spark) < 2:
        return Spark("", None)
    low, high = min(reach), max(reach)
    steps = (HEIGHT - 2 * EDGE) / (high - low) if high > low else 0.0
    top = EDGE if high > low else HEIGHT // 2
    levels = [round(top + steps * (high - price)) for price in quote.spark]
    across = _across(len(levels))
    moves = [
        f"{x - before}{_join(y - level)}"
        for before, x, level, y in zip(across, across[1:], levels, levels[1:], strict=False)
    ]
    zero = None if quote.previous_close is None else round(top + steps * (high - quote.previous_close))
    return Spark(f"M0 {levels[0]}l{' '.join(moves)}", zero)


def _join(number: int) -> str:
    """As a following number: a minus sign separates as well as a space."""
    return str(number) if number < 0 else f" {number}"


@lru_cache(maxsize=256)
def _across(count: int) -> tuple[int, ...]:
    step = WIDTH / max(SPARK_POINTS - 1, count - 1)
    return tuple(round(index * step) for index in range(count))
