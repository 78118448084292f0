"""SVG geometry of candles in a plot of WIDTH x HEIGHT that the page stretches."""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from app.finance.bars import Bar

WIDTH, HEIGHT = 1000, 400
PRICES = 300
"""Height of the price area: the upper three quarters; volumes use the rest."""
TALLEST = 90
HEADROOM = 0.06
STEPS = (1.0, 2.0, 5.0, 2.5, 4.0, 3.0, 1.5, 6.0, 8.0)
"""Roundest first."""
FEWEST, MOST = 4, 6

CandleTone = Literal["up", "down"]


class Scale(NamedTuple):
    """Price range, largest volume and number of candles of the plot."""

    low: float
    high: float
    volume: int
    slots: int

    def x(self, index: int) -> float:
        return (index + 0.5) * WIDTH / self.slots

    def y(self, price: float) -> float:
        return PRICES * (self.high - price) / (self.high - self.low)

    def holds(self, bar: Bar) -> bool:
        return self.low <= bar.low and bar.high <= self.high and bar.volume <= self.volume


class CandlePaths(NamedTuple):
    """SVG paths of one candle and its volume; `level` is its close in percent of the plot's height from the top."""

    body: str
    volume: str
    tone: CandleTone
    level: float


class GridLine(NamedTuple):
    """A horizontal line at a round price, in percent of the plot's height from the top."""

    level: float
    price: float


class Plot(NamedTuple):
    """What stands still: SVG paths of closed candles, of their volumes and of lines at round prices. `low` and `high`:
    of all candles."""

    low: float
    high: float
    up: str
    down: str
    volume: str
    lines: str
    grid_lines: tuple[GridLine, ...]


class Label(NamedTuple):
    """Label of the time axis, at a percentage from the left."""

    across: float
    text: str


def fit(bars: Sequence[Bar]) -> Scale | None:
    if not bars:
        return None
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    margin = (high - low) * HEADROOM or abs(high) * 0.01 or 1.0
    tallest = max(bar.volume for bar in bars)
    return Scale(low - margin, high + margin, max(1, round(tallest * (1 + HEADROOM))), len(bars))


def plot(bars: Sequence[Bar], closed: Sequence[Bar], scale: Scale) -> Plot:
    """`closed`: the first of the bars; the others are drawn apart."""
    lines = grid_lines(scale)
    return Plot(
        low=min(bar.low for bar in bars),
        high=max(bar.high for bar in bars),
        up=bodies(closed, scale, "up"),
        down=bodies(closed, scale, "down"),
        volume=volumes(closed, scale),
        lines="".join(f"M0 {scale.y(line.price):.1f}H{WIDTH}" for line in lines),
        grid_lines=lines,
    )


def labels(texts: Iterable[tuple[int, str]], scale: Scale) -> tuple[Label, ...]:
    """By the number of the candle; without those that would be cut off at the edge."""
    placed = (Label(across(index, scale), text) for index, text in texts)
    return tuple(label for label in placed if 4 < label.across < 96)


def tone(bar: Bar) -> CandleTone:
    return "up" if bar.close >= bar.open else "down"


def candle(bar: Bar, index: int, scale: Scale) -> CandlePaths:
    return CandlePaths(
        body=_body(bar, index, scale),
        volume=_volume(bar, index, scale),
        tone=tone(bar),
        level=percent(scale.y(bar.close)),
    )


def bodies(bars: Iterable[Bar], scale: Scale, direction: CandleTone) -> str:
    """One path for all candles of that direction."""
    return "".join(_body(bar, index, scale) for index, bar in enumerate(bars) if tone(bar) == direction)


def volumes(bars: Iterable[Bar], scale: Scale) -> str:
    return "".join(_volume(bar, index, scale) for index, bar in enumerate(bars))


def grid_lines(scale: Scale) -> tuple[GridLine, ...]:
    """Four to six round prices inside the scale."""
    step = _step(scale)
    return tuple(GridLine(percent(scale.y(n * step)), round(n * step, 10)) for n in _multiples(scale, step))


def percent(y: float) -> float:
    return round(100 * y / HEIGHT, 2)


def across(index: int, scale: Scale) -> float:
    """Percent of the plot's width from the left."""
    return round(100 * scale.x(index) / WIDTH, 2)


def _body(bar: Bar, index: int, scale: Scale) -> str:
    """The wick has two pieces, so that a hollow body stays hollow."""
    middle, left, width = _slot(index, scale.slots)
    top, bottom = f"{scale.y(max(bar.open, bar.close)):.1f}", f"{scale.y(min(bar.open, bar.close)):.1f}"
    return (
        f"M{middle} {scale.y(bar.high):.1f}V{top}M{middle} {bottom}V{scale.y(bar.low):.1f}"
        f"M{left} {top}h{width}V{bottom}h-{width}z"
    )


def _volume(bar: Bar, index: int, scale: Scale) -> str:
    _, left, width = _slot(index, scale.slots)
    height = min(1.0, bar.volume / scale.volume) * TALLEST
    return f"M{left} {HEIGHT}v-{height:.1f}h{width}V{HEIGHT}z"


@lru_cache(maxsize=4096)
def _slot(index: int, slots: int) -> tuple[str, str, str]:
    """Middle, left edge and body width of a candle, as path coordinates."""
    middle, half = (index + 0.5) * WIDTH / slots, 0.34 * WIDTH / slots
    return f"{middle:.1f}", f"{middle - half:.1f}", f"{2 * half:.1f}"


def _step(scale: Scale) -> float:
    power = 10.0 ** math.floor(math.log10((scale.high - scale.low) / MOST))
    steps = [factor * power * ten for ten in (1.0, 10.0) for factor in STEPS]
    return next(step for step in steps if FEWEST <= len(_multiples(scale, step)) <= MOST)


def _multiples(scale: Scale, step: float) -> range:
    return range(math.ceil(scale.low / step), math.floor(scale.high / step) + 1)
