"""Patterns: flat, nested once or twice, streamed, in batches, with the names that producers have used over time."""

from typing import Any

from app.wire.codec import values
from app.wire.codec.fields import Fields, UnreadableMessage
from app.wire.codec.shape import SYMBOL, Shape, Spelling, count, lower, name, number, text, when
from app.wire.codec.spellings import TIERS, direction, timeframe
from app.wire.events.event import PatternDetected, PatternExpired, PatternUpdated

SOURCE = "TickStockPL"
ENVELOPES = ("data", "payload", "detection")
BATCH = ("patterns", "detections")

_DETECTED = {"", "pattern_detected", "pattern", "pattern_alert", "streaming_pattern", "detected"}
_BATCHES = {"streaming_patterns_batch", "streaming_pattern_batch", "patterns_batch", "pattern_batch"}


def _confidence(value: object) -> float:
    confidence = values.number(value)
    if confidence is None or not 0.0 <= confidence <= 100.0:
        raise UnreadableMessage("bad-number")
    return confidence if confidence <= 1.0 else confidence / 100.0


_NAMES = ("pattern", "pattern_name", "pattern_type")
_FIELDS = {
    "symbol": SYMBOL,
    "pattern": name(*_NAMES, needed="no-pattern"),
    "confidence": Spelling(("confidence",), _confidence, "0 to 1; more than 1 is percent; 0 when missing"),
    "flow_id": text("flow_id"),
    "tier": lower("tier", says="daily, intraday, combo …; else read from source or timeframe"),
    "timeframe": lower("timeframe", says="1min, 5min, hourly, daily …; else the tier"),
    "direction": lower("direction", "bias", says="bullish, bearish, neutral; else by the pattern's name"),
    "price": number(
        "current_price", "price", "bar_data.close", "bar_data.c", "metadata.close", "pattern_data.entry_price",
        says="USD",
    ),
    "price_change": number("price_change", says="percent"),
    "volume": count(
        "volume", "bar_data.volume", "bar_data.v", "metadata.volume", "indicators.volume", says="shares"
    ),
    "expires_at": when("expires_at"),
    "relative_strength": number("indicators.relative_strength", "relative_strength", "rs", says="ratio"),
    "relative_volume": number(
        "indicators.relative_volume", "relative_volume", "volume_multiple", says="multiple of the usual volume"
    ),
    "rsi": number("indicators.rsi", "rsi", says="0 to 100"),
    "stop_loss": number("pattern_data.stop_loss", "stop_loss", says="USD"),
    "target_price": number("pattern_data.target_price", "target_price", says="USD"),
    "levels": Spelling(("levels",), values.levels, "objects of `type` and `value`", write=values.to_levels),
    "run_id": text("run_id", "session_id", "metadata.session_id"),
}  # fmt: skip
_TIME = ("timestamp", "detected_at", "detection_timestamp", "metadata.bar_timestamp")


def _source(event: PatternDetected | PatternUpdated | PatternExpired) -> dict[str, object]:
    return {"source": event.source or SOURCE}


DETECTED = Shape(
    PatternDetected, _FIELDS, home="patterns", word="pattern_detected", inside="data", dated_inside=True, time=_TIME,
    extra=_source, iso_times=False,
)  # fmt: skip
UPDATED = Shape(
    PatternUpdated, _FIELDS, home="patterns", word="pattern_updated", inside="data", dated_inside=True, time=_TIME,
    extra=_source, iso_times=False,
)  # fmt: skip
EXPIRED = Shape(
    PatternExpired, _FIELDS, home="patterns", word="pattern_expired", inside="data", dated_inside=True, time=_TIME,
    extra=_source, iso_times=False,
)  # fmt: skip

SHAPES = (DETECTED, UPDATED, EXPIRED)


_INNER = ("pattern_data", "pattern")
"""Envelopes only where symbol or name stand nowhere else: beside them `pattern_data` holds prices of the pattern."""


def read(fields: Fields) -> PatternDetected | PatternUpdated | PatternExpired:
    kind = fields.event_type()
    if not (fields.text(*SYMBOL.names) and fields.text(*_NAMES)):
        fields = fields.inside(_INNER)
    if kind == "pattern_updated":
        return UPDATED.to_event(_with_defaults(UPDATED.values(fields), fields))
    if kind == "pattern_expired":
        return EXPIRED.to_event(_with_defaults(EXPIRED.values(fields), fields))
    if kind not in _DETECTED and kind not in _BATCHES:
        raise UnreadableMessage("unknown-event")
    return DETECTED.to_event(_with_defaults(DETECTED.values(fields), fields))


def _with_defaults(values: dict[str, Any], fields: Fields) -> dict[str, Any]:
    values["tier"] = tier = values.get("tier") or _tier(fields)
    values["timeframe"] = timeframe(values.get("timeframe", "")) or tier
    values["direction"] = direction(values.get("direction", ""), values["pattern"])
    values.setdefault("confidence", 0.0)
    return values


def _tier(fields: Fields) -> str:
    """`source` further in is what old caches kept the tier under."""
    return next((word for name in ("source", "timeframe") if (word := fields.text(name).lower()) in TIERS), "")
