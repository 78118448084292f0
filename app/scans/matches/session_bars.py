"""Matches of each session as bars of a drawing."""

from collections.abc import Sequence
from typing import NamedTuple


class SessionBar(NamedTuple):
    """Of the drawing, in percent of its size."""

    x: float
    y: float
    width: float
    height: float


def session_bars(matches: Sequence[int]) -> list[SessionBar]:
    step, most = 100 / max(1, len(matches)), max(matches, default=0)
    heights = [round(88 * number / max(1, most), 1) for number in matches]
    return [
        SessionBar(round(step * place, 1), round(100 - height, 1), round(0.66 * step, 1), height)
        for place, height in enumerate(heights)
        if height
    ]
