"""Example messages of the channels of indicators and their alerts."""

from app.wire.channels import Meaning
from app.wire.events.event import IndicatorAlert, IndicatorCalculated
from tests.support.messages import AT, ISO, OFFSET, Variant, enveloped

SMA = {"symbol": "MSFT", "indicator": "SMA5", "value": 412.5, "timeframe": "1min", "at": AT}

INDICATORS: list[Variant] = [
    (
        Meaning.INDICATORS,
        {
            "symbol": "MSFT",
            "indicator": "RSI",
            "value": 72.5,
            "timestamp": ISO,
            "timeframe": "hourly",
            "signal": "OVERBOUGHT",
        },
        IndicatorCalculated,
        {"value": 72.5, "signal": "OVERBOUGHT", "at": AT},
    ),
    (
        Meaning.INDICATORS,
        {
            "event": "indicator_calculated",
            "session_id": "s1",
            "timestamp": OFFSET,
            "calculation": {
                "indicator_type": "SMA5",
                "symbol": "MSFT",
                "timestamp": ISO,
                "values": {"value": 412.5},
                "timeframe": "1m",
            },
        },
        IndicatorCalculated,
        SMA,
    ),
    (
        Meaning.INDICATORS,
        {
            "event": "indicator_calculated",
            "timestamp": OFFSET,
            "symbol": "MSFT",
            "indicator_name": "SMA5",
            "timeframe": "1min",
            "value": 412.5,
            "metadata": {"bar_timestamp": ISO},
        },
        IndicatorCalculated,
        SMA,
    ),
    (
        Meaning.INDICATORS,
        {
            "type": "streaming_indicator",
            "calculation": {
                "symbol": "MSFT",
                "indicator": "SMA5",
                "value": 412.5,
                "timestamp": "2025-10-06T14:31:00+00:00",
                "timeframe": "1min",
                "metadata": {"period": 5},
            },
        },
        IndicatorCalculated,
        SMA,
    ),
    (
        Meaning.INDICATORS,
        enveloped(
            "indicator_calculated",
            symbol="MSFT",
            indicator="MACD",
            timeframe="daily",
            values={"signal": 1.5, "macd": 2.25},
        ),
        IndicatorCalculated,
        {"value": 2.25, "parts": (("signal", 1.5), ("macd", 2.25))},
    ),
    (
        Meaning.INDICATORS,
        {
            "event_type": "indicator_update",
            "timestamp": OFFSET,
            "indicator": {"symbol": "MSFT", "name": "SMA5", "value": 412.5, "timeframe": "1min", "timestamp": ISO},
        },
        IndicatorCalculated,
        SMA,
    ),
    (
        Meaning.INDICATORS,
        {
            "type": "indicator_update",
            "timestamp": ISO,
            "indicator": {"symbol": "MSFT", "indicator": "SMA5", "values": {"SMA5": 412.5}, "timeframe": "1m"},
        },
        IndicatorCalculated,
        SMA,
    ),
    (
        Meaning.INDICATORS,
        enveloped("indicator_update", symbol="MSFT", timeframe="1min", indicator={"type": "SMA5", "value": 412.5}),
        IndicatorCalculated,
        SMA,
    ),
    (
        Meaning.INDICATOR_ALERTS,
        {"alert_type": "RSI_OVERSOLD", "symbol": "MSFT", "timestamp": ISO, "session_id": "s1", "data": {"rsi": 24.0}},
        IndicatorAlert,
        {"alert": "RSI_OVERSOLD", "value": 24.0, "session_id": "s1", "severity": "info"},
    ),
    (
        Meaning.INDICATOR_ALERTS,
        {
            "event": "indicator_alert",
            "symbol": "MSFT",
            "indicator_name": "RSI14",
            "value": 74,
            "alert_type": "overbought",
            "threshold": 70,
            "message": "high",
        },
        IndicatorAlert,
        {"alert": "OVERBOUGHT", "indicator": "RSI14", "value": 74.0, "threshold": 70.0, "message": "high"},
    ),
    (
        Meaning.INDICATOR_ALERTS,
        {
            "type": "indicator_alert",
            "alert": {
                "symbol": "MSFT",
                "alert_type": "MACD_BULLISH_CROSS",
                "timestamp": ISO,
                "severity": "WARNING",
                "data": {"indicator": "MACD", "value": 1.5, "threshold": 0.0, "direction": "up"},
            },
        },
        IndicatorAlert,
        {"alert": "MACD_BULLISH_CROSS", "indicator": "MACD", "severity": "warning", "direction": "up", "at": AT},
    ),
]
