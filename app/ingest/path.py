"""One real daily bar as a session of ticks: exact in open, high, low, close and volume, invented in between."""

import math
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import NamedTuple

from app.finance.bars import Bar
from app.finance.sessions import Session
from app.wire.events import Tick

FEWEST = 5
"""Open, high, low and close may all be different ticks, and one is in between."""
GRID = 100
"""Prices per unit of currency."""


class Place(NamedTuple):
    """Which of a session's symbols this is: their ticks are spread evenly over the spacing."""

    number: int
    of: int


class Walk(NamedTuple):
    """A day's limits and how far the price moves from one tick to the next."""

    low: float
    high: float
    step: float

    def inside(self, price: float) -> float:
        """On the grid, but never beyond the day's extremes, which may lie off the grid."""
        return min(self.high, max(self.low, round(price * GRID) / GRID))


def ticks(bar: Bar, session: Session, spacing: float, place: Place) -> list[Tick]:
    """In order of time, from the open to the session's last second; the same arguments give the same ticks.

    `spacing` is in market seconds. Taken alone, the ticks' prices meet open, high, low and close exactly, and so do
    their own open, high, low and close, which show what happened since the symbol's tick before.
    """
    times = _times(session, spacing, place)
    random = Random(int.from_bytes(sha256(f"{bar.symbol} {session.day}".encode()).digest()[:8]))  # noqa: S311
    walk = Walk(bar.low, bar.high, (bar.high - bar.low) / (1.6 * math.sqrt(len(times))))
    prices = _prices(bar, walk, len(times), random)
    volumes = _volumes(bar.volume, len(times), random)
    return list(_drawn(bar.symbol, walk, zip(times, prices, volumes, strict=True), random))


def _times(session: Session, spacing: float, place: Place) -> list[float]:
    length = session.closes - session.opens - 1
    steps = max(FEWEST - 1, round(length / spacing))
    share = place.number / place.of
    inner = [session.opens + (step + share) * length / steps for step in range(1, steps)]
    times = [session.opens + share / 2, *inner, session.closes - 1 + (place.number + 1) / (place.of + 1)]
    return [round(at, 3) for at in times]


def _prices(bar: Bar, walk: Walk, count: int, random: Random) -> list[float]:
    """Bridges between the open, the extremes in either order at any time, and the close."""
    one, other = sorted(random.sample(range(1, count - 1), 2))
    extremes = (bar.high, bar.low) if random.random() < _high_first(bar) else (bar.low, bar.high)
    anchors = [(0, bar.open), (one, extremes[0]), (other, extremes[1]), (count - 1, bar.close)]
    prices = [bar.open]
    for (start, begin), (end, goal) in pairwise(anchors):
        prices.extend(_bridge(begin, goal, end - start, walk, random))
    return prices


def _high_first(bar: Bar) -> float:
    """A day that closes below its open more often saw its high first."""
    return 0.5 + 0.4 * (bar.open - bar.close) / (bar.high - bar.low or 1)


def _bridge(begin: float, goal: float, steps: int, walk: Walk, random: Random) -> Iterator[float]:
    price = begin
    for left in range(steps, 1, -1):
        drift = (goal - price) / left
        noise = random.gauss(0, walk.step) * math.sqrt((left - 1) / left)
        price = _mirrored(price + drift + noise, walk)
        yield walk.inside(price)
    yield goal


def _mirrored(price: float, walk: Walk) -> float:
    """Thrown back at the limits, so that the path does not stick to them."""
    if price > walk.high:
        price = 2 * walk.high - price
    elif price < walk.low:
        price = 2 * walk.low - price
    return min(walk.high, max(walk.low, price))


def _volumes(total: int, count: int, random: Random) -> list[int]:
    """Much at the open and the close, little at noon; the sum is exact."""
    weights = [
        (1 + 2.5 * abs(2 * (number + 0.5) / count - 1) ** 3) * random.lognormvariate(0, 0.5) for number in range(count)
    ]
    scale = total / sum(weights)
    given, done, volumes = 0, 0.0, []
    for weight in weights:
        done += weight * scale
        volumes.append(round(done) - given)
        given += volumes[-1]
    volumes[-1] += total - given
    return volumes


def _drawn(symbol: str, walk: Walk, points: Iterator[tuple[float, float, int]], random: Random) -> Iterator[Tick]:
    before: float | None = None
    for at, price, volume in points:
        first = price if before is None else walk.inside(before + random.gauss(0, walk.step / 4))
        reach = 0.0 if before is None else walk.step
        high = walk.inside(max(first, price) + abs(random.gauss(0, reach / 2)))
        low = walk.inside(min(first, price) - abs(random.gauss(0, reach / 2)))
        yield Tick(
            at=at, source="replay", symbol=symbol, price=price, volume=volume,
            open=first, high=max(high, first, price), low=min(low, first, price), close=price,
        )  # fmt: skip
        before = price
