"""The integer grid of a chart: a slot of SLOT units for each bar, prices on a linear or a logarithmic scale."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from app.finance.panel import Floats

SLOT = 8
"""Units of the grid for one bar; its middle is at SLOT * number + MIDDLE."""
MIDDLE = 4
FEWEST_SLOTS = 60
"""So that one bar is not as wide as the plot."""
AIR = 0.1
"""Of the height at each end, where no bar can be: the highest and the lowest price are written there."""
FEWEST, MOST = 4, 6
STEPS = (1.0, 2.0, 5.0)
LABEL_HEIGHT = 8.5
"""Percent of the drawing within which two labels are in each other's way."""
TOP, BOTTOM = 0.04, 0.93
"""Parts of the area outside of which no rule stands."""

Kind = Literal["linear", "log"]
Point = tuple[int, int]


class PriceScale(NamedTuple):
    """`low` and `high` are at the edges of an area of `height` units at the top of a drawing that is `whole` high; of a
    logarithmic one they are above zero."""

    low: float
    high: float
    height: int
    kind: Kind = "linear"
    whole: int = 0
    """0: the area is the drawing."""

    def y(self, value: float) -> int:
        """Units from the top, inside the area."""
        return round(self.part(value) * self.height)

    def ys(self, values: Floats) -> list[int]:
        """The same of many values; none may be missing."""
        if self.kind == "log":
            positive = np.maximum(values, self.low)
            parts = np.log(self.high / positive) / math.log(self.high / self.low)
        else:
            parts = (self.high - values) / (self.high - self.low)
        heights: list[int] = np.rint(np.clip(parts, 0.0, 1.0) * self.height).astype(np.int64).tolist()
        return heights

    def percent(self, value: float) -> float:
        """Of the drawing's height, from the top."""
        return round(100 * self.part(value) * self.height / (self.whole or self.height), 1)

    def holds(self, low: float, high: float) -> bool:
        return self.low <= low and high <= self.high

    def part(self, value: float) -> float:
        """Of the area's height, from the top; values beyond it stand at its edge."""
        if self.kind == "log" and value <= 0:
            return 1.0
        if self.kind == "log":
            part = math.log(self.high / value) / math.log(self.high / self.low)
        else:
            part = (self.high - value) / (self.high - self.low)
        return min(max(part, 0.0), 1.0)


class DrawnScale(NamedTuple):
    """What pages show of a chart now, so that its last bar can be drawn by itself: `largest` is the volume at the top
    of its area, `panes` how many stand below the prices, `keyed` whether the key has values."""

    prices: PriceScale
    largest: int
    panes: int = 0
    keyed: bool = False


class ScaleRule(NamedTuple):
    """A line at a round value, in percent of the drawing's height from the top."""

    at: float
    value: float


def fit(
    values: Iterable[float], height: int, kind: Kind = "linear", whole: int = 0, air: float = AIR
) -> PriceScale | None:
    """A scale that holds all finite values with air at both ends; None without any. Logarithmic if all are above
    zero."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    low, high = min(finite), max(finite)
    if kind == "log" and low > 0:
        factor = (high / low) ** (air / (1 - 2 * air)) if high > low else 1.05
        return PriceScale(low / factor, high * factor, height, "log", whole)
    margin = (high - low) * air / (1 - 2 * air) or abs(high) * 0.01 or 1.0
    return PriceScale(low - margin, high + margin, height, "linear", whole)


def rules(scale: PriceScale) -> tuple[ScaleRule, ...]:
    """At round values, four to six where the range allows it; none too near to an edge."""
    values = _log_values(scale) if scale.kind == "log" and scale.high / scale.low > 10 else _linear_values(scale)
    return tuple(ScaleRule(scale.percent(value), value) for value in values if TOP <= scale.part(value) <= BOTTOM)


def labels_beside(labels: Sequence[ScaleRule], at: float) -> tuple[ScaleRule, ...]:
    """Without those that stand in the way of a label at this percentage."""
    return tuple(label for label in labels if abs(label.at - at) >= LABEL_HEIGHT)


def apart(places: Sequence[float], distance: float = LABEL_HEIGHT) -> list[float]:
    """The places, in percent, moved so that none is nearer than `distance` to another, in the same order."""
    order = sorted(range(len(places)), key=lambda number: places[number])
    moved = list(places)
    for above, number in itertools.pairwise(order):
        moved[number] = max(moved[number], moved[above] + distance)
    limit = 100.0
    for number in reversed(order):
        moved[number] = min(moved[number], limit)
        limit = moved[number] - distance
    return [round(place, 1) for place in moved]


def slots(bars: int) -> int:
    return max(bars, FEWEST_SLOTS)


def x(number: int) -> int:
    return SLOT * number + MIDDLE


def across(number: int, count: int) -> float:
    """Percent of the plot's width from the left."""
    return round(100 * x(number) / (SLOT * count), 1)


def move(before: Point, to: Point) -> str:
    """Relative, with a minus sign in place of a separator."""
    return "m" + pair(to[0] - before[0], to[1] - before[1])


def pair(first: int, second: int) -> str:
    return f"{first}{second}" if second < 0 else f"{first} {second}"


def strokes(pieces: Iterable[tuple[int, int, int]]) -> str:
    """Vertical strokes, each from its first to its second height at x, as one path."""
    path: list[str] = []
    at = height = 0
    for across_at, first, second in pieces:
        rise = first - height
        path.append(
            f"m{across_at - at}{rise}v{second - first}" if rise < 0 else f"m{across_at - at} {rise}v{second - first}"
        )
        at, height = across_at, second
    return _absolute(path)


def polyline(points: Sequence[Point | None]) -> str:
    """A line through the points, broken where one is missing. A point alone becomes a dash."""
    path: list[str] = []
    here = (0, 0)
    for piece in _pieces(points):
        path.append(move(here, piece[0]))
        path.append("l" + _steps(piece) if len(piece) > 1 else "h1")
        here = piece[-1] if len(piece) > 1 else (piece[0][0] + 1, piece[0][1])
    return _absolute(path)


def _steps(piece: Sequence[Point]) -> str:
    """Behind an `l`, whose first pair needs no separator."""
    steps = []
    at, height = piece[0]
    for across_at, next_height in piece[1:]:
        rise = next_height - height
        steps.append(f"{across_at - at}{rise}" if rise < 0 else f"{across_at - at} {rise}")
        at, height = across_at, next_height
    return " ".join(steps)


def _pieces(points: Sequence[Point | None]) -> Iterator[list[Point]]:
    piece: list[Point] = []
    for point in points:
        if point is not None:
            piece.append(point)
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _absolute(path: Sequence[str]) -> str:
    """The first command of a path is absolute in either case; the large letter says so."""
    text = "".join(path)
    return "M" + text[1:] if text else ""


def _linear_values(scale: PriceScale) -> Iterator[float]:
    span = scale.high - scale.low
    power = 10.0 ** math.floor(math.log10(span / MOST))
    steps = [step * power * ten for ten in (1.0, 10.0) for step in STEPS]
    step = next((step for step in steps if span / step <= MOST), steps[-1])
    for number in range(math.ceil(scale.low / step), math.floor(scale.high / step) + 1):
        yield round(number * step, 12)


def _log_values(scale: PriceScale) -> Iterator[float]:
    first, last = math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high))
    factors = (1.0,) if last - first > MOST else STEPS
    for power in range(first, last + 1):
        yield from (factor * 10.0**power for factor in factors if scale.low < factor * 10.0**power < scale.high)
