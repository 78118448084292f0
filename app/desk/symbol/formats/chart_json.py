"""A chart as JSON: bars, curves, marks, its settings and its version."""

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from app.desk.symbol.formats.table import value
from app.finance.bars import Bar
from app.finance.panel import Floats
from app.finance.periods import DATED
from app.quotes.charts.model import ChartModel, Curve
from app.web.formats import iso_time

Values = Sequence[float | None]


class BarJson(msgspec.Struct, frozen=True):
    """`time`: the date of a bar of days, weeks or months, else where it begins, ISO 8601."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: int


class CurveJson(msgspec.Struct, frozen=True):
    """`values`: one for each bar, null where there is none."""

    name: str
    kind: str
    values: Values


class PaneJson(msgspec.Struct, frozen=True):
    name: str
    rules: Sequence[float]
    curves: Sequence[CurveJson]


class ComparisonJson(msgspec.Struct, frozen=True):
    """`percent`: change since the first bar that all symbols have."""

    symbol: str
    name: str
    percent: Values


class LevelJson(msgspec.Struct, frozen=True):
    name: str
    price: float


class MarkJson(msgspec.Struct, frozen=True):
    """`time`: of its bar. `address`: of its page."""

    time: str
    words: str
    direction: str
    address: str


class ChartJson(msgspec.Struct, frozen=True):
    """`settings`: the parameters of the address that differ from the usual chart."""

    symbol: str
    name: str
    exchange: str
    currency: str
    timeframe: str
    settings: dict[str, str]
    version: str
    zone: str
    as_of: str | None
    price_source: str
    live: bool
    adjusted: bool
    bars: Sequence[BarJson]
    overlays: Sequence[CurveJson]
    levels: Sequence[LevelJson]
    panes: Sequence[PaneJson]
    percent: Values | None
    comparisons: Sequence[ComparisonJson]
    marks: Sequence[MarkJson]
    notes: Sequence[str]
    summary: Sequence[str]


class ChartFacts(NamedTuple):
    """Beside its model. `summary`: sentences; `as_of`: UTC epoch seconds; `price_source`: what the prices are, such as
    an invented market."""

    summary: Sequence[str]
    version: str
    zone: str
    as_of: float
    price_source: str


def chart_json(chart: ChartModel, facts: ChartFacts) -> ChartJson:
    zone = ZoneInfo(facts.zone)
    bars = [_bar(bar, zone) for bar in chart.bars]
    instrument = chart.instrument
    return ChartJson(
        symbol=instrument.symbol,
        name=instrument.name,
        exchange=instrument.exchange,
        currency=instrument.currency,
        timeframe=chart.settings.timeframe,
        settings=chart.settings.values,
        version=facts.version,
        zone=facts.zone,
        as_of=iso_time(facts.as_of, zone),
        price_source=facts.price_source,
        live=chart.live,
        adjusted=chart.adjusted,
        bars=bars,
        overlays=[_curve(curve) for curve in chart.overlays],
        levels=[LevelJson(*level) for level in chart.levels],
        panes=[PaneJson(pane.name, pane.rules, [_curve(curve) for curve in pane.curves]) for pane in chart.panes],
        percent=None if chart.own_percent is None else _values(chart.own_percent),
        comparisons=[
            ComparisonJson(each.instrument.symbol, each.instrument.name, _values(each.values))
            for each in chart.comparisons
        ],
        marks=[MarkJson(bars[each.bar].time, each.words, each.direction, each.href) for each in chart.marks],
        notes=chart.notes,
        summary=facts.summary,
    )


def _bar(bar: Bar, zone: ZoneInfo) -> BarJson:
    time = bar.day.isoformat() if bar.timeframe in DATED else iso_time(bar.start, zone)
    return BarJson(time or "", bar.open, bar.high, bar.low, bar.close, bar.volume)


def _curve(curve: Curve) -> CurveJson:
    return CurveJson(curve.name, curve.kind, _values(curve.values))


def _values(values: Floats) -> Values:
    return [value(each) for each in values]
