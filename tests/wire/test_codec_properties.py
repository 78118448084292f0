"""Whatever comes, decode returns; and what we write, we read."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.wire.channels import Meaning
from app.wire.codec import Rejected, decode, encode
from app.wire.events import (
    AnyEvent,
    EngineHealth,
    ErrorReported,
    IndicatorCalculated,
    PatternDetected,
    ProcessingChanged,
    Tick,
)

IDENTITY = ("symbol", "ticker", "pattern", "pattern_name", "indicator", "run_id", "event", "event_type", "type", "test")
FIGURE_NAMES = ("price", "current_price", "confidence", "value", "values", "volume", "interval", "metrics")
WORD_NAMES = ("status", "source", "tier", "timeframe", "message", "severity", "success", "direction")
TIME_NAMES = ("timestamp", "detected_at")
ENVELOPES = ("data", "payload", "detection", "calculation", "health")
NAMES = st.sampled_from(IDENTITY + FIGURE_NAMES + WORD_NAMES + TIME_NAMES + ENVELOPES)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["AAPL", "BRK.B", "2025-09-26T15:20:00Z", "9999-12-31T23:59:59+14:00", "1e999", "nan", "\ud800"]),
)
MESSAGES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8), max_leaves=12
)

MICROSECONDS = st.integers(min_value=1, max_value=4_000_000_000_000_000).map(lambda value: value / 1e6)
FIGURES = st.floats(min_value=0.0001, max_value=1e12, allow_nan=False)
MAYBE_FIGURES = st.none() | FIGURES
COUNTS = st.integers(min_value=0, max_value=10**14)
WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True)
SYMBOLS = st.sampled_from(["AAPL", "BRK.B", "BF/B", "X:BTCUSD", "^GSPC"])
TIMES: dict[str, st.SearchStrategy[Any]] = {
    "at": MICROSECONDS,
    "published_at": MICROSECONDS,
    "arrived_at": st.just(7.0),
    "source": WORDS,
}

CANONICAL: dict[Meaning, st.SearchStrategy[AnyEvent]] = {
    Meaning.TICKS: st.builds(
        Tick, **TIMES, symbol=SYMBOLS, price=FIGURES, volume=COUNTS, bid=MAYBE_FIGURES, ask=MAYBE_FIGURES,
        open=MAYBE_FIGURES, high=MAYBE_FIGURES, low=MAYBE_FIGURES, close=MAYBE_FIGURES, vwap=MAYBE_FIGURES,
    ),
    Meaning.PATTERNS: st.builds(
        PatternDetected, **TIMES, symbol=SYMBOLS, pattern=WORDS, timeframe=st.sampled_from(["1min", "daily"]),
        confidence=st.floats(min_value=0, max_value=1), direction=st.sampled_from(["bullish", "bearish", "neutral"]),
        tier=st.sampled_from(["daily", "intraday", "combo"]), price=MAYBE_FIGURES, price_change=MAYBE_FIGURES,
        volume=st.none() | COUNTS, flow_id=WORDS,
    ),
    Meaning.INDICATORS: st.builds(
        IndicatorCalculated, **TIMES, symbol=SYMBOLS, indicator=WORDS, timeframe=st.sampled_from(["1min", "daily"]),
        value=st.floats(min_value=-1e12, max_value=1e12), signal=WORDS,
    ),
    Meaning.PROCESSING: st.builds(
        ProcessingChanged, **TIMES, run_id=WORDS, phase=WORDS, message=WORDS, done=st.none() | COUNTS,
        total=st.none() | COUNTS, status=st.sampled_from(["started", "running", "completed", "failed", "cancelled"]),
    ),
    Meaning.HEALTH: st.builds(
        EngineHealth, **TIMES, status=st.sampled_from(["healthy", "degraded"]), interval=st.floats(0.1, 3600),
        active_symbols=st.none() | COUNTS, bars=st.none() | COUNTS, patterns=st.none() | COUNTS,
    ),
    Meaning.ERRORS: st.builds(
        ErrorReported, **TIMES, severity=st.sampled_from(["critical", "error", "warning"]), message=WORDS,
        error_id=WORDS, category=WORDS | st.just(""), component=WORDS | st.just(""),
    ),
}  # fmt: skip


@given(st.sampled_from(Meaning), st.binary(max_size=300))
def test_any_bytes_are_an_event_or_a_reason(meaning: Meaning, payload: bytes) -> None:
    assert decode(meaning, payload, 1.0) is not None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(Meaning), st.dictionaries(NAMES, MESSAGES, max_size=8))
def test_any_message_is_an_event_that_can_be_sent_on_or_a_reason(meaning: Meaning, message: dict[str, object]) -> None:
    event = decode(meaning, json.dumps(message).encode(), 1.0)

    if not isinstance(event, Rejected):
        msgspec.json.encode(event).decode("utf-8").encode("utf-8")
        assert decode(meaning, encode(event), 1.0) is not None


@given(st.sampled_from(sorted(CANONICAL)).flatmap(lambda meaning: st.tuples(st.just(meaning), CANONICAL[meaning])))
def test_what_is_written_is_read_again(written: tuple[Meaning, AnyEvent]) -> None:
    meaning, event = written

    assert decode(meaning, encode(event), 7.0) == event
