"""Paths of the chart's grid in pixels: what draws images ignores strokes that do not scale."""

import re

from app.quotes.charts.grid import SLOT, strokes

COMMAND = re.compile(r"([MmlhHvV])([^MmlhHvV]*)")
NUMBER = re.compile(r"-?[\d.]+")


def to_pixels(path: str, pitch: float) -> str:
    """`pitch`: pixels between two bars. Heights stay as they are."""
    return "".join(command + _scaled(command, numbers, pitch / SLOT) for command, numbers in COMMAND.findall(path))


def inside(path: str) -> str:
    """The vertical strokes of a path, a pixel shorter at each end; without those that are too short for it."""
    pieces: list[tuple[int, int, int]] = []
    x = y = 0
    for command, numbers in COMMAND.findall(path):
        values = [int(number) for number in NUMBER.findall(numbers)]
        if command in "Mm":
            x, y = x + values[0], y + values[1]
        else:
            top, bottom = sorted((y, y + values[0]))
            y += values[0]
            pieces += [(x, top + 1, bottom - 1)] if bottom - top > 2 else []
    return strokes(pieces)


def _scaled(command: str, numbers: str, factor: float) -> str:
    values = NUMBER.findall(numbers)
    if command in "vV":
        return numbers
    across = range(0, len(values), 1 if command in "hH" else 2)
    for place in across:
        values[place] = f"{float(values[place]) * factor:.2f}".rstrip("0").rstrip(".")
    return " ".join(values).replace(" -", "-")
