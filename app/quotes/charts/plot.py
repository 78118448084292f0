"""What a chart's templates print: paths on the integer grid, and labels in percent."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from app.finance.bars import Bar
from app.quotes.charts import curves, grid, time_axis
from app.quotes.charts.candles import HEIGHT, PRICES, BarPaths, LastBar, candles, last_bar, own_values, volumes
from app.quotes.charts.curves import DrawnCurve, extremes_within
from app.quotes.charts.grid import DrawnScale, PriceScale, ScaleRule
from app.quotes.charts.model import ChartModel, Level, Mark
from app.quotes.charts.panes import DrawnPane, draw_pane
from app.quotes.charts.time_axis import TimeLabel

NEAR_MARKS = 0.11
"""Marks nearer to each other than this part of the plot join: 24 px of the plot on a telephone of 320 px."""
SHAPES = {"bullish": "bull", "bearish": "bear", "neutral": "many"}
EDGE = 8.0
"""Percent of the width within which a label is anchored at its end."""

Anchor = Literal["start", "middle", "end"]


class KeyEntry(NamedTuple):
    """A curve as the key names it; `value`: the last one, NaN where it has none."""

    style: str
    name: str
    value: float
    symbol: str = ""


class DrawnLevel(NamedTuple):
    at: float
    level: Level


class Extreme(NamedTuple):
    """The highest or the lowest price, in percent of the plot."""

    across: float
    at: float
    value: float
    anchor: Anchor


class DrawnMark(NamedTuple):
    """One mark, or several that stand too near to each other."""

    marks: tuple[Mark, ...]

    @property
    def letter(self) -> str:
        return self.marks[0].letter if len(self.marks) == 1 else str(len(self.marks))

    @property
    def shape(self) -> str:
        """A class of the stylesheet."""
        return (
            {"bullish": "bull", "bearish": "bear"}.get(self.marks[0].direction, "many")
            if len(self.marks) == 1
            else "many"
        )


class ChartPlot(NamedTuple):
    """`scale`: of the prices, or of percent. `largest`: volume at the top of its area."""

    model: ChartModel
    scale: PriceScale
    largest: int
    slots: int
    candles: tuple[BarPaths, ...]
    line: str
    volumes: str
    last: LastBar
    rules: tuple[ScaleRule, ...]
    labels: tuple[ScaleRule, ...]
    times: tuple[TimeLabel, ...]
    extremes: tuple[Extreme, ...]
    key: tuple[KeyEntry, ...]
    curves: tuple[DrawnCurve, ...]
    levels: tuple[DrawnLevel, ...]
    panes: tuple[DrawnPane, ...]
    marks: dict[int, DrawnMark]
    percent: bool

    @property
    def drawn_scale(self) -> DrawnScale:
        return DrawnScale(self.scale, self.largest, len(self.panes), bool(self.key))

    @property
    def width(self) -> int:
        return grid.SLOT * self.slots

    @property
    def empty_slots(self) -> int:
        return self.slots - len(self.model.bars)


def draw_plot(model: ChartModel, before: DrawnScale | None = None) -> ChartPlot | None:
    """None without bars. `before`: the scale of an earlier drawing, kept while it holds the bars."""
    if not model.bars:
        return None
    scale = before.prices if before and holds(before.prices, model) else fit(model)
    closed, count = model.bars[:-1], grid.slots(len(model.bars))
    largest = max(1, *(bar.volume for bar in model.bars))
    if model.live:
        largest += largest // 16
    is_line, percent = model.settings.style == "line" or model.own_percent is not None, model.own_percent is not None
    rules, last = grid.rules(scale), last_bar(model, scale, largest)
    return ChartPlot(
        model=model,
        scale=scale,
        largest=largest,
        slots=count,
        candles=() if is_line else candles(closed, 0, scale, model.settings.style == "bars"),
        line=grid.polyline(curves.points(own_values(model), scale)) if is_line else "",
        volumes=volumes(closed, 0, largest),
        last=last,
        rules=rules,
        labels=grid.labels_beside(rules, last.level),
        times=time_axis.labels(model.bars, model.settings.timeframe, count),
        extremes=() if percent else _extremes(model.bars, scale, count),
        key=key(model),
        curves=tuple(_price_curves(model, scale)),
        levels=tuple(
            DrawnLevel(scale.percent(each.price), each)
            for each in model.levels
            if not percent and scale.holds(each.price, each.price)
        ),
        panes=tuple(map(draw_pane, model.panes)),
        marks=joined_marks(model.marks, count),
        percent=percent,
    )


def fit(model: ChartModel) -> PriceScale:
    """Holds the bars, the curves over them and the levels that are not far away."""
    if model.own_percent is not None:
        compared = (model.own_percent, *(each.values for each in model.comparisons))
        return _fit((value for each in compared for value in extremes_within(each, -math.inf, math.inf)), "linear")
    low, high = min(bar.low for bar in model.bars), max(bar.high for bar in model.bars)
    reach = (high - low) or abs(high) or 1.0
    extremes = (extremes_within(curve.values, low - reach, high + reach) for curve in model.overlays)
    around = (value for pair in extremes for value in pair)
    near = (each.price for each in model.levels if low - reach <= each.price <= high + reach)
    return _fit((low, high, *around, *near), model.settings.scale)


def _fit(values: Iterable[float], kind: grid.Kind) -> PriceScale:
    return grid.fit(values, PRICES, kind, HEIGHT) or PriceScale(-1, 1, PRICES, "linear", HEIGHT)


def holds(scale: PriceScale, model: ChartModel) -> bool:
    if scale.kind != model.settings.scale and model.own_percent is None:
        return False
    if model.own_percent is not None:
        value = float(model.own_percent[-1])
        return math.isnan(value) or scale.holds(value, value)
    return scale.holds(min(bar.low for bar in model.bars), max(bar.high for bar in model.bars))


def holds_last(scale: DrawnScale, bar: Bar) -> bool:
    return scale.prices.holds(bar.low, bar.high) and bar.volume <= scale.largest


def key(model: ChartModel) -> tuple[KeyEntry, ...]:
    """Curves over the prices and compared symbols, with their last values."""
    own = [KeyEntry(curves.style(n), curve.name, float(curve.values[-1])) for n, curve in enumerate(model.overlays)]
    first = len(own)
    others = [
        KeyEntry(curves.style(first + n), each.instrument.symbol, float(each.values[-1]), each.instrument.symbol)
        for n, each in enumerate(model.comparisons)
    ]
    return (*(own if model.own_percent is None else ()), *others)


def joined_marks(marks: Iterable[Mark], count: int) -> dict[int, DrawnMark]:
    """By the number of the bar; those that are near to each other stand at the newest one of them. `count`: of the
    slots of the plot."""
    groups: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda each: -each.bar):
        if groups and groups[-1][0].bar - mark.bar < NEAR_MARKS * count:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return {group[0].bar: DrawnMark(tuple(group)) for group in groups}


def _price_curves(model: ChartModel, scale: PriceScale) -> Iterable[DrawnCurve]:
    if model.own_percent is None:
        yield from (DrawnCurve(curves.style(n), curves.line(curve, scale)) for n, curve in enumerate(model.overlays))
    first = len(model.overlays)
    for n, each in enumerate(model.comparisons):
        yield DrawnCurve(curves.style(first + n), grid.polyline(curves.points(each.values, scale)))


def _extremes(bars: Sequence[Bar], scale: PriceScale, count: int) -> tuple[Extreme, ...]:
    highest = int(np.argmax([bar.high for bar in bars]))
    lowest = int(np.argmin([bar.low for bar in bars]))
    return tuple(
        Extreme(at := grid.across(n, count), scale.percent(price), price, _anchor(at))
        for n, price in ((highest, bars[highest].high), (lowest, bars[lowest].low))
    )


def _anchor(at: float) -> Anchor:
    return "start" if at < EDGE else "end" if at > 100 - EDGE else "middle"
