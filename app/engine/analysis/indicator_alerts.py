"""Alerts of indicators whose signal differs from that of the bar before."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.finance import studies
from app.finance.panel import Panel
from app.wire.events.event import IndicatorAlert, IndicatorCalculated

TIMEFRAMES = frozenset({"15min", "30min", "hourly", "daily", "weekly", "monthly"})
"""Of the minute and of five minutes the signals change too often to be told."""


class AlertKind(NamedTuple):
    """`alert`: as the contract names it; `direction`: on which side of the threshold the indicator is now."""

    alert: str
    direction: str
    threshold: float | None = None


KINDS: Mapping[tuple[str, str], AlertKind] = {
    ("RSI14", "OVERBOUGHT"): AlertKind("RSI_OVERBOUGHT", "above", studies.OVERBOUGHT),
    ("RSI14", "OVERSOLD"): AlertKind("RSI_OVERSOLD", "below", studies.OVERSOLD),
    ("MACD", "BULLISH"): AlertKind("MACD_BULLISH_CROSS", "above"),
    ("MACD", "BEARISH"): AlertKind("MACD_BEARISH_CROSS", "below"),
    ("BB20", "ABOVE"): AlertKind("BB_UPPER_BREAK", "above"),
    ("BB20", "BELOW"): AlertKind("BB_LOWER_BREAK", "below"),
    ("SMA50", "ABOVE"): AlertKind("SMA50_CROSS_ABOVE", "above"),
    ("SMA50", "BELOW"): AlertKind("SMA50_CROSS_BELOW", "below"),
}
"""By indicator and signal."""

INDICATORS = tuple(dict.fromkeys(indicator for indicator, _ in KINDS))


def alerts(panel: Panel, indicators: Sequence[IndicatorCalculated]) -> list[IndicatorAlert]:
    """`indicators`: of the panel's last bars. A signal that ends is no alert, nor is one without a bar before it."""
    candidates = [event for event in indicators if (event.indicator, event.signal) in KINDS]
    if panel.timeframe not in TIMEFRAMES or not candidates:
        return []
    before = _signals_before(panel)
    return [
        _alert(event)
        for event in candidates
        if before.get((event.symbol, event.indicator), event.signal) != event.signal
    ]


def _signals_before(panel: Panel) -> dict[tuple[str, str], str]:
    """The signals of the bar before the last one, by symbol and indicator, where there was a value."""
    rows = np.flatnonzero(panel.counts > 1)
    if not len(rows):
        return {}
    earlier = Panel(
        panel.timeframe,
        [panel.symbols[row] for row in rows.tolist()],
        panel.start[rows],
        panel.open[rows, :-1],
        panel.high[rows, :-1],
        panel.low[rows, :-1],
        panel.close[rows, :-1],
        panel.volume[rows, :-1],
        np.minimum(panel.counts[rows] - 1, panel.close.shape[1] - 1),
        panel.tick_size[rows],
    )
    readings, close = studies.read(earlier), earlier.close[:, -1]
    return {
        (symbol, name): signal
        for name in INDICATORS
        for symbol, value, signal in zip(
            earlier.symbols,
            readings[name]["value"],
            studies.signals(name, readings[name], close, earlier.tick_size),
            strict=True,
        )
        if np.isfinite(value)
    }


def _alert(event: IndicatorCalculated) -> IndicatorAlert:
    kind = KINDS[event.indicator, event.signal]
    return IndicatorAlert(
        at=event.at,
        source=event.source,
        symbol=event.symbol,
        alert=kind.alert,
        indicator=event.indicator,
        timeframe=event.timeframe,
        value=event.value,
        threshold=kind.threshold,
        direction=kind.direction,
    )
