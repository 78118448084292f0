"""Indicators by TA-Lib, read off at the last bars of a series."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import talib
from numpy.typing import NDArray

from app.finance.bars import Bar

Floats = NDArray[np.float64]

OVERBOUGHT, OVERSOLD = 70.0, 30.0


class Study(NamedTuple):
    name: str
    category: str
    period: int


STUDIES = (
    Study("RSI14", "momentum", 14),
    Study("SMA20", "trend", 20),
    Study("SMA50", "trend", 50),
    Study("EMA12", "trend", 12),
    Study("EMA26", "trend", 26),
    Study("MACD", "momentum", 26),
)


class Reading(NamedTuple):
    indicator: str
    value: float
    signal: str
    bar: Bar
    """The last one that went in."""
    parts: dict[str, float]


def read(bars: Sequence[Bar], last: int) -> list[Reading]:
    """The STUDIES at the `last` of the bars (oldest first), where there are enough."""
    if not bars:
        return []
    closes = np.array([bar.close for bar in bars], dtype=np.float64)
    columns = _columns(closes)
    readings = []
    for at in range(max(0, len(bars) - last), len(bars)):
        for indicator, parts in columns.items():
            values = {name: round(float(column[at]), 6) for name, column in parts.items()}
            if not any(math.isnan(value) for value in values.values()):
                value = values["value"]
                readings.append(Reading(indicator, value, _signal(indicator, values, bars[at]), bars[at], values))
    return readings


def _columns(closes: Floats) -> dict[str, dict[str, Floats]]:
    macd, signal, histogram = talib.MACD(closes, 12, 26, 9)
    return {
        "RSI14": {"value": talib.RSI(closes, 14)},
        "SMA20": {"value": talib.SMA(closes, 20)},
        "SMA50": {"value": talib.SMA(closes, 50)},
        "EMA12": {"value": talib.EMA(closes, 12)},
        "EMA26": {"value": talib.EMA(closes, 26)},
        "MACD": {"value": macd, "signal": signal, "histogram": histogram},
    }


def _signal(indicator: str, values: dict[str, float], bar: Bar) -> str:
    if indicator == "RSI14":
        return "OVERBOUGHT" if values["value"] > OVERBOUGHT else "OVERSOLD" if values["value"] < OVERSOLD else ""
    if indicator == "MACD":
        return "BULLISH" if values["histogram"] > 0 else "BEARISH"
    return "ABOVE" if bar.close > values["value"] else "BELOW"
