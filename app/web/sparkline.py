"""The path of a small line, in whole units whose differences take few bytes."""

from collections.abc import Sequence
from itertools import pairwise

HEIGHT, EDGE = 20, 1
"""Of the viewBox, whose units are one point across and levels down."""


def levels(values: Sequence[float], low: float, high: float) -> list[int]:
    """How far down each value lies between EDGE and HEIGHT - EDGE, where `low` and `high` are the outermost."""
    steps = (HEIGHT - 2 * EDGE) / (high - low) if high > low else 0.0
    top = EDGE if high > low else HEIGHT // 2
    return [round(top + steps * (high - value)) for value in values]


def path(points: Sequence[int]) -> str:
    """From levels, at least one."""
    return f"M0 {points[0]}l{' '.join(_move(after - before) for before, after in pairwise(points))}"


def _move(levels_down: int) -> str:
    """To the next point. A minus sign separates as well as a space."""
    return f"1{levels_down}" if levels_down < 0 else f"1 {levels_down}"
