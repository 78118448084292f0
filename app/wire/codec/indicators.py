"""Indicator values: the document's flat shape, and the engine's later ones."""

from app.wire.codec.fields import Fields, Refused
from app.wire.codec.moments import iso
from app.wire.codec.spellings import timeframe
from app.wire.events import IndicatorCalculated


def read(fields: Fields) -> IndicatorCalculated:
    symbol = fields.symbol()
    indicator = fields.text("indicator", "indicator_name", "indicator_type", "name")
    if not indicator:
        raise Refused("no-indicator")
    at = fields.time("timestamp", "calculated_at", "calculation_timestamp")
    published_at = fields.outer_time("published_at", "timestamp")
    return IndicatorCalculated(
        at=fields.arrived_at if at is None else at,
        published_at=published_at or at or 0.0,
        arrived_at=fields.arrived_at,
        source=fields.outer_text("source"),
        symbol=symbol,
        indicator=indicator,
        timeframe=timeframe(fields.text("timeframe")),
        value=_value(fields),
        signal=fields.text("signal"),
    )


def write(event: IndicatorCalculated) -> dict[str, object]:
    return {
        "event_type": "indicator_calculated",
        "source": event.source,
        "symbol": event.symbol,
        "indicator": event.indicator,
        "value": event.value,
        "timestamp": iso(event.at),
        "timeframe": event.timeframe,
        "signal": event.signal,
        "published_at": event.published_at or event.at,
    }


def _value(fields: Fields) -> float:
    value = fields.number("value")
    return fields.nested("values").required_number("value") if value is None else value
