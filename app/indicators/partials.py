"""Indicator values as HTML."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from app.identity import View
from app.indicators import words
from app.indicators.board import Reading, TimeframeReadings
from app.web.html import fragment
from app.wire.events.event import IndicatorAlert


class ReadingRow(NamedTuple):
    """`places`: decimals of the value. `late`: it is older than the newest of its timeframe."""

    name: str
    value: float
    places: int
    signal: str
    at: float
    late: bool


class ReadingTable(NamedTuple):
    timeframe: str
    at: float
    readings: list[ReadingRow]


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


def readings(symbol: str, groups: Sequence[TimeframeReadings], view: View) -> Markup:
    parts = [
        ReadingTable(group.timeframe, group.at, [_row(reading, group.at) for reading in group.readings])
        for group in groups
    ]
    return fragment("indicators/readings", symbol=symbol, groups=parts, view=view)


def alert(alert: IndicatorAlert, view: View) -> Markup:
    """An entry of the list of alerts."""
    entry = AlertEntry(
        alert.symbol, alert.alert, *words.alert(alert.alert), alert.indicator, alert.value, alert.timeframe, alert.at
    )
    return fragment("indicators/alert", alert=entry, view=view)


def alerts(alerts: Sequence[Markup]) -> Markup:
    return fragment("indicators/alerts", alerts=alerts)


def _row(reading: Reading, newest: float) -> ReadingRow:
    return ReadingRow(
        words.name(reading.indicator),
        reading.value,
        words.places(reading.value),
        words.signal(reading.indicator, reading.value, reading.signal),
        reading.at,
        reading.at < newest,
    )
