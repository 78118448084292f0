"""Decoding returns for any input, and encoded events can be decoded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.wire.channels import USES, Channels, Meaning
from app.wire.codec.codec import Rejected, channel, decode, decode_each, encode
from app.wire.codec.readers import READERS, SHAPES
from app.wire.codec.ticks import decode_canonical
from app.wire.events.event import AnyEvent, Component, ErrorReported, Tick
from tests.support.event_kinds import CHANNEL_EVENTS

LATER = 4_000_000_000.0
WRITTEN_NAMES = sorted(
    {
        part
        for shape in SHAPES.values()
        for spelling in shape.fields.values()
        for name in (*spelling.names, *spelling.percent)
        for part in name.split(".")
    }
)
ENVELOPES = sorted({name for reader in READERS.values() for name in (*reader.envelopes, *reader.batch)})
NAMES = st.sampled_from([*WRITTEN_NAMES, *ENVELOPES, "event_type", "event", "type", "timestamp", "source", "test"])
WORDS_SAID = [str(shape.word) if isinstance(shape.word, str) else "" for shape in SHAPES.values()]
HOSTILE = ["AAPL", "BRK.B", "2025-09-26T15:20:00Z", "9999-12-31T23:59:59+14:00", "1e999", "nan", "\ud800", "\x00\u202e"]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([*HOSTILE, *WORDS_SAID, "completed", '[1, "a"]', "import_progress"]),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8), max_leaves=12
)
PLAUSIBLE = {
    "symbol": "IBM", "ticker": "IBM", "pattern": "Doji", "indicator": "RSI", "value": 1, "price": 2, "job_id": "j",
    "run_id": "r", "session_id": "s", "alert_id": "a", "alert_type": "X", "message": "m", "status": "ok",
    "progress": 0.5, "enabled": True, "universe": "u", "operation": "o",
}  # fmt: skip
"""What makes a message one that is read, so that the rest of it is."""
TEXTS = [
    *(word for word in WORDS_SAID if word), "pattern_updated", "processing_error", "data_import_completed",
    "indicator_progress", "daily_processing_progress", "streaming_session_started", "cache_sync_completed", "",
]  # fmt: skip
PLAUSIBLY = st.just({}) | st.sampled_from(TEXTS).map(lambda word: PLAUSIBLE | {"event_type": word})


@dataclass(frozen=True)
class Case:
    kind: type[AnyEvent]
    fixed: dict[str, st.SearchStrategy[Any]]


MICROSECONDS = st.integers(min_value=1, max_value=4_000_000_000_000_000).map(lambda value: value / 1e6)
SHARES = st.integers(min_value=0, max_value=10**6).map(lambda value: value / 10**6)
PLAIN = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True)
LOWER = st.from_regex(r"[a-z][a-z_]{0,20}", fullmatch=True)
POSITIVE = st.floats(min_value=0.0001, max_value=1e12, allow_nan=False)
BY_TYPE: dict[object, st.SearchStrategy[Any]] = {
    str: PLAIN,
    float: POSITIVE,
    int: st.integers(min_value=0, max_value=10**14),
    bool: st.booleans(),
    tuple[str, ...]: st.lists(PLAIN, max_size=3).map(tuple),
    tuple[tuple[str, float], ...]: st.dictionaries(PLAIN, POSITIVE, max_size=3).map(
        lambda entries: tuple(entries.items())
    ),
    tuple[Component, ...]: st.dictionaries(
        PLAIN, st.builds(Component, status=LOWER, score=st.none() | st.floats(0, 100), details=PLAIN), max_size=3
    ).map(lambda entries: tuple(msgspec.structs.replace(one, name=name) for name, one in entries.items())),
}
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "at": MICROSECONDS, "published_at": MICROSECONDS, "arrived_at": st.just(LATER),
    "symbol": st.sampled_from(["AAPL", "BRK.B", "BF/B", "X:BTCUSD", "^GSPC"]),
    "timeframe": st.sampled_from(["1min", "daily"]), "tier": st.sampled_from(["daily", "intraday", "combo"]),
    "severity": st.sampled_from(["critical", "error", "warning", "info"]),
    "level": st.sampled_from(["critical", "warning", "info", "emergency"]),
    "alert": PLAIN.map(str.upper), "action": LOWER, "check": LOWER, "connection": LOWER,
    "cpu_trend": LOWER, "memory_trend": LOWER,
    "confidence": st.floats(min_value=0, max_value=1), "interval": st.floats(0.1, 3600), "score": st.floats(0, 100),
    "roi": SHARES, "status": st.sampled_from(["completed", "failed", "cancelled"]),
    **dict.fromkeys(("expires_at", "ends_at", "next_run"), MICROSECONDS),
    **dict.fromkeys(("submitted_at", "started_at", "completed_at"), MICROSECONDS),
    **dict.fromkeys(("progress", "share", "cpu", "memory", "disk", "cache_hit_rate"), SHARES),
    **dict.fromkeys(("win_rate", "max_drawdown"), SHARES),
}  # fmt: skip
OF_KIND: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ProcessingChanged": {"status": st.sampled_from(["started", "completed", "failed", "cancelled"])},
    "RunChanged": {"status": st.sampled_from(["started", "completed", "failed", "cancelled"])},
    "ProcessingProgressed": {"status": st.just("running")},
    "RunProgressed": {"status": st.just("running")},
    "SessionChanged": {"status": st.sampled_from(["active", "stopped", "completed", "failed"])},
    "IndicatorAlert": {"direction": LOWER, "timeframe": st.just("1min")},
    "CriticalAlert": {"action": PLAIN},
    "ErrorReported": {"action": PLAIN},
    "Tick": {"starts_at": st.none()},
    "QualityReported": {"action": PLAIN},
    "MaintenanceChanged": {"status": st.sampled_from(["started", "completed", "failed", "cancelled"])},
    "UniverseChanged": {"universe": PLAIN},
}


def any_of(kind: type[AnyEvent]) -> st.SearchStrategy[AnyEvent]:
    given_here = OF_KIND.get(kind.__name__, {})
    hints = get_type_hints(kind)
    strategies = {field: _of(field, hints[field]) for field in kind.__struct_fields__ if field not in given_here}
    return st.builds(kind, **strategies, **given_here)


def _of(field: str, hint: Any) -> st.SearchStrategy[Any]:
    if isinstance(hint, UnionType):
        return st.none() | _of(field, get_args(hint)[0])
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    return BY_NAME[field] if field in BY_NAME else BY_TYPE[hint]


def meaning_of(event: AnyEvent) -> Meaning:
    return Channels().meanings()[channel(event, Channels())]


def unstamped(event: AnyEvent) -> AnyEvent:
    """Without what is added in writing where it was missing."""
    stamps: dict[str, Any] = {"published_at": 0.0, "source": ""}
    if isinstance(event, ErrorReported):
        stamps["error_id"] = ""
    return msgspec.structs.replace(event, **stamps)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from (*strings(name), *strings(item))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


@given(st.sampled_from(Meaning), st.binary(max_size=300))
def test_any_bytes_decode_to_an_event_or_a_rejection(meaning: Meaning, payload: bytes) -> None:
    assert decode(meaning, payload, LATER) is not None
    assert decode_each(meaning, payload, LATER) != ()


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(Meaning), st.dictionaries(NAMES, VALUES, max_size=8), PLAUSIBLY)
def test_any_message_decodes_to_encodable_events_or_a_rejection(
    meaning: Meaning, message: dict[str, object], plausible: dict[str, object]
) -> None:
    message = plausible | message
    for event in decode_each(meaning, json.dumps(message).encode(), LATER):
        if isinstance(event, Rejected):
            continue
        assert type(event) in CHANNEL_EVENTS
        for string in strings(msgspec.to_builtins(event)):
            assert string.isprintable()
            string.encode("utf-8")
        again = decode(meaning_of(event), encode(event), event.arrived_at)
        assert not isinstance(again, Rejected)
        assert unstamped(again) == unstamped(event)


@pytest.mark.parametrize("kind", CHANNEL_EVENTS, ids=lambda kind: kind.__name__)
def test_encoded_events_can_be_decoded_again(kind: type[AnyEvent]) -> None:
    @settings(max_examples=40, deadline=None)
    @given(any_of(kind))
    def check(event: AnyEvent) -> None:
        assert decode(meaning_of(event), encode(event), LATER) == event

    check()


def test_every_channel_has_a_decoder_and_every_event_an_encoder_and_a_channel() -> None:
    assert set(READERS) == set(Meaning) == {use.meaning for use in USES.values()}
    assert set(SHAPES) == set(CHANNEL_EVENTS)
    assert len(set(Channels())) == len(Channels()) == len(Channels().meanings())


CHANGES = st.dictionaries(
    st.sampled_from(["ticker", "price", "volume", "timestamp", "published_at", "source", "trade_id", "bid",
                     "event_type", "tick_open", "open", "tick_start_timestamp", "accumulated_volume",
                     "trading_hours", "symbol"]),
    st.one_of(VALUES, st.floats(-1e18, 1e18), st.sampled_from(["A", "AM", "Q", " IBM", "..", "regular", "x" * 70])),
    max_size=3,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(any_of(Tick), CHANGES, st.sets(st.sampled_from(["bid", "volume", "published_at", "tick_vwap"]), max_size=2))
def test_the_fast_and_the_general_tick_decoder_agree(
    tick: AnyEvent, changes: dict[str, object], lacking: set[str]
) -> None:
    message = {name: value for name, value in (json.loads(encode(tick)) | changes).items() if name not in lacking}
    payload = json.dumps(message).encode()

    short = decode_canonical(payload, LATER)

    long = decode_each(Meaning.TICKS, payload[:-1] + b',"another":1}', LATER)
    assert short is None or (short,) == long


def test_ticks_encoded_here_use_the_fast_decoder() -> None:
    @given(any_of(Tick))
    def check(tick: AnyEvent) -> None:
        assert decode_canonical(encode(tick), LATER) == tick

    check()
