from collections.abc import Iterable
from datetime import UTC, datetime

import asyncpg
import pytest

from app.engine.analysis import expiry
from app.engine.analysis.analyse import identity
from app.engine.analysis.expiry import PatternExpiry
from app.finance.sessions import regular
from app.wire.events.event import (
    AnyEvent,
    EngineHealth,
    PatternDetected,
    PatternEvent,
    PatternExpired,
    PatternUpdated,
)
from tests.support.running_engine import (
    DAY,
    UNTIL,
    events_of,
    eventually,
    forget_ticks,
    recorded_events,
    running_engine,
    running_feed,
    session_is_closed,
)

OPENS = regular(DAY).opens


def pattern(name: str, expires_at: float | None, confidence: float = 0.8) -> PatternDetected:
    flow_id = identity("BRK.B", name, "1min", OPENS)
    return PatternDetected(
        at=OPENS, symbol="BRK.B", pattern=name, timeframe="1min", confidence=confidence, flow_id=flow_id,
        expires_at=expires_at,
    )  # fmt: skip


def names(events: Iterable[PatternEvent]) -> list[str]:
    return [event.pattern for event in events]


def test_a_pattern_expires_once_when_its_time_has_passed() -> None:
    patterns = PatternExpiry()
    patterns.add([pattern("Late", OPENS + 7200), pattern("Soon", OPENS + 3600), pattern("Never", None)])

    expired_names = [names(patterns.pop_expired(OPENS + after)) for after in (3599, 3600, 3600, 9999, 99999)]

    assert expired_names == [[], ["Soon"], [], ["Late"], []]


def test_the_newest_update_of_a_pattern_decides_when_it_expires() -> None:
    patterns = PatternExpiry()
    patterns.add([pattern("Hammer", OPENS + 60)])
    patterns.add([PatternUpdated(**_fields(pattern("Hammer", OPENS + 90, 0.9)))])

    assert patterns.pop_expired(OPENS + 60) == []
    assert patterns.pop_expired(OPENS + 90) == [PatternExpired(**_fields(pattern("Hammer", OPENS + 90, 0.9)))]
    assert len(patterns) == 0


def test_beyond_the_limit_the_patterns_that_expire_last_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "MOST_PATTERNS", 10)
    patterns = PatternExpiry()

    patterns.add([pattern(f"P{number}", OPENS + number) for number in range(11)])

    assert names(patterns.pop_expired(OPENS + 99)) == [f"P{number}" for number in range(9)]


def _fields(event: PatternDetected) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


async def wait_until_settled(events: list[AnyEvent]) -> None:
    """Until the engine, which is ready, has beaten three times more: it looks at the clock more often."""
    beats = len(events_of(EngineHealth, events))
    await eventually(lambda: len(events_of(EngineHealth, events)) > beats + 3)


async def test_patterns_that_expired_while_no_engine_ran_are_published_once(
    redis_url: str, empty_url: str, empty_link: asyncpg.Connection
) -> None:
    async with running_engine(redis_url, empty_url, min_confidence=0.4):
        pass
    async with running_feed(redis_url):
        await eventually(lambda: session_is_closed(redis_url))
    await forget_ticks(redis_url)
    span = [datetime.fromtimestamp(regular(day).closes, UTC) for day in (UNTIL, DAY)]
    ended = await empty_link.fetch(
        "select symbol, pattern_type from daily_patterns where expiration_date > $1 and expiration_date <= $2", *span
    )

    async with recorded_events(redis_url) as events, running_engine(redis_url, empty_url, min_confidence=0.4):
        await eventually(lambda: len(events_of(PatternExpired, events)) >= len(ended))
        await eventually(lambda: empty_link.fetchval("select at = $1 from engine_marks", span[1]))
    async with recorded_events(redis_url) as again, running_engine(redis_url, empty_url, min_confidence=0.4):
        await wait_until_settled(again)

    expirations = events_of(PatternExpired, events)
    assert len(ended) > 3
    assert sorted((event.symbol, event.pattern) for event in expirations) == sorted(map(tuple, ended))
    assert all(event.expires_at and event.at < event.expires_at <= regular(DAY).closes for event in expirations)
    assert events_of(PatternExpired, again) == []
