"""Bars as paths on the grid: wicks and bodies, strokes with ticks, or a line; volumes; and the bar that still runs."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from app.finance.bars import Bar
from app.finance.panel import Floats
from app.quotes.charts import grid
from app.quotes.charts.curves import points
from app.quotes.charts.grid import PriceScale
from app.quotes.charts.model import ChartModel

PRICES = 300
"""Height of the price area; volumes stand below it, in the same drawing."""
VOLUMES = 45
GAP = 15
HEIGHT = PRICES + GAP + VOLUMES

Tone = Literal["rise", "fall"]
Place = tuple[int, int, int, int, int]
"""x, and the heights of open, high, low and close."""


class BarPaths(NamedTuple):
    """Wicks and bodies, or strokes with ticks, of one tone. `hole`: whether the bodies are hollow."""

    tone: Tone
    wicks: str
    bodies: str
    hole: bool


class LastBar(NamedTuple):
    """The bar that may still run: its paths, its volume's, and its close in percent of the drawing's height."""

    candle: BarPaths
    volume: str
    level: float
    value: float


def last_bar(model: ChartModel, scale: PriceScale, largest: int) -> LastBar:
    number, bar = len(model.bars) - 1, model.bars[-1]
    value = bar.close if model.own_percent is None else float(model.own_percent[-1])
    volume = volumes([bar], number, largest)
    if model.settings.style == "line" or model.own_percent is not None:
        values = own_values(model)
        newest = points(values[-2:], scale, max(0, number - 1))
        candle = BarPaths("rise", "", grid.polyline(newest), False)
    else:
        (candle,) = candles([bar], number, scale, model.settings.style == "bars")
    return LastBar(candle, volume, scale.percent(value), value)


def candles(bars: Sequence[Bar], first: int, scale: PriceScale, ticks: bool) -> tuple[BarPaths, ...]:
    """Those that rose and those that fell; `first`: the number of the first one."""
    if not bars:
        return ()
    prices = np.array([bar[3:7] for bar in bars], dtype=np.float64).reshape(-1, 4)
    opens, highs, lows, closes = (scale.ys(column) for column in prices.T)
    rose = (prices[:, 3] >= prices[:, 0]).tolist()
    places = list(
        zip(range(grid.x(first), grid.x(first + len(bars)), grid.SLOT), opens, highs, lows, closes, strict=True)
    )
    both = (
        _candle_paths("rise", [place for place, up in zip(places, rose, strict=True) if up], ticks),
        _candle_paths("fall", [place for place, up in zip(places, rose, strict=True) if not up], ticks),
    )
    return tuple(paths for paths in both if paths.wicks)


def _candle_paths(tone: Tone, places: Sequence[Place], ticks: bool) -> BarPaths:
    """`places`: x, and the heights of open, high, low and close."""
    wicks = grid.strokes((at, high, max(low, high + 1)) for at, _, high, low, _ in places)
    if ticks:
        return BarPaths(tone, wicks, _ticks(places), False)
    tops = ((at, min(opens, closes), max(opens, closes)) for at, opens, _, _, closes in places)
    bodies = grid.strokes((at, top, max(bottom, top + 1)) for at, top, bottom in tops)
    return BarPaths(tone, wicks, bodies, tone == "rise")


def _ticks(places: Sequence[Place]) -> str:
    """The open at the left of the stroke, the close at its right."""
    path, here = [], (0, 0)
    for at, opens, _, _, closes in places:
        for start, height in ((at - 3, opens), (at, closes)):
            path.append(f"{grid.move(here, (start, height))}h3")
            here = start + 3, height
    return "M" + "".join(path)[1:]


def volumes(bars: Sequence[Bar], first: int, largest: int) -> str:
    shares = np.minimum(1.0, np.array([bar.volume for bar in bars], dtype=np.float64) / largest)
    heights = np.maximum(shares > 0, np.rint(shares * VOLUMES)).astype(np.int64).tolist()
    return grid.strokes((grid.x(first + n), HEIGHT, HEIGHT - height) for n, height in enumerate(heights) if height)


def own_values(model: ChartModel) -> Floats:
    return np.array([bar.close for bar in model.bars]) if model.own_percent is None else model.own_percent
