"""Indicator values as HTML."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from app.identity import View
from app.indicators import words
from app.indicators.board import Reading, TimeframeReadings
from app.web.html import fragment


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


def readings(symbol: str, groups: Sequence[TimeframeReadings], view: View) -> Markup:
    parts = [
        ReadingTable(group.timeframe, group.at, [_row(reading, group.at) for reading in group.readings])
        for group in groups
    ]
    return fragment("indicators/readings", symbol=symbol, groups=parts, view=view)


def _row(reading: Reading, newest: float) -> ReadingRow:
    return ReadingRow(
        words.name(reading.indicator),
        reading.value,
        words.places(reading.value),
        words.signal(reading.indicator, reading.value, reading.signal),
        reading.at,
        reading.at < newest,
    )
