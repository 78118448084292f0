"""Every example message of the contract is decoded; the examples are in tests/support/variants_*.py."""

import json
from typing import Any

import pytest

from app.wire.channels import ALL_TICKS, MARKET_TICKS, Meaning
from app.wire.codec.codec import Rejected, decode, decode_each, encode_for
from app.wire.events.event import PatternDetected, Tick
from app.wire.log.event_identity import EventIdentities
from tests.support import (
    variants_automation,
    variants_indicators,
    variants_market,
    variants_monitoring,
    variants_runs,
    variants_streaming,
    variants_work,
)
from tests.support.messages import ARRIVED, AT, ISO
from tests.support.variants_market import LIVE

VARIANTS = [
    *variants_market.TICKS,
    *variants_market.PATTERNS,
    *variants_indicators.INDICATORS,
    *variants_work.BACKTESTS,
    *variants_work.PROCESSING,
    *variants_runs.RUNS,
    *variants_streaming.STREAMING,
    *variants_monitoring.MONITORING,
    *variants_automation.AUTOMATION,
]


@pytest.mark.parametrize(
    ("meaning", "message", "kind", "expected"),
    VARIANTS,
    ids=[f"{meaning}-{kind.__name__}-{n}" for n, (meaning, _, kind, _) in enumerate(VARIANTS)],
)
def test_every_variant_of_the_contract_is_decoded(
    meaning: Meaning, message: dict[str, object], kind: type, expected: dict[str, Any]
) -> None:
    event = decode(meaning, json.dumps(message).encode(), ARRIVED)

    assert type(event) is kind
    assert {name: getattr(event, name) for name in expected} == expected


def test_a_high_confidence_pattern_decodes_alike_from_both_channels() -> None:
    alone = decode(Meaning.PATTERNS, json.dumps({"type": "streaming_pattern", "detection": LIVE}).encode(), ARRIVED)
    batch = {"type": "streaming_patterns_batch", "patterns": [LIVE, LIVE], "batch_timestamp": ISO}

    both = decode_each(Meaning.PATTERNS, json.dumps(batch).encode(), ARRIVED)

    assert isinstance(alone, PatternDetected)
    assert not any(isinstance(event, Rejected) for event in both)
    identities = EventIdentities()
    assert {identities.of(event) for event in both if isinstance(event, PatternDetected)} == {identities.of(alone)}


def test_an_invalid_item_of_a_batch_is_rejected_alone() -> None:
    batch = {"type": "streaming_patterns_batch", "patterns": [LIVE, {"symbol": "IBM"}, 5, LIVE]}

    events = decode_each(Meaning.PATTERNS, json.dumps(batch).encode(), ARRIVED)

    assert [type(one).__name__ for one in events] == ["PatternDetected", "Rejected", "Rejected", "PatternDetected"]
    assert events[1:3] == (Rejected("no-pattern"), Rejected("not-an-object"))


@pytest.mark.parametrize(
    ("message", "reason"),
    [({"patterns": []}, "empty-batch"), ({"patterns": [1] * 501}, "too-many"), ({"patterns": [{}]}, "no-symbol")],
)
def test_an_empty_batch_has_a_named_reason(message: dict[str, object], reason: str) -> None:
    assert decode_each(Meaning.PATTERNS, json.dumps(message).encode(), ARRIVED) == (Rejected(reason),)


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        (MARKET_TICKS, {"type": "market_tick", "symbol": "IBM"}),
        (ALL_TICKS, {"event_type": "tick_data", "ticker": "IBM", "market_status": "REGULAR"}),
        ("mirror", {"event_type": "T", "ticker": "IBM"}),
    ],
)
def test_ticks_are_encoded_in_the_format_of_their_channel(channel: str, expected: dict[str, str]) -> None:
    tick = Tick(at=AT, published_at=AT, arrived_at=ARRIVED, source="replay", symbol="IBM", price=281.5, volume=40)

    message = encode_for(channel, tick)

    assert json.loads(message).items() >= {**expected, "price": 281.5, "volume": 40, "timestamp": AT}.items()
    assert decode(Meaning.TICKS, message, ARRIVED) == tick


@pytest.mark.parametrize(
    ("hours", "status"),
    [(-12, "CLOSED"), (-5, "PRE"), (1, "REGULAR"), (5.9, "AFTER"), (9.6, "CLOSED"), (5 * 24, "CLOSED")],
)
def test_a_tick_in_the_oldest_format_has_the_market_status(hours: float, status: str) -> None:
    """Hours after 10:31 on a Monday in New York."""
    tick = Tick(at=AT + hours * 3600, symbol="IBM", price=281.5)

    assert json.loads(encode_for(ALL_TICKS, tick))["market_status"] == status


@pytest.mark.parametrize("seconds", [-40 * 365 * 86_400.0, 0.0, 86_000.0])
def test_past_times_and_times_up_to_a_day_ahead_are_accepted(seconds: float) -> None:
    message = {"ticker": "IBM", "price": 1.0, "timestamp": AT + seconds}

    assert isinstance(decode(Meaning.TICKS, json.dumps(message).encode(), AT), Tick)


def test_a_time_more_than_a_day_ahead_is_rejected() -> None:
    message = {"ticker": "IBM", "price": 1.0, "timestamp": AT + 87_000}

    assert decode(Meaning.TICKS, json.dumps(message).encode(), AT) == Rejected("bad-time")


def test_a_message_published_long_before_it_arrived_is_late() -> None:
    message = json.dumps({"ticker": "IBM", "price": 1.0, "timestamp": 1.3e9, "published_at": AT}).encode()

    prompt, late = decode(Meaning.TICKS, message, AT + 1), decode(Meaning.TICKS, message, AT + 3600)

    assert isinstance(prompt, Tick)
    assert isinstance(late, Tick)
    assert (prompt.late, late.late) == (False, True)


PROBES: list[dict[str, object]] = [
    {},
    {"test": "redis_connectivity_check"},
    {"test": True, "timestamp": AT, "source": "health_monitor"},
    {"ping": 1},
    {"health_check": True, "timestamp": ISO},
]


@pytest.mark.parametrize("meaning", list(Meaning))
@pytest.mark.parametrize("message", PROBES, ids=json.dumps)
def test_a_health_check_message_is_recognised_on_every_channel(meaning: Meaning, message: dict[str, object]) -> None:
    assert decode(meaning, json.dumps(message).encode(), ARRIVED) == Rejected("probe")


def test_every_incoming_channel_has_a_variant() -> None:
    assert {meaning for meaning, *_ in VARIANTS} == set(Meaning)
