"""Indicators: the newest value, and the threshold that one crossed."""

from app.wire.events.base import Event


class IndicatorCalculated(Event, frozen=True, kw_only=True):
    symbol: str
    indicator: str
    timeframe: str
    value: float
    signal: str = ""
    parts: tuple[tuple[str, float], ...] = ()
    """All values by name where there are several, such as MACD, signal and histogram."""


class IndicatorAlert(Event, frozen=True, kw_only=True):
    symbol: str
    alert: str
    """In capitals, such as RSI_OVERBOUGHT."""
    indicator: str = ""
    timeframe: str = ""
    value: float | None = None
    threshold: float | None = None
    direction: str = ""
    severity: str = "info"
    """info, warning, critical."""
    message: str = ""
    session_id: str = ""
