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
from app.web.times import MONTHS

LABELS = 6
STACKED = 4
"""Marks on one side of a candle."""
OUTWARD_FIRST = (*(depth / 4 for depth in range(4, 60)), *(-depth / 4 for depth in range(4, 60)))
"""Positions to try, in quarters of APART, since marks of neighbouring candles may be in the way."""
APART = 6.7
"""Percent of the plot's height between marks on one candle: 24 px of 360, a touch target."""
BESIDE = 2.2
"""Width of a mark in percent of the plot, at most; on a narrow screen neighbours touch."""

NAMED_JUMPS = 3


class MarkPin(NamedTuple):
    """A pattern mark with its position in percent of the plot."""

    across: float
    level: float
    mark: PatternMark


class ChartDrawing(NamedTuple):
    instrument: Instrument
    span: str
    unit: str
    first: date
    until: date
    close: float
    plot: geometry.Plot
    labels: tuple[geometry.Label, ...]
    pins: tuple[MarkPin, ...]
    last: geometry.CandlePaths
    prices: Prices = "split"
    adjusted: bool = False
    jumps: tuple[Jump, ...] = ()
    """The newest unexplained jumps, newest first."""
    more_jumps: int = 0


def draw_chart(chart: Chart) -> ChartDrawing | None:
    """None if there are no candles."""
    scale, last = chart.scale, chart.last
    if scale is None or last is None:
        return None
    bars, jumps = chart.bars, chart.unexplained_jumps
    return ChartDrawing(
        instrument=chart.instrument,
        span=chart.span,
        unit=TIMEFRAMES[chart.grouping],
        first=bars[0].day,
        until=chart.today.day if chart.today else last.day,
        close=last.close,
        plot=geometry.plot(bars, chart.past, scale),
        labels=_labels(chart, scale),
        pins=tuple(_pins(chart, scale)),
        last=geometry.candle(last, len(chart.past), scale),
        prices=chart.prices,
        adjusted=chart.adjusted,
        jumps=jumps[: -NAMED_JUMPS - 1 : -1],
        more_jumps=max(0, len(jumps) - NAMED_JUMPS),
    )


def _labels(chart: Chart, scale: geometry.Scale) -> tuple[geometry.Label, ...]:
    """Starts of weeks, months or years, thinned out to a handful."""
    days = [bar.day for bar in chart.bars]
    begins, text = _calendar(chart, len(days))
    period_starts = [begins(day) for day in days]
    starts = [n for n in range(1, len(days)) if period_starts[n] != period_starts[n - 1]]
    thinned = starts[:: max(1, -(-len(starts) // LABELS))]
    return geometry.labels(((n, text(days[n])) for n in thinned), scale)


def _calendar(chart: Chart, count: int) -> tuple[Callable[[date], date], Callable[[date], str]]:
    if chart.grouping != "day":
        return lambda day: day.replace(month=1, day=1), lambda day: str(day.year)
    if count <= 31:
        return lambda day: period(day, "week"), lambda day: f"{day.day} {MONTHS[day.month - 1]}"
    return lambda day: period(day, "month"), lambda day: str(day.year) if day.month == 1 else MONTHS[day.month - 1]


def _pins(chart: Chart, scale: geometry.Scale) -> list[MarkPin]:
    """Bearish marks are above their candle, others below; the newest are nearest to it.

    The choice of marks does not depend on the scale, so that none vanishes while the price moves.
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
    """The first position free of these neighbours, or the last one inside the plot."""
    level = edge
    for depth in OUTWARD_FIRST:
        place = edge + step * depth
        if not 3.0 <= place <= 97.0:
            continue
        level = round(place, 2)
        if all(abs(level - other) >= APART - 0.01 for other in beside):
            break
    return level
