"""The newest value of an indicator."""

from app.wire.events.base import Event


class IndicatorCalculated(Event, frozen=True, kw_only=True):
    symbol: str
    indicator: str
    timeframe: str
    value: float
    signal: str = ""
