"""The numbers of a chart: its model at this moment."""

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import cast

import numpy as np

from app.finance.bars import Bar
from app.finance.panel import Floats
from app.finance.periods import DATED, begin
from app.quotes.charts import studies
from app.quotes.charts.cache import Chart, PatternMark
from app.quotes.charts.model import ChartModel, Comparison, Direction, Mark
from app.web.filters import detection_path, words

DIRECTIONS = ("bullish", "bearish", "neutral")


def chart_model(chart: Chart) -> ChartModel:
    """Of the chart as it is; without bars where none is stored."""
    bars = chart.bars
    if not bars:
        return ChartModel(chart.instrument, chart.settings, (), notes=chart.notes, version=version(chart))
    matrix = studies.matrix_of(chart) if any((*chart.settings.overlays, *chart.settings.panes)) else None
    overlays, no_overlays = studies.overlays(chart, matrix, len(bars)) if matrix else ((), ())
    panes, no_panes = studies.panes(chart, matrix, len(bars)) if matrix else ((), ())
    levels, no_levels = studies.levels(chart)
    own_percent, comparisons, uncompared = compare(chart)
    no_log = _log_note(chart, bars, own_percent)
    return ChartModel(
        chart.instrument,
        chart.settings._replace(scale="linear") if no_log else chart.settings,
        heikin_ashi(chart.all_bars)[chart.first :] if chart.settings.style == "heikin" else bars,
        chart.today is not None,
        overlays,
        levels,
        panes,
        comparisons,
        own_percent,
        tuple(marks(chart)),
        (*chart.notes, *no_log, *no_overlays, *no_panes, *no_levels, *uncompared),
        chart.adjusted,
        chart.unexplained_jumps[::-1],
        version(chart),
    )


def compare(chart: Chart) -> tuple[Floats | None, tuple[Comparison, ...], tuple[str, ...]]:
    """The symbol itself and the others in percent from the first bar that all have; None where they have none."""
    others = [other for other in chart.others if other.instrument.symbol in chart.settings.compare]
    if not others:
        return None, (), ()
    own = studies.closes(chart.bars)
    prices = np.stack([own, *(studies.aligned(chart.bars, other) for other in others)])
    common = np.flatnonzero((prices > 0).all(axis=0))
    if not len(common):
        names = ", ".join(other.instrument.symbol for other in others)
        return None, (), (f"{chart.instrument.symbol} and {names} have no bar with a price in common here.",)
    percent = 100 * (prices / prices[:, common[0], None] - 1)
    percent[:, : common[0]] = np.nan
    instruments = [other.instrument for other in others]
    return percent[0], tuple(map(Comparison, instruments, percent[1:])), ()


def heikin_ashi(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Close is the mean of a bar's four prices, open the middle of the body before."""
    smoothed: list[Bar] = []
    for bar in bars:
        close = (bar.open + bar.high + bar.low + bar.close) / 4
        opens = (smoothed[-1].open + smoothed[-1].close) / 2 if smoothed else (bar.open + bar.close) / 2
        smoothed.append(
            bar._replace(open=opens, high=max(bar.high, opens, close), low=min(bar.low, opens, close), close=close)
        )
    return tuple(smoothed)


def marks(chart: Chart) -> list[Mark]:
    """Patterns at their bars, newest first; those before the first bar that is drawn are left out."""
    places = {bar.start: number for number, bar in enumerate(chart.bars)}
    placed = ((places.get(_start(chart, mark)), mark) for mark in chart.marks)
    return [_mark(chart, number, mark) for number, mark in placed if number is not None]


def _start(chart: Chart, mark: PatternMark) -> float:
    """Where the bar starts that a pattern ended with."""
    if chart.settings.timeframe not in DATED:
        return begin(chart.settings.timeframe, mark.at - 1)
    day = begin("daily", mark.at - 1)
    return day if chart.settings.timeframe == "daily" else begin(chart.settings.timeframe, day)


def _mark(chart: Chart, number: int, mark: PatternMark) -> Mark:
    direction = cast(Direction, mark.direction if mark.direction in DIRECTIONS else "neutral")
    href = detection_path(chart.instrument.symbol, mark.pattern, mark.timeframe, mark.at)
    return Mark(number, mark.pattern[:1].upper(), f"{words(mark.pattern)}, {direction}", direction, href)


def _log_note(chart: Chart, bars: Sequence[Bar], own_percent: Floats | None) -> tuple[str, ...]:
    if chart.settings.scale != "log":
        return ()
    if own_percent is not None:
        return ("A comparison is drawn in percent on a linear scale.",)
    if min(bar.low for bar in bars) <= 0:
        return ("A logarithmic scale has no place for prices of zero or less, so the scale is linear.",)
    return ()


def version(chart: Chart) -> str:
    """Differs whenever closed bars, what they are compared with, marks or settings differ; the same in every process.
    Of the prices the sums count."""
    others = [(other.instrument.symbol, _sums(other.bars[:-1])) for other in chart.others]
    data = (chart.key, _sums(chart.past), chart.open_period, others, chart.marks, chart.notes, chart.adjusted)
    return blake2b(repr(data).encode(), digest_size=6).hexdigest()


def _sums(bars: Sequence[Bar]) -> tuple[float, ...]:
    return tuple(map(math.fsum, list(zip(*bars, strict=True))[2:8]))
