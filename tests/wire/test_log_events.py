"""Which events are logged, when two of them are the same, and how errors are merged."""

import asyncio
import time
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace
from redis.asyncio import Redis

from app.wire.channels import LOG_KEY
from app.wire.events.event import (
    LOGGED,
    AlertRaised,
    BacktestFinished,
    CriticalAlert,
    ErrorReported,
    LoggedEvent,
    PatternDetected,
    PatternExpired,
    ProcessingChanged,
    RunChanged,
    SessionChanged,
)
from app.wire.log import log as logs
from app.wire.log.entries import StreamPosition, pack, unpack
from app.wire.log.event_identity import EventIdentities, fingerprint
from app.wire.log.log import BEGINNING, Log, LogEntry, RangeGap

ID = StreamPosition(1, 0)
AT: dict[str, Any] = {"at": 1000.0, "published_at": 1001.0, "arrived_at": 1002.0}


@pytest.fixture
def log(client: Redis, redis_url: str) -> Log:
    return Log(client, redis_url)


def failure(message: str, **changes: object) -> ErrorReported:
    event = ErrorReported(**AT, severity="error", message=message, source="TickStockPL", component="loader")
    return replace(event, **changes)


async def entries(log: Log) -> list[LogEntry]:
    rows = await log.since(BEGINNING, await log.top())
    assert not isinstance(rows, RangeGap)
    return list(rows)


def plain(event: LoggedEvent) -> bool:
    """Figures as the codec lets them through."""
    return all(abs(value) < 1e15 for value in astuple(event) if isinstance(value, int | float))


@given(st.one_of([st.from_type(kind) for kind in LOGGED]).filter(plain))
def test_every_logged_event_survives_a_round_trip(event: LoggedEvent) -> None:
    logged = unpack(ID, {b"e": pack(event)})

    assert logged
    assert logged.event == event
    assert type(logged.event) is type(event)


def test_the_log_knows_every_logged_event_type() -> None:
    assert set(get_args(LoggedEvent)) == set(LOGGED)


def test_a_detection_in_the_first_log_format_is_still_read() -> None:
    event = b'{"at":1.0,"symbol":"BF/B","pattern":"Doji","timeframe":"1min","confidence":0.5}'
    logged = unpack(ID, {b"e": b'{"kind":"pattern","event":' + event + b',"v":1}'})

    assert logged
    assert isinstance(logged.event, PatternDetected)
    assert logged.event.symbol == "BF/B"


@pytest.mark.parametrize(
    "payload",
    [b"", b"nonsense", b"{}", b'{"v":3,"event":{}}', b'{"v":2,"event":{"type":"Tick","at":1}}', b"[" * 9000],
)
def test_a_foreign_entry_decodes_to_none(payload: bytes) -> None:
    assert unpack(ID, {b"e": payload}) is None


SAME: list[tuple[LoggedEvent, dict[str, object]]] = [
    (
        PatternDetected(**AT, symbol="AAPL", pattern="Doji", timeframe="1min", confidence=0.9),
        {"published_at": 1500.0, "source": "streaming", "confidence": 0.91},
    ),
    (ProcessingChanged(**AT, run_id="r1", status="completed"), {"published_at": 2.0, "done": 5}),
    (RunChanged(**AT, work="import", run_id="r1", status="started"), {"published_at": 7.0, "total": 500}),
    (BacktestFinished(**AT, job_id="b1", status="completed"), {"at": 7.0, "roi": 0.2}),
    (SessionChanged(**AT, session_id="s1", status="active"), {"at": 7.0, "universe": "sp500"}),
    (failure("x", error_id="e1"), {"at": 7.0, "message": "y"}),
    (AlertRaised(**AT, alert_id="a1", level="critical", message="cpu"), {}),
]
OTHER: list[tuple[LoggedEvent, dict[str, object]]] = [
    (SAME[0][0], {"at": 1060.0}),
    (SAME[0][0], {"symbol": "BRK.B"}),
    (SAME[0][0], {"timeframe": "5min"}),
    (SAME[1][0], {"status": "failed"}),
    (SAME[1][0], {"run_id": "r2"}),
    (SAME[2][0], {"work": "indicators"}),
    (SAME[3][0], {"status": "failed"}),
    (SAME[5][0], {"error_id": "e2"}),
    (SAME[6][0], {"at": 1060.0}),
]


@pytest.mark.parametrize(("event", "changes"), SAME)
def test_a_repeated_event_has_the_same_identity(event: LoggedEvent, changes: dict[str, object]) -> None:
    again = replace(event, arrived_at=9999.0, **changes)

    assert EventIdentities().of(again) == EventIdentities().of(event)


@pytest.mark.parametrize(("event", "changes"), OTHER)
def test_different_events_have_different_identities(event: LoggedEvent, changes: dict[str, object]) -> None:
    assert EventIdentities().of(replace(event, **changes)) != EventIdentities().of(event)


def test_an_expiry_has_another_identity_than_its_detection() -> None:
    identity: dict[str, Any] = {"symbol": "AAPL", "pattern": "Doji", "timeframe": "1min", "confidence": 0.9}

    assert EventIdentities().of(PatternDetected(**AT, **identity)) != EventIdentities().of(
        PatternExpired(**AT, **identity)
    )


def test_the_arrival_time_is_not_part_of_an_identity() -> None:
    """A message without a time gets that of its arrival, which differs between processes."""
    first = replace(SAME[0][0], at=500.0, arrived_at=500.0, published_at=400.0)
    second = replace(first, at=501.0, arrived_at=501.0)

    assert EventIdentities().of(first) == EventIdentities().of(second)


def test_an_event_that_could_not_be_appended_has_the_same_identity_when_repeated() -> None:
    timeless, identity = failure("gone", at=5.0, arrived_at=5.0, published_at=0.0), EventIdentities()

    first = identity.of(timeless)
    identity.set_count(first, first.occurrence - 1)

    assert identity.of(timeless) == first
    assert identity.of(timeless) != first


async def test_an_event_without_a_time_is_appended_again_by_a_process_started_later(
    log: Log, client: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = CriticalAlert(at=5.0, arrived_at=5.0, severity="critical", message="no data")
    later = Log(client, redis_url)

    # The first process hears three, the later one the last of them; then it is alone.
    ids = [await each.append_once(alert) for each in (log, log, log, later)]
    assert [bool(id_) for id_ in ids] == [True, True, True, False]
    assert await later.append_once(alert)

    monkeypatch.setattr(logs, "MOMENT_SECONDS", 0)
    restarted = Log(client, redis_url)
    assert await restarted.append_once(alert)
    assert await restarted.append_once(alert)
    assert await client.xlen(LOG_KEY) == 6


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("timeout after 5 s", "timeout after 12.75 s"),
        ("no bars for 'AAPL'", "no bars for 'BRK.B'"),
        ('run "a b" failed', 'run "c" failed'),
        (
            "job 3f2c9a10-1111-2222-3333-444455556666 died at 0x7f3a",
            "job aa2c9a10-1111-2222-3333-44445555aaaa died at 0x00",
        ),
    ],
)
def test_errors_that_differ_in_details_are_merged(one: str, other: str) -> None:
    assert fingerprint(failure(one)) == fingerprint(failure(other)) != ""


@pytest.mark.parametrize("changes", [{"component": "x"}, {"source": "x"}, {"severity": "critical"}, {"message": "x"}])
def test_errors_of_different_kinds_are_not_merged(changes: dict[str, object]) -> None:
    assert fingerprint(failure("timeout")) != fingerprint(replace(failure("timeout"), **changes))


def test_only_errors_are_merged() -> None:
    assert {fingerprint(event) for event, _ in SAME if not isinstance(event, ErrorReported)} == {""}


async def test_similar_errors_are_one_entry_and_the_next_one_has_their_count(
    log: Log, redis_url: str, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = (log, Log(client, redis_url))

    for number in range(5):
        for each in both:
            await each.append_once(failure(f"timeout after {number} s", at=1000.0 + number))
    assert [entry.folded for entry in await entries(log)] == [0]

    # From now on: these five must not fall on both sides of its end.
    monkeypatch.setattr(logs, "WINDOW_SECONDS", 1)
    until = time.monotonic() + 10
    while not await log.append_once(failure("timeout after 9 s", at=2000.0 + time.monotonic())):
        assert time.monotonic() < until
        await asyncio.sleep(0.2)
    first, second = await entries(log)
    assert isinstance(first.event, ErrorReported)
    assert first.event.message == "timeout after 0 s"
    assert second.folded >= 4


async def test_many_errors_evict_no_other_entry(log: Log, client: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_ERRORS", 20)
    letters = "abcdefghijklmnopqrstuvwxyz"

    for one in letters:
        for other in "abcd":
            await log.append_once(failure(f"trouble {one}{other}"))

    assert await client.xlen(LOG_KEY) == 21
