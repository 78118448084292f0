"""Prices as columns of block characters, for terminals."""

from collections.abc import Sequence
from typing import NamedTuple

BLOCKS = " ▁▂▃▄▅▆▇█"
EIGHTHS = len(BLOCKS) - 1


class BlockChart(NamedTuple):
    """`rows`: from the top, of one width. `low` and `high`: prices at its lower and upper edge."""

    rows: tuple[str, ...]
    low: float
    high: float


def block_chart(closes: Sequence[float], width: int, height: int) -> BlockChart:
    """At most `width` columns and `height` rows. A column that stands for several prices shows the last of them.

    `closes`: oldest first, at least one.
    """
    columns = thinned(closes, width)
    low, high = min(columns), max(columns)
    heights = [_eighths(price, low, high, height * EIGHTHS) for price in columns]
    rows = ("".join(_block(each, row) for each in heights) for row in reversed(range(height)))
    return BlockChart(tuple(rows), low, high)


def thinned(closes: Sequence[float], count: int) -> list[float]:
    """At most `count` of them, evenly, with the last one."""
    if len(closes) <= count:
        return [*closes]
    return [closes[len(closes) * (index + 1) // count - 1] for index in range(count)]


def _eighths(price: float, low: float, high: float, most: int) -> int:
    """The height of a column, 1 to `most`; half of it where all prices are equal."""
    return 1 + round((most - 1) * ((price - low) / (high - low) if high > low else 0.5))


def _block(eighths: int, row: int) -> str:
    """`row`: counted from the bottom."""
    return BLOCKS[max(0, min(EIGHTHS, eighths - row * EIGHTHS))]
