"""A chart as a table for programs: its bars, and the curves of overlays, panes and comparisons."""

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from app.finance.bars import Bar
from app.finance.panel import Floats
from app.finance.periods import DATED
from app.quotes.charts.model import ChartModel
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument

FIGURES = ("open", "high", "low", "close")
DIGITS = 10
"""Significant ones of a curve's value: what is behind them is rounding."""


class CurveColumn(NamedTuple):
    name: str
    values: Floats
    unit: str = ""


def chart_document(chart: ChartModel, zone: str, as_of: float) -> TableDocument:
    """`as_of`: UTC epoch seconds. A bar of days, weeks or months has its date."""
    curves = [*_curves(chart)]
    columns = [*_bar_columns(chart), *_curve_columns(curves)]
    values = [[value(each) for each in curve.values] for curve in curves]
    rows = [(*_cells(bar), *figures) for bar, *figures in zip(chart.bars, *values, strict=True)]
    name = re.sub(r"[^A-Za-z0-9.-]", "-", chart.instrument.symbol)
    return TableDocument(name, columns, rows, zone, as_of)


def value(number: float) -> float | None:
    """None for NaN."""
    return float(f"{number:.{DIGITS}g}") if math.isfinite(number) else None


def _bar_columns(chart: ChartModel) -> Iterator[TableColumn]:
    dated = chart.settings.timeframe in DATED
    yield TableColumn("time", "Time", ColumnKind.TEXT if dated else ColumnKind.TIME)
    for name in FIGURES:
        yield TableColumn(name, name.capitalize(), ColumnKind.NUMBER, chart.instrument.currency)
    yield TableColumn("volume", "Volume", ColumnKind.NUMBER, "shares")


def _cells(bar: Bar) -> tuple[Cell, ...]:
    time = bar.day.isoformat() if bar.timeframe in DATED else bar.start
    return time, bar.open, bar.high, bar.low, bar.close, bar.volume


def _curves(chart: ChartModel) -> Iterator[CurveColumn]:
    for curve in chart.overlays:
        yield CurveColumn(curve.name, curve.values, chart.instrument.currency)
    for pane in chart.panes:
        for curve in pane.curves:
            yield CurveColumn(curve.name if curve.name == pane.name else f"{pane.name} {curve.name}", curve.values)
    if chart.own_percent is not None:
        yield CurveColumn(f"{chart.instrument.symbol} change", chart.own_percent, "%")
    for comparison in chart.comparisons:
        yield CurveColumn(f"{comparison.instrument.symbol} change", comparison.values, "%")


def _curve_columns(curves: list[CurveColumn]) -> Iterator[TableColumn]:
    """No two have one name."""
    names: set[str] = set()
    for curve in curves:
        name = word = re.sub(r"[^a-z0-9]+", "_", curve.name.lower()).strip("_")
        while name in names:
            name = f"{word}_{len(names)}"
        names.add(name)
        yield TableColumn(name, curve.name, ColumnKind.NUMBER, curve.unit)
