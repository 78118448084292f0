"""The badge is the worst of feed, age, Redis, engine and database; market time runs only while the feed does."""

import time

import pytest

from app.finance.clock import MarketClock, State
from app.health.snapshot import HealthSnapshot
from app.identity import View
from app.market import stream
from app.market.board import DRIFT_SECONDS, MarketBoard
from app.market.condition import REMEDIES, condition
from app.market.delays import ReportedDelays
from tests.support.market_health import CLOCK, NOW, WELL

NIGHT = 1_767_589_200.0
"""A Monday, 00:00 in New York."""


def since(seconds: float) -> MarketClock:
    return CLOCK._replace(wall_time=NOW - seconds)


@pytest.mark.parametrize(
    ("changed", "clock", "behind", "kind", "word"),
    [
        ({}, CLOCK, ReportedDelays(), "live", "live"),
        ({"feed_age": 38.0}, CLOCK, ReportedDelays(), "silent", "feed silent"),
        ({"feed_age": None}, since(38.0), ReportedDelays(), "silent", "feed silent"),
        ({"feed_age": None}, None, ReportedDelays(), "absent", "no feed"),
        ({"feed_age": 300.0}, CLOCK._replace(state="closed"), ReportedDelays(), "closed", "closed"),
        ({"feed_age": 300.0}, since(38.0)._replace(state="closed"), ReportedDelays(), "silent", "feed silent"),
        ({"feed_age": 300.0}, CLOCK._replace(state="paused"), ReportedDelays(), "halted", "feed paused"),
        ({"feed_age": 300.0}, since(900.0)._replace(state="ended"), ReportedDelays(), "ended", "ended"),
        ({"feed_age": 300.0}, CLOCK._replace(state="starting"), ReportedDelays(), "starting", "starting"),
        ({"redis": False}, CLOCK, ReportedDelays(), "interrupted", "interrupted"),
        ({"redis": False, "feed_age": 38.0}, CLOCK, ReportedDelays(), "interrupted", "interrupted"),
        ({"engine_age": 38.0}, CLOCK, ReportedDelays(), "engine", "partial"),
        ({"engine_age": None}, CLOCK, ReportedDelays(), "engine", "partial"),
        ({"engine_age": 38.0}, CLOCK._replace(state="closed"), ReportedDelays(), "engine", "partial"),
        ({"database": False}, CLOCK, ReportedDelays(), "database", "partial"),
        ({"database": False, "feed_age": 38.0}, CLOCK, ReportedDelays(), "silent", "feed silent"),
        ({}, CLOCK._replace(speed=1.0), ReportedDelays(feed=8.0), "late", "delayed"),
        ({}, CLOCK, ReportedDelays(feed=8.0), "live", "live"),
        ({}, CLOCK, ReportedDelays(link=3.0), "late", "delayed"),
        ({"job_receivers": 0}, CLOCK, ReportedDelays(readers=3.0), "live", "live"),
    ],
)
def test_the_badge_shows_the_worst_condition(
    changed: dict[str, object], clock: MarketClock | None, behind: ReportedDelays, kind: str, word: str
) -> None:
    current = condition(WELL._replace(**changed), clock, behind, NOW)  # type: ignore[arg-type]

    assert (current.kind, current.word) == (kind, word)
    assert bool(current.sentence) == (kind not in {"live", "closed"})


def test_before_the_first_probe_the_badge_says_starting() -> None:
    assert condition(None, None, ReportedDelays(), NOW).kind == "starting"


def test_a_feed_without_a_clock_is_not_silent_while_the_exchange_is_closed() -> None:
    silent = WELL._replace(feed_age=300.0)

    assert condition(silent, None, ReportedDelays(), NIGHT).kind == "closed"
    assert condition(silent, None, ReportedDelays(), NIGHT + 12 * 3600).kind == "silent"


def test_a_silent_feed_is_shown_to_everybody_with_its_age_and_no_internal_term() -> None:
    condition = stream.page_condition(board(time.time(), vitals=WELL._replace(feed_age=38.4)))

    assert 'data-kind="silent">feed silent <time data-age="38">38 s</time></span>' in condition.badge
    assert 'No price for <time aria-hidden="true" data-age="38">38 s</time>: these are' in condition.reason
    assert not any(word in f"{condition.badge}{condition.reason}" for word in ("tickstock", "Redis", "engine"))
    assert "tickstock ingest" in condition.remedies["silent"]


def test_a_condition_with_a_remedy_has_a_sentence_for_everybody() -> None:
    alarms = {"interrupted", "silent", "absent", "late", "engine", "database"}

    assert set(REMEDIES) == alarms


def board(wall: float, state: State = "open", vitals: HealthSnapshot = WELL) -> MarketBoard:
    market_board = MarketBoard()
    market_board.on_health(vitals)
    market_board.on_clock(CLOCK._replace(wall_time=wall, state=state))
    return market_board


def test_a_running_clock_is_pushed_once() -> None:
    now = time.time()
    running = board(now)
    assert running.changes(now).clock

    for second in (1, 2, 3):
        later = CLOCK._replace(wall_time=now + second, market_time=CLOCK.market_time + 60 * second + 50)
        running.on_clock(later)
        assert not running.changes(now + second).clock

    jumped = CLOCK._replace(wall_time=now + 4, market_time=CLOCK.market_time + 60 * (4 + DRIFT_SECONDS + 0.1))
    running.on_clock(jumped)
    assert running.changes(now + 4).clock


@pytest.mark.parametrize(
    ("age", "state", "vitals", "runs"),
    [
        (0.5, "open", WELL, True),
        (38.0, "open", WELL, False),
        (0.5, "open", WELL._replace(feed_age=38.0), False),
        (0.5, "open", WELL._replace(redis=False), False),
        (0.5, "closed", WELL, False),
        (0.5, "ended", WELL, False),
    ],
)
def test_market_time_stands_still_without_news_of_the_feed(
    age: float, state: State, vitals: HealthSnapshot, runs: bool
) -> None:
    now = time.time()
    market_board = board(now - age, state, vitals)
    at = market_board.market_time(now)

    assert at is not None
    assert at.runs == runs
    assert at.at == pytest.approx(CLOCK.market_time + (30 if runs else 0))
    clock = stream.clock(market_board, View())
    assert ("data-clock=" in clock) == runs
    assert ("running at 60 times" in clock) == runs
    assert ("stopped" in clock) == (state == "open" and not runs)


def test_a_feed_that_falls_silent_pushes_badge_and_clock() -> None:
    market_board = board(time.time())
    assert [push.key for push in stream.on_health(WELL, market_board)] == ["clock", "condition", "reason"]

    silent = WELL._replace(feed_age=12.0)
    pushes = {push.key: push.draw(View()) for push in stream.on_health(silent, market_board)}

    assert set(pushes) == {"ticks", "clock", "condition", "reason"}
    assert "stopped" in pushes["clock"]
    assert list(stream.on_health(silent._replace(feed_age=13.0), market_board)) == []
    assert "data-age" in pushes["condition"]
