"""A chart ready for the template: paths, axis labels and pattern pins in percent of the plot."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from app.finance.adjust import Prices
from app.finance.instrument import Instrument
from app.finance.jumps import Jump
from app.quotes.charts import geometry
from app.quotes.charts.cache import TIMEFRAMES, Chart, PatternMark, period

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LABELS = 6
STACKED = 4
"""Marks on one side of a candle."""
OUTWARD_FIRST = (*(depth / 4 for depth in range(4, 60)), *(-depth / 4 for depth in range(4, 60)))
"""Places for them, in quarters of APART, for those of its neighbours stand there too."""
APART = 6.7
"""Percent of the plot between marks at one candle: the 24 px that a finger needs, of 360."""
BESIDE = 2.2
"""Percent of the plot that a mark is wide where it is widest; on a narrow screen neighbours touch."""

NAMED_JUMPS = 3


class Label(NamedTuple):
    """On the time axis, in percent from the left."""

    across: float
    text: str


class MarkPin(NamedTuple):
    """A mark in its place, in percent of the plot."""

    across: float
    level: float
    mark: PatternMark


class ChartDrawing(NamedTuple):
    instrument: Instrument
    span: str
    unit: str
    first: date
    until: date
    low: float
    high: float
    close: float
    up: str
    down: str
    volume: str
    lines: str
    rules: tuple[geometry.Rule, ...]
    labels: tuple[Label, ...]
    pins: tuple[MarkPin, ...]
    last: geometry.CandlePaths
    prices: Prices = "split"
    adjusted: bool = False
    jumps: tuple[Jump, ...] = ()
    """The newest of those that no split explains, newest first."""
    more_jumps: int = 0


def draw_chart(chart: Chart) -> ChartDrawing | None:
    """None where there is nothing to draw yet."""
    scale, last = chart.scale, chart.last
    if scale is None or last is None:
        return None
    bars, rules, jumps = chart.bars, geometry.rules(scale), chart.unexplained_jumps
    return ChartDrawing(
        instrument=chart.instrument,
        span=chart.span,
        unit=TIMEFRAMES[chart.grouping],
        first=bars[0].day,
        until=chart.today.day if chart.today else last.day,
        low=min(bar.low for bar in bars),
        high=max(bar.high for bar in bars),
        close=last.close,
        up=geometry.bodies(chart.past, scale, "up"),
        down=geometry.bodies(chart.past, scale, "down"),
        volume=geometry.volumes(chart.past, scale),
        lines="".join(f"M0 {scale.y(rule.price):.1f}H{geometry.WIDTH}" for rule in rules),
        rules=rules,
        labels=_labels(chart, scale),
        pins=tuple(_pins(chart, scale)),
        last=geometry.candle(last, len(chart.past), scale),
        prices=chart.prices,
        adjusted=chart.adjusted,
        jumps=jumps[: -NAMED_JUMPS - 1 : -1],
        more_jumps=max(0, len(jumps) - NAMED_JUMPS),
    )


def _labels(chart: Chart, scale: geometry.Scale) -> tuple[Label, ...]:
    """Where a new week, month or year begins, thinned out to a handful."""
    days = [bar.day for bar in chart.bars]
    begins, text = _calendar(chart, len(days))
    period_starts = [begins(day) for day in days]
    starts = [n for n in range(1, len(days)) if period_starts[n] != period_starts[n - 1]]
    thinned = starts[:: max(1, -(-len(starts) // LABELS))]
    labels = (Label(geometry.across(n, scale), text(days[n])) for n in thinned)
    return tuple(label for label in labels if 4 < label.across < 96)


def _calendar(chart: Chart, count: int) -> tuple[Callable[[date], date], Callable[[date], str]]:
    if chart.grouping != "day":
        return lambda day: day.replace(month=1, day=1), lambda day: str(day.year)
    if count <= 31:
        return lambda day: period(day, "week"), lambda day: f"{day.day} {MONTHS[day.month - 1]}"
    return lambda day: period(day, "month"), lambda day: str(day.year) if day.month == 1 else MONTHS[day.month - 1]


def _pins(chart: Chart, scale: geometry.Scale) -> list[MarkPin]:
    """Bearish marks stand above their candle, the others below it; the newest ones are nearest to theirs.

    Which ones are shown does not depend on the scale, for none may vanish while the price moves.
    """
    bars = chart.bars
    places = {period(bar.day, chart.grouping): index for index, bar in enumerate(bars)}
    stacks: Counter[tuple[int, bool]] = Counter()
    reach = math.ceil(BESIDE * scale.slots / 100) - 1
    levels_by_candle: dict[int, list[float]] = {}
    pins: list[MarkPin] = []
    for mark in chart.marks:
        index, above = places.get(period(mark.day, chart.grouping)), mark.direction == "bearish"
        if index is None or stacks[index, above] == STACKED:
            continue
        stacks[index, above] += 1
        bar, step = bars[index], -APART if above else APART
        edge = geometry.percent(scale.y(bar.high if above else bar.low))
        beside = [level for near in range(index - reach, index + reach + 1) for level in levels_by_candle.get(near, ())]
        level = _level(edge, step, beside)
        levels_by_candle.setdefault(index, []).append(level)
        pins.append(MarkPin(geometry.across(index, scale), level, mark))
    return pins


def _level(edge: float, step: float, beside: Sequence[float]) -> float:
    """The first that is free beside these, or the last one inside the plot."""
    level = edge
    for depth in OUTWARD_FIRST:
        place = edge + step * depth
        if not 3.0 <= place <= 97.0:
            continue
        level = round(place, 2)
        if all(abs(level - other) >= APART - 0.01 for other in beside):
            break
    return level
