"""Simulates the prices within one bar: exact open, high, low, close and volume, random in between."""

import math
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import NamedTuple

from app.finance.bars import Bar

FEWEST = 5
"""Open, high, low and close may all be different points, and one is in between."""
GRID = 100
"""Prices per unit of currency."""


class Walk(NamedTuple):
    """A day's limits and how far the price moves from one tick to the next."""

    low: float
    high: float
    step: float
    points: int
    """How many prices it takes, at least FEWEST."""

    def inside(self, price: float) -> float:
        """On the grid, but never beyond the day's extremes, which may lie off the grid."""
        return min(self.high, max(self.low, round(price * GRID) / GRID))


def walk(bar: Bar, count: int) -> Walk:
    return Walk(bar.low, bar.high, (bar.high - bar.low) / (1.6 * math.sqrt(count)), count)


def prices(bar: Bar, limits: Walk, random: Random) -> list[float]:
    """Bridges between the open, the extremes in either order at any time, and the close."""
    one, other = sorted(random.sample(range(1, limits.points - 1), 2))
    extremes = (bar.high, bar.low) if random.random() < _high_first(bar) else (bar.low, bar.high)
    anchors = [(0, bar.open), (one, extremes[0]), (other, extremes[1]), (limits.points - 1, bar.close)]
    path = [bar.open]
    for (start, begin), (end, goal) in pairwise(anchors):
        path.extend(_bridge(begin, goal, end - start, limits, random))
    return path


def _high_first(bar: Bar) -> float:
    """A day that closes below its open more often saw its high first."""
    return 0.5 + 0.4 * (bar.open - bar.close) / (bar.high - bar.low or 1)


def _bridge(begin: float, goal: float, steps: int, limits: Walk, random: Random) -> Iterator[float]:
    price = begin
    for left in range(steps, 1, -1):
        drift = (goal - price) / left
        noise = random.gauss(0, limits.step) * math.sqrt((left - 1) / left)
        price = _mirrored(price + drift + noise, limits)
        yield limits.inside(price)
    yield goal


def _mirrored(price: float, limits: Walk) -> float:
    """Thrown back at the limits, so that the path does not stick to them."""
    if price > limits.high:
        price = 2 * limits.high - price
    elif price < limits.low:
        price = 2 * limits.low - price
    return min(limits.high, max(limits.low, price))


def volumes(total: int, count: int, random: Random) -> list[int]:
    """Much at the open and the close, little at noon; the sum is exact."""
    weights = [
        (1 + 2.5 * abs(2 * (number + 0.5) / count - 1) ** 3) * random.lognormvariate(0, 0.5) for number in range(count)
    ]
    scale = total / sum(weights)
    assigned, done, shares = 0, 0.0, []
    for weight in weights:
        done += weight * scale
        shares.append(round(done) - assigned)
        assigned += shares[-1]
    shares[-1] += total - assigned
    return shares
