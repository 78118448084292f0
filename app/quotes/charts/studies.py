"""Indicators of the bars of a chart: the functions of rules, at every bar."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.finance.bars import Bar
from app.finance.matrix import BarMatrix, build
from app.finance.panel import Floats
from app.finance.periods import DATED
from app.finance.series.functions import FUNCTIONS, series
from app.quotes.charts.cache import Chart, OtherBars, session_of
from app.quotes.charts.history import YEAR_BARS
from app.quotes.charts.model import Curve, Level, Pane
from app.quotes.charts.settings import ChartStudy

PARTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "sma": (("", "SMA {}"),),
    "ema": (("", "EMA {}"),),
    "bb": (("upper", "Upper band {}"), ("", "Middle band {}"), ("lower", "Lower band {}")),
    "vwap": (("", "VWAP"),),
    "rsi": (("", "RSI {}"),),
    "macd": (("histogram", "Histogram"), ("", "MACD"), ("signal", "Signal")),
    "atr": (("", "ATR {}"),),
    "stoch": (("", "%K {}"), ("signal", "%D")),
}
"""Of each study the parts that are drawn, with their names."""
PANE_NAMES = {"rsi": "RSI {}", "macd": "MACD 12 26 9", "atr": "ATR {}", "stoch": "Stochastic {}"}
RULES: Mapping[str, tuple[float, ...]] = {"rsi": (30, 70), "macd": (0,), "stoch": (20, 80)}
REACHES: Mapping[str, tuple[float, float]] = {"rsi": (15, 85), "stoch": (0, 100)}
HISTOGRAMS = {("macd", "histogram")}


def matrix_of(chart: Chart) -> BarMatrix:
    """One row: all bars of the chart, already adjusted."""
    values = np.array([bar[2:8] for bar in chart.all_bars], dtype=np.float64).T.reshape(6, 1, -1)
    return build(chart.settings.timeframe, (chart.instrument.symbol,), values)


def curves(study: ChartStudy, matrix: BarMatrix, count: int) -> tuple[Curve, ...]:
    """At the last `count` bars."""
    return tuple(
        Curve(
            name.format(study.period),
            series(matrix, study.name, study.period, part, count)[0],
            "histogram" if (study.name, part) in HISTOGRAMS else "line",
        )
        for part, name in PARTS[study.name]
    )


def overlays(chart: Chart, matrix: BarMatrix, count: int) -> tuple[tuple[Curve, ...], tuple[str, ...]]:
    """The curves over the prices, and a sentence for each that has no value at any of these bars."""
    results: list[Curve] = []
    notes: list[str] = []
    for study in chart.settings.overlays:
        if study.name == "levels":
            continue
        if study.name == "vwap" and chart.settings.timeframe in DATED:
            notes.append("VWAP begins anew with each session: choose a timeframe below a day.")
            continue
        own = curves(study, matrix, count)
        results.extend(own) if _has_values(own) else notes.append(_too_few(study, matrix))
    return tuple(results), tuple(notes)


def panes(chart: Chart, matrix: BarMatrix, count: int) -> tuple[tuple[Pane, ...], tuple[str, ...]]:
    """The same below the prices."""
    results: list[Pane] = []
    notes: list[str] = []
    for study in chart.settings.panes:
        if study.name == "rs":
            own = _relative_strength(study, chart)
            if own is None and any(study.symbol == other.instrument.symbol for other in chart.others):
                notes.append(f"{chart.instrument.symbol} and {study.symbol} have no bar in common here.")
        else:
            own = _pane(study, matrix, count)
            notes.extend([] if own else [_too_few(study, matrix)])
        results.extend([own] if own else [])
    return tuple(results), tuple(notes)


def _pane(study: ChartStudy, matrix: BarMatrix, count: int) -> Pane | None:
    own = curves(study, matrix, count)
    if not _has_values(own):
        return None
    low, high = REACHES.get(study.name, (None, None))
    return Pane(PANE_NAMES[study.name].format(study.period), own, RULES.get(study.name, ()), low, high)


def _relative_strength(study: ChartStudy, chart: Chart) -> Pane | None:
    """Price in units of the other symbol, 100 at the first bar that both have; None without such a bar."""
    other = next((each for each in chart.others if each.instrument.symbol == study.symbol), None)
    if other is None:
        return None
    ratio = closes(chart.bars) / aligned(chart.bars, other)
    places = np.flatnonzero(np.isfinite(ratio) & (ratio > 0))
    if not len(places):
        return None
    name = f"{chart.instrument.symbol} against {study.symbol}"
    return Pane(name, (Curve(name, np.where(np.isfinite(ratio), 100 * ratio / ratio[places[0]], np.nan)),), (100,))


def levels(chart: Chart) -> tuple[tuple[Level, ...], tuple[str, ...]]:
    """Lines of the address; with `levels` also the extremes of 52 weeks, or of the session before."""
    own = [Level("line", price) for price in chart.settings.lines]
    if not any(study.name == "levels" for study in chart.settings.overlays):
        return tuple(own), ()
    before, name = _period_before(chart)
    if not before:
        return tuple(own), ("No session before these bars is stored, so no level of it is drawn.",)
    high, low = max(bar.high for bar in before), min(bar.low for bar in before)
    return (*own, Level(f"{name} high", high), Level(f"{name} low", low)), ()


def _period_before(chart: Chart) -> tuple[Sequence[Bar], str]:
    everything = chart.all_bars
    if chart.settings.timeframe in DATED:
        return everything[-YEAR_BARS[chart.settings.timeframe] :], "52-week"
    sessions = sorted({session_of(bar) for bar in everything})[-2:-1]
    return [bar for bar in everything if session_of(bar) in sessions], "last session's"


def closes(bars: Sequence[Bar]) -> Floats:
    return np.array([bar.close for bar in bars], dtype=np.float64)


def aligned(bars: Sequence[Bar], other: OtherBars) -> Floats:
    """The closes of the other symbol at these bars, NaN where it has none."""
    by_start = {bar.start: bar.close for bar in other.bars}
    return np.array([by_start.get(bar.start, np.nan) for bar in bars], dtype=np.float64)


def _has_values(own: Sequence[Curve]) -> bool:
    return any(not np.isnan(curve.values).all() for curve in own)


def _too_few(study: ChartStudy, matrix: BarMatrix) -> str:
    needs = min(FUNCTIONS[study.name, part].bars(study.period) for part, _ in PARTS[study.name])
    name = PARTS[study.name][-1][1].format(study.period)
    return f"{name} needs {needs} bars, and {int(matrix.counts[0])} are stored."
