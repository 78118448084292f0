"""Indicators: the document's flat shape, the engine's later ones, and alerts about them."""

from typing import Any

from app.wire.codec import values
from app.wire.codec.fields import Fields, UnreadableMessage
from app.wire.codec.shape import SYMBOL, Shape, Spelling, lower, name, number, text
from app.wire.codec.spellings import severity, timeframe
from app.wire.codec.text import clean
from app.wire.events.event import IndicatorAlert, IndicatorCalculated

ENVELOPES = ("data", "payload", "calculation", "indicator")
BATCH = ("indicators", "calculations")
ALERT_ENVELOPES = ("alert", "data", "payload")

_NAMES = ("indicator", "indicator_name", "indicator_type")


def _upper(value: object) -> str:
    return clean(value, 64).upper() if isinstance(value, str) else ""


def _by_name(parts: tuple[tuple[str, float], ...]) -> dict[str, float] | None:
    return dict(parts) or None


CALCULATED = Shape(
    IndicatorCalculated,
    {
        "symbol": SYMBOL,
        "indicator": name(*_NAMES, "name", needed="no-indicator"),
        "value": number("value", says="else the one in `values` of that name, else its first"),
        "timeframe": lower("timeframe", says="1min, 5min, hourly, daily …"),
        "signal": text("signal", says="such as OVERBOUGHT"),
        "parts": Spelling(("values",), values.parts, "numbers by name", write=_by_name),
    },
    home="indicators",
    word="indicator_calculated",
    time=("timestamp", "calculated_at", "calculation_timestamp"),
)

ALERT = Shape(
    IndicatorAlert,
    {
        "symbol": SYMBOL,
        "alert": Spelling(("alert_type",), _upper, "in capitals, such as RSI_OVERBOUGHT", "no-alert"),
        "indicator": text(*_NAMES),
        "timeframe": lower("timeframe"),
        "value": number("value", "current_value", "indicator_value", "rsi", "macd", "close"),
        "threshold": number("threshold"),
        "direction": lower("direction"),
        "severity": lower("severity", "level", says="info, warning, critical"),
        "message": text("message", limit=500),
        "session_id": text("session_id"),
    },
    home="indicator_alerts",
    word="indicator_alert",
    key="type",
    inside="alert",
    dated_inside=True,
)

SHAPES = (CALCULATED,)
ALERT_SHAPES = (ALERT,)


def read(fields: Fields) -> IndicatorCalculated:
    values = CALCULATED.values(fields)
    values["timeframe"] = timeframe(values.get("timeframe", ""))
    if "value" not in values:
        values["value"] = _value(values)
    return CALCULATED.to_event(values)


def read_alert(fields: Fields) -> IndicatorAlert:
    values = ALERT.values(fields)
    values["timeframe"] = timeframe(values.get("timeframe", ""))
    values["severity"] = severity(values.get("severity", ""), "info")
    return ALERT.to_event(values)


def _value(fields: dict[str, Any]) -> float:
    parts: dict[str, float] = dict(fields.get("parts", ()))
    name = str(fields["indicator"]).lower()
    values_by_name = {part.lower(): value for part, value in parts.items()}
    for part_name in ("value", name, name.partition("_")[0]):
        if part_name in values_by_name:
            return values_by_name[part_name]
    if not parts:
        raise UnreadableMessage("bad-number")
    return next(iter(parts.values()))
