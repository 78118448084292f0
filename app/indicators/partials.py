"""Indicator values as HTML."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from app.identity import View
from app.indicators import words
from app.indicators.matrix import ReadingCell
from app.web.html import fragment
from app.wire.events.event import IndicatorAlert


class MatrixColumn(NamedTuple):
    """`at`: the end of the newest bar."""

    timeframe: str
    at: float


class DrawnRow(NamedTuple):
    """`path`: of a scan. `cells`: None without a value."""

    name: str
    path: str
    cells: Sequence[Markup | None]


class AlertEntry(NamedTuple):
    """`title`: what the alert says; `value`: of the indicator, in its own unit."""

    symbol: str
    alert: str
    title: str
    direction: str
    indicator: str
    value: float | None
    timeframe: str
    at: float


def readings(symbol: str, columns: Sequence[MatrixColumn], rows: Sequence[DrawnRow]) -> Markup:
    """The values of a symbol: timeframes across, indicators down."""
    return fragment("indicators/readings", symbol=symbol, columns=columns, rows=rows)


def reading(cell: ReadingCell, view: View) -> Markup:
    """What stands in a cell."""
    return fragment("indicators/reading", cell=cell, view=view)


def alert(alert: IndicatorAlert, view: View) -> Markup:
    """An entry of the list of alerts."""
    entry = AlertEntry(
        alert.symbol, alert.alert, *words.alert(alert.alert), alert.indicator, alert.value, alert.timeframe, alert.at
    )
    return fragment("indicators/alert", alert=entry, view=view)


def alerts(alerts: Sequence[Markup]) -> Markup:
    return fragment("indicators/alerts", alerts=alerts)
