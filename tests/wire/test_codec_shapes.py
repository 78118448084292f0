"""The message formats that producers have used over time decode to one event; malformed ones have a named reason."""

import json
from datetime import UTC, datetime

import pytest

from app.wire.channels import Meaning
from app.wire.codec.codec import Rejected, decode
from app.wire.events.event import (
    EngineHealth,
    ErrorReported,
    IndicatorCalculated,
    PatternDetected,
    ProcessingChanged,
    Tick,
)

ARRIVED = 1_758_900_009.0
AT = datetime(2025, 9, 26, 15, 20, tzinfo=UTC).timestamp()
ISO = "2025-09-26T15:20:00Z"

PAYLOAD = {
    "symbol": "BRK.B",
    "pattern": "Bull_Flag",
    "confidence": 0.85,
    "flow_id": "f1",
    "tier": "daily",
    "current_price": 487.25,
    "price_change": -1.5,
    "volume": 1200,
}
ENVELOPE = {"event_type": "pattern_detected", "source": "TickStockPL", "timestamp": AT}


def decode_message(meaning: Meaning, message: object) -> object:
    return decode(meaning, json.dumps(message).encode(), ARRIVED)


@pytest.mark.parametrize(
    "message",
    [
        {**ENVELOPE, **PAYLOAD},
        {**ENVELOPE, "data": PAYLOAD},
        {**ENVELOPE, "flow_id": "f1", "data": {"data": PAYLOAD}},
        {**ENVELOPE, "data": {**ENVELOPE, "flow_id": "f1", "data": {"flow_id": "f1", "data": PAYLOAD}}},
        {"type": "streaming_pattern", "source": "TickStockPL", "timestamp": ISO, "detection": PAYLOAD},
        {**ENVELOPE, "timestamp": ISO, "data": {**PAYLOAD, "detected_at": ISO}},
    ],
    ids=["flat", "nested", "nested twice", "an envelope in an envelope", "streaming", "iso times"],
)
def test_a_pattern_decodes_alike_at_every_nesting_depth(message: object) -> None:
    assert decode_message(Meaning.PATTERNS, message) == PatternDetected(
        at=AT,
        published_at=AT,
        arrived_at=ARRIVED,
        source="TickStockPL",
        symbol="BRK.B",
        pattern="Bull_Flag",
        timeframe="daily",
        confidence=0.85,
        direction="bullish",
        tier="daily",
        price=487.25,
        price_change=-1.5,
        volume=1200,
        flow_id="f1",
    )


def test_the_oldest_pattern_format_is_still_decoded() -> None:
    message = {"ticker": "AAPL", "pattern_type": "Doji", "source": "tickstock_pl", "direction": "SHORT"}

    event = decode_message(Meaning.PATTERNS, message)

    assert isinstance(event, PatternDetected)
    assert (event.symbol, event.pattern, event.direction, event.confidence) == ("AAPL", "Doji", "bearish", 0.0)
    assert (event.at, event.published_at) == (ARRIVED, 0.0)


def test_the_time_of_the_detection_is_not_the_time_of_its_publication() -> None:
    event = decode_message(Meaning.PATTERNS, {**ENVELOPE, "data": {**PAYLOAD, "timestamp": AT - 300}})

    assert isinstance(event, PatternDetected)
    assert (event.at, event.published_at, event.arrived_at) == (AT - 300, AT, ARRIVED)


@pytest.mark.parametrize(
    ("value", "confidence"), [(0.85, 0.85), (85, 0.85), ("0.85", 0.85), (1, 1.0), (0, 0.0), (None, 0.0)]
)
def test_confidence_is_a_fraction_or_a_percentage(value: object, confidence: float) -> None:
    event = decode_message(Meaning.PATTERNS, {**PAYLOAD, "confidence": value})

    assert isinstance(event, PatternDetected)
    assert event.confidence == confidence


@pytest.mark.parametrize(
    ("spelling", "timeframe"),
    [("1d", "daily"), ("Daily", "daily"), ("1hour", "hourly"), ("1m", "1min"), ("5min", "5min"), ("", "daily")],
)
def test_every_spelling_of_a_timeframe_decodes_to_one_name(spelling: str, timeframe: str) -> None:
    event = decode_message(Meaning.PATTERNS, {**PAYLOAD, "timeframe": spelling})

    assert isinstance(event, PatternDetected)
    assert event.timeframe == timeframe


@pytest.mark.parametrize(
    "spelling",
    [
        AT,
        int(AT),
        AT * 1000,
        int(AT * 1e6),
        int(AT * 1e9),
        str(AT),
        ISO,
        "2025-09-26T15:20:00",
        "2025-09-26 15:20:00",
        "2025-09-26T11:20:00-04:00",
        "2025-09-26T15:20:00.000000+00:00",
    ],
)
def test_every_time_format_decodes_to_the_same_time(spelling: object) -> None:
    event = decode_message(Meaning.TICKS, {"ticker": "A", "price": 1.0, "timestamp": spelling})

    assert isinstance(event, Tick)
    assert event.at == AT


def test_ticks_have_two_formats() -> None:
    raw = {"ticker": "X:BTCUSD", "price": 2.5, "volume": 10, "timestamp": AT, "source": "replay", "tick_open": 2.0}
    later = {"type": "market_tick", "symbol": "X:BTCUSD", "price": 2.5, "volume": 10, "timestamp": AT * 1000}

    first, second = decode_message(Meaning.TICKS, raw), decode_message(Meaning.TICKS, later)

    assert isinstance(first, Tick)
    assert isinstance(second, Tick)
    assert (first.symbol, first.price, first.volume, first.at) == (
        second.symbol,
        second.price,
        second.volume,
        second.at,
    )
    assert (first.open, second.open) == (2.0, None)


@pytest.mark.parametrize(
    "message",
    [
        {"symbol": "IBM", "indicator": "RSI", "value": 72.5, "timestamp": ISO, "timeframe": "1hour"},
        {
            "event": "indicator_calculated",
            "data": {"symbol": "IBM", "indicator_type": "RSI", "values": {"value": 72.5}, "timeframe": "1h"},
        },
        {
            "type": "streaming_indicator",
            "calculation": {"symbol": "IBM", "indicator_name": "RSI", "value": "72.5", "timeframe": "hourly"},
        },
    ],
)
def test_indicators_have_three_formats(message: object) -> None:
    event = decode_message(Meaning.INDICATORS, message)

    assert isinstance(event, IndicatorCalculated)
    assert (event.symbol, event.indicator, event.value, event.timeframe) == ("IBM", "RSI", 72.5, "hourly")


def test_a_health_event_has_status_and_interval() -> None:
    flat = decode_message(
        Meaning.HEALTH, {"event_type": "system_health", "status": "Healthy", "timestamp": AT, "interval": 2}
    )
    nested = decode_message(Meaning.HEALTH, {"status": "healthy", "metrics": {"active_symbols": 5}, "interval": 1e9})

    assert isinstance(flat, EngineHealth)
    assert isinstance(nested, EngineHealth)
    assert (flat.status, flat.interval, flat.at) == ("healthy", 2.0, AT)
    assert (nested.active_symbols, nested.interval) == (5, 60.0)


@pytest.mark.parametrize(
    ("event", "payload", "status", "phase"),
    [
        ("daily_processing_started", {"total_symbols": 5}, "started", ""),
        ("daily_processing_completed", {"status": "success"}, "completed", ""),
        ("daily_processing_completed", {"success": False}, "failed", ""),
        ("daily_processing_completed", {"status": "cancelled"}, "cancelled", ""),
        ("processing_error", {"phase": "patterns", "error": "no bars"}, "failed", "patterns"),
    ],
)
def test_all_events_of_a_run_decode_to_its_states(
    event: str, payload: dict[str, object], status: str, phase: str
) -> None:
    message = {
        "event": event,
        "timestamp": ISO,
        "source": "PL",
        "version": "1.0",
        "payload": {"run_id": "r1", **payload},
    }

    changed = decode_message(Meaning.PROCESSING, message)

    assert isinstance(changed, ProcessingChanged)
    assert (changed.run_id, changed.status, changed.phase, changed.at) == ("r1", status, phase, AT)


@pytest.mark.parametrize(
    "message",
    [
        {"error_id": "e1", "source": "PL", "severity": "critical", "message": "no disk", "timestamp": ISO},
        {"event": "critical_error", "source": "PL", "timestamp": ISO, "payload": {"message": "no disk"}},
        {"message": "no disk", "severity": "CRITICAL"},
    ],
    ids=["flat", "in an envelope", "little more than a message"],
)
def test_errors_have_three_formats(message: object) -> None:
    event = decode_message(Meaning.ERRORS, message)

    assert isinstance(event, ErrorReported)
    assert (event.severity, event.message) == ("critical", "no disk")


@pytest.mark.parametrize(
    ("meaning", "message", "reason"),
    [
        (Meaning.PATTERNS, {"test": "connectivity"}, "probe"),
        (Meaning.PATTERNS, {}, "probe"),
        (Meaning.PATTERNS, [1, 2], "not-an-object"),
        (Meaning.PATTERNS, {"pattern": "Doji"}, "no-symbol"),
        (Meaning.PATTERNS, {"symbol": "IBM"}, "no-pattern"),
        (Meaning.PATTERNS, {"symbol": "<script>", "pattern": "Doji"}, "bad-symbol"),
        (Meaning.PATTERNS, {**PAYLOAD, "confidence": "high"}, "bad-number"),
        (Meaning.PATTERNS, {**PAYLOAD, "confidence": 101}, "bad-number"),
        (Meaning.PATTERNS, {**PAYLOAD, "timestamp": "yesterday"}, "bad-time"),
        (Meaning.PATTERNS, {**PAYLOAD, "timestamp": 9e9}, "bad-time"),
        (Meaning.PATTERNS, {**PAYLOAD, "event_type": "pattern_lost"}, "unknown-event"),
        (Meaning.PATTERNS, {**PAYLOAD, "event_type": "weather"}, "unknown-event"),
        (Meaning.TICKS, {"ticker": "IBM"}, "bad-number"),
        (Meaning.TICKS, {"ticker": "IBM", "price": -1}, "bad-number"),
        (Meaning.TICKS, {"ticker": "IBM", "price": True}, "bad-number"),
        (Meaning.TICKS, {"ticker": "IBM", "price": 10**400}, "bad-number"),
        (Meaning.INDICATORS, {"symbol": "IBM", "value": 1}, "no-indicator"),
        (Meaning.HEALTH, {"cpu": 1}, "no-status"),
        (Meaning.PROCESSING, {"event": "processing_error"}, "no-run"),
        (Meaning.MONITORING, {"event_type": "METRIC_UPDATE"}, "no-metrics"),
        (Meaning.ERRORS, {"severity": "error"}, "no-message"),
    ],
)
def test_an_undecodable_message_has_a_named_reason(meaning: Meaning, message: object, reason: str) -> None:
    assert decode_message(meaning, message) == Rejected(reason)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not-json"),
        (b"\xff\xfe", "not-json"),
        (b"[" * 60_000, "not-json"),
        (b'{"a":' * 10_000, "not-json"),
        (b"1" * 5000, "not-json"),
        ('{"ticker":"A","price":1}'.encode("utf-16"), "not-json"),
        (b" " * 70_000, "too-big"),
    ],
    ids=["nothing", "no utf-8", "deep", "deeper", "a long number", "utf-16", "too big"],
)
def test_malformed_bytes_raise_nothing(payload: bytes, reason: str) -> None:
    assert decode(Meaning.TICKS, payload, ARRIVED) == Rejected(reason)


def test_an_alert_survives_one_invalid_number() -> None:
    payload = b'{"symbol":"IBM","pattern":"Doji","confidence":0.9,"current_price":NaN,"volume":"many"}'

    event = decode(Meaning.PATTERNS, payload, ARRIVED)

    assert isinstance(event, PatternDetected)
    assert (event.price, event.volume) == (None, None)


def test_control_characters_are_removed_from_text() -> None:
    payload = b'{"symbol":"IBM","pattern":"Do\\u202eji\\u0000\\ud800\\n\\u2028x","confidence":1}'

    event = decode(Meaning.PATTERNS, payload, ARRIVED)

    assert isinstance(event, PatternDetected)
    assert event.pattern == "Doji  x"
