"""The values of a symbol as a matrix: timeframes across, indicators down."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from app.indicators import words
from app.indicators.board import Reading, TimeframeReadings
from app.indicators.states import state
from app.rules.catalogue import TIMEFRAMES
from app.rules.identity import VERSION
from app.web.filters import dom_id

FIRST = (
    "RSI14", "MACD", "STOCH14", "SMA20", "SMA50", "SMA200", "EMA12", "EMA26", "BB20", "ADX14", "ATR14",
    "relative_volume", "relative_strength",
)  # fmt: skip
"""What most people look for, in this order; others follow as they come."""
PREFERRED = ("daily", "weekly", "hourly")
"""Timeframes whose state is scanned for, the first that has a value; otherwise the longest one."""
PREFIXES: Mapping[str, str] = {timeframe: prefix for prefix, timeframe in TIMEFRAMES.items()}
UNESCAPED = ",:;.()@*/!$"


class ReadingCell(NamedTuple):
    """`places`: decimals of the value. `late`: it is older than the newest of its timeframe."""

    id: str
    value: float
    places: int
    word: str
    tone: str
    at: float
    late: bool


class MatrixRow(NamedTuple):
    """`path`: of a scan, empty where no rule says the same. `cells`: one a timeframe, None without a value."""

    name: str
    path: str
    cells: Sequence[ReadingCell | None]


def rows(groups: Sequence[TimeframeReadings]) -> list[MatrixRow]:
    by_indicator: dict[str, dict[str, Reading]] = {}
    for group in groups:
        for reading in group.readings:
            by_indicator.setdefault(reading.indicator, {})[group.timeframe] = reading
    others = [indicator for indicator in by_indicator if indicator not in FIRST]
    newest = {group.timeframe: group.at for group in groups}
    return [
        MatrixRow(
            words.name(indicator),
            _path(by_indicator[indicator]),
            [_cell_of(by_indicator[indicator].get(timeframe), at) for timeframe, at in newest.items()],
        )
        for indicator in (*FIRST, *others)
        if indicator in by_indicator
    ]


def cell(reading: Reading, newest: float) -> ReadingCell:
    """`newest`: the end of the newest bar of its timeframe."""
    one = state(reading.indicator, reading.value, reading.signal)
    key = dom_id("reading", reading.symbol, reading.timeframe, reading.indicator)
    return ReadingCell(
        key, reading.value, words.places(reading.value), one.word, one.tone, reading.at, reading.at < newest
    )


def _cell_of(reading: Reading | None, newest: float) -> ReadingCell | None:
    return cell(reading, newest) if reading else None


def _path(readings: Mapping[str, Reading]) -> str:
    """Of a scan for symbols of which the same holds."""
    timeframe = next((each for each in PREFERRED if each in readings), list(readings)[-1])
    one = readings[timeframe]
    rule = state(one.indicator, one.value, one.signal).rule
    if not rule or timeframe not in PREFIXES:
        return ""
    prefix = "" if timeframe == "daily" else f"{PREFIXES[timeframe]}."
    rule = ",".join(f"{prefix}{condition}" for condition in rule.split(","))
    return f"/scan?{urlencode({'q': rule, 'v': str(VERSION)}, safe=UNESCAPED)}"
