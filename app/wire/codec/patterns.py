"""Patterns: flat, nested once or twice, with the names that producers have used over time."""

from app.wire.codec.fields import Fields, Refused
from app.wire.codec.spellings import TIERS, direction, timeframe
from app.wire.events import PatternDetected

SOURCE = "TickStockPL"

_DETECTIONS = {"", "pattern_detected", "pattern", "pattern_alert", "streaming_pattern", "detected"}
_UNSUPPORTED = {"pattern_expired", "pattern_updated", "streaming_patterns_batch"}


def read(fields: Fields) -> PatternDetected:
    _check_type(fields)
    symbol = fields.symbol()
    pattern = fields.text("pattern", "pattern_name", "pattern_type")
    if not pattern:
        raise Refused("probe" if fields.is_probe() else "no-pattern")
    at = fields.time("timestamp", "detected_at", "detection_timestamp")
    published_at = fields.outer_time("timestamp", "published_at")
    tier = _tier(fields)
    return PatternDetected(
        at=fields.arrived_at if at is None else at,
        published_at=published_at or at or 0.0,
        arrived_at=fields.arrived_at,
        source=fields.outer_text("source"),
        symbol=symbol,
        pattern=pattern,
        timeframe=timeframe(fields.text("timeframe")) or tier,
        confidence=_confidence(fields),
        direction=direction(fields.text("direction", "bias"), pattern),
        tier=tier,
        price=fields.number("current_price", "price"),
        price_change=fields.number("price_change"),
        volume=fields.count("volume"),
        flow_id=fields.text("flow_id"),
    )


def write(event: PatternDetected) -> dict[str, object]:
    data: dict[str, object] = {
        "symbol": event.symbol,
        "pattern": event.pattern,
        "confidence": event.confidence,
        "flow_id": event.flow_id,
        "tier": event.tier,
        "timeframe": event.timeframe,
        "direction": event.direction,
        "timestamp": event.at,
        "current_price": event.price,
        "price_change": event.price_change,
        "volume": event.volume,
    }
    return {
        "event_type": "pattern_detected",
        "source": event.source or SOURCE,
        "timestamp": event.published_at or event.at,
        "data": data,
    }


def _check_type(fields: Fields) -> None:
    kind = fields.event_type()
    if kind in _UNSUPPORTED:
        raise Refused("unsupported-event")
    if kind not in _DETECTIONS:
        raise Refused("unknown-event")


def _confidence(fields: Fields) -> float:
    """0 to 1 from 0 to 1 or from percent; a message that says nothing is not confident."""
    if not fields.has("confidence"):
        return 0.0
    value = fields.required_number("confidence")
    if not 0.0 <= value <= 100.0:
        raise Refused("bad-number")
    return value if value <= 1.0 else value / 100.0


def _tier(fields: Fields) -> str:
    for name in ("tier", "source", "timeframe"):
        word = fields.text(name).lower()
        if word in TIERS or (name == "tier" and word):
            return word
    return ""
