"""Indicator values computed by ourselves, in the names and words of the engine."""

from collections.abc import Iterable, Mapping

import numpy as np

from app.finance import studies
from app.finance.panel import Floats
from app.finance.tick_size import tick_sizes
from app.indicators.board import Reading
from app.indicators.latest.queries import LatestBar

PARTS: Mapping[str, Mapping[str, str]] = {
    "RSI14": {"value": "rsi14"},
    "STOCH14": {"value": "stoch14"},
    "MACD": {"value": "macd", "histogram": "macd_histogram"},
    "SMA20": {"value": "sma20"},
    "SMA50": {"value": "sma50"},
    "SMA200": {"value": "sma200"},
    "EMA12": {"value": "ema12"},
    "EMA26": {"value": "ema26"},
    "BB20": {"value": "bb20", "upper": "bb20_upper", "lower": "bb20_lower"},
    "ADX14": {"value": "adx14", "plus_di": "adx14_plus", "minus_di": "adx14_minus"},
    "ATR14": {"value": "atr14"},
    "relative_volume": {"value": "relvol"},
    "relative_strength": {"value": "rs20"},
}
"""The column of each part of a study."""


def computed_readings(symbol: str, bars: Iterable[LatestBar]) -> list[Reading]:
    """Of the newest closed bar of each timeframe."""
    return [
        reading
        for bar in bars
        if not bar.running
        for indicator, columns in PARTS.items()
        if (reading := _reading(symbol, indicator, columns, bar)) is not None
    ]


def _reading(symbol: str, indicator: str, columns: Mapping[str, str], bar: LatestBar) -> Reading | None:
    value, close = bar.values[columns["value"]], bar.values["close"]
    if value is None or close is None:
        return None
    parts = {part: _array(bar.values[column]) for part, column in columns.items()}
    prices = _array(close)
    (signal,) = studies.signals(indicator, parts, prices, tick_sizes((symbol,), prices, {}))
    return Reading(symbol, indicator, bar.timeframe, value, bar.at, signal)


def _array(value: float | None) -> Floats:
    return np.array([np.nan if value is None else value])
