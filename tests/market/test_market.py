import re

import msgspec
import pytest

from app.finance.clock import MarketClock, State
from app.health.snapshot import HealthSnapshot
from app.identity import View
from app.market import partials, processing_runs, stream
from app.market.board import MarketBoard
from app.market.delays import ReportedDelays
from app.market.status import statuses
from app.wire.events.event import (
    ProcessingChanged,
    ProcessingEvent,
    ProcessingProgressed,
    RunChanged,
    RunProgressed,
)
from app.wire.events.event import RunEvent as PartRun
from tests.support.market_health import CLOCK, NOW, WELL

VIEW = View()


def words(vitals: HealthSnapshot, clock: MarketClock | None = CLOCK) -> dict[str, str]:
    return {status.key: status.word for status in statuses(vitals, clock, ReportedDelays(), NOW)}


def test_a_healthy_system_has_no_warning() -> None:
    assert {status.tone for status in statuses(WELL, CLOCK, ReportedDelays(), NOW)} == {"good"}


@pytest.mark.parametrize(
    ("changed", "key", "word"),
    [
        ({"redis": False}, "redis", "away"),
        ({"redis_lost_age": 0.3}, "redis", "was away a moment ago"),
        ({"database_lost_age": 0.3}, "database", "was away a moment ago"),
        ({"database": False}, "database", "history is away, live goes on"),
        ({"engine_age": 6.0}, "engine", "silent"),
        ({"engine_age": None}, "engine", "no report yet"),
        ({"engine_status": "degraded"}, "engine", "degraded"),
        ({"feed_age": 12.0}, "ticks", "silent"),
        ({"feed_age": None}, "ticks", "no tick yet"),
        ({"job_receivers": 0}, "jobs", "nobody listens"),
        ({"job_receivers": 2}, "jobs", "2 engines listen: jobs would run twice"),
    ],
)
def test_every_problem_is_named_in_words(changed: dict[str, object], key: str, word: str) -> None:
    vitals = WELL._replace(**changed)  # type: ignore[arg-type]

    assert word in words(vitals)[key]
    assert next(status.tone for status in statuses(vitals, CLOCK, ReportedDelays(), NOW) if status.key == key) in {
        "warn",
        "bad",
    }


def test_a_feed_between_sessions_is_not_silent() -> None:
    closed = CLOCK._replace(state="closed")

    assert words(WELL._replace(feed_age=30.0), closed)["ticks"] == "between sessions"
    assert words(WELL._replace(feed_age=30.0), closed._replace(wall_time=NOW - 30.0))["ticks"] == "silent for"


def test_a_feed_that_just_started_is_shown_as_starting() -> None:
    assert words(WELL, CLOCK._replace(began=998.0))["ticks"] == "just started"
    assert words(WELL, CLOCK._replace(began=900.0))["ticks"] == "live"


def test_parts_read_from_redis_are_unknown_while_it_is_down() -> None:
    texts = words(WELL._replace(redis=False))

    assert {texts["ticks"], texts["jobs"]} == {"unknown while Redis is away"}


def test_an_outage_long_ago_is_not_shown() -> None:
    assert words(WELL._replace(redis_lost_age=30.0, database_lost_age=30.0)) == words(WELL)


def test_the_end_of_a_replay_is_shown() -> None:
    ended = CLOCK._replace(state="ended")

    assert "ended" in words(WELL._replace(feed_age=300.0), ended)["ticks"]
    assert "ended" in partials.clock(ended, ended.market_time, False, VIEW)


def test_only_changed_parts_are_pushed() -> None:
    board = MarketBoard()

    first = [push.key for push in stream.on_health(WELL, board)]
    same = list(stream.on_health(WELL._replace(engine_age=1.5), board))
    later = [push.key for push in stream.on_health(WELL._replace(database=False), board)]

    assert first == ["ticks", "engine", "redis", "database", "readers", "jobs", "condition", "reason"]
    assert same == []
    assert later == ["database", "condition", "reason"]


def test_a_stopped_clock_is_pushed_once() -> None:
    board = MarketBoard()

    assert [push.key for push in stream.on_clock(CLOCK, board)] == ["clock", "condition", "reason"]
    assert list(stream.on_clock(CLOCK, board)) == []


@pytest.mark.parametrize("state", ["starting", "open", "closed", "paused", "ended"])
def test_the_clock_names_the_data_source_and_the_replayed_day(state: State) -> None:
    html = partials.clock(CLOCK._replace(state=state), CLOCK.market_time, False, VIEW)

    assert "replay of real daily bars" in html
    assert "4 Sep 2012, 09:30:00 EDT" in html


def test_the_clock_says_that_trading_is_before_the_session_and_is_pushed_when_that_changes() -> None:
    board, before = MarketBoard(), CLOCK._replace(state="open", hours="before the session")
    list(stream.on_clock(before, board))

    pushes = [push.key for push in stream.on_clock(before._replace(hours=""), board)]

    assert "replay of real daily bars, before the session" in partials.clock(before, before.market_time, True, VIEW)
    assert "clock" in pushes


def test_every_page_names_the_source_of_its_prices() -> None:
    board = MarketBoard()
    assert stream.page_condition(board).source == ""

    list(stream.on_clock(CLOCK, board))

    assert stream.page_condition(board).source == "replay of real daily bars"


@pytest.mark.parametrize(
    ("zone", "second"), [("America/New_York", ""), ("Europe/Berlin", "15:30:00 CEST"), ("Asia/Tokyo", "22:30:00 JST")]
)
def test_the_clock_shows_exchange_time_before_the_readers_time(zone: str, second: str) -> None:
    html = partials.clock(CLOCK._replace(state="open"), CLOCK.market_time, True, View(zone=zone))
    times = re.findall(r'data-clock="(\d+)" data-speed="60">([^<]*)<', html)

    assert times[0] == (str(9 * 3600 + 30 * 60), "4 Sep 2012, 09:30:00 EDT")
    assert [words for _, words in times[1:]] == [second] * bool(second)


def test_without_a_feed_the_clock_says_so() -> None:
    assert "No live prices yet" in partials.clock(None, None, False, VIEW)


@pytest.mark.parametrize(
    ("missed", "text"),
    [(0, ""), (1, "1 message was missed"), (14, "14 messages were missed"), (None, "cannot be told")],
)
def test_the_notice_counts_missed_entries(missed: int | None, text: str) -> None:
    html = stream.notice("patterns", "detections", missed).draw(VIEW)

    assert html.startswith('<div id="notice-_0patterns" class="missed">')
    assert text in html
    assert ("<p" in html) == bool(text)


def run_text(*events: ProcessingEvent | PartRun, now: float = 1_000.0) -> str:
    newest = None
    for event in events:
        run = processing_runs.run(event)
        newest = run if processing_runs.supersedes(run, newest) else newest
    return " ".join(re.sub(r"<[^>]+>", " ", partials.status(processing_runs.run_status(newest, now))).split())


STARTED = ProcessingChanged(run_id="r", status="started", at=900.0, arrived_at=990.0)
HALF = ProcessingProgressed(run_id="r", phase="indicators", done=17, total=40, at=910.0, arrived_at=995.0)
DONE = ProcessingChanged(run_id="r", status="completed", at=920.0, arrived_at=880.0)
FAILED = ProcessingChanged(run_id="r", status="failed", message="no <data>", at=920.0, arrived_at=999.0)
IMPORT = RunProgressed(work="import", run_id="r", share=0.305, at=905.0, arrived_at=995.0)
IMPORTED = RunChanged(work="import", run_id="r", status="completed", at=906.0, arrived_at=940.0)


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ((), "Processing none"),
        ((STARTED,), "Processing daily run"),
        ((STARTED, HALF), "Processing indicators 42%"),
        ((STARTED, IMPORT), "Processing import 30%"),
        ((STARTED, IMPORT, IMPORTED), "Processing import completed 1 min ago"),
        ((STARTED, HALF, DONE), "Processing completed 2 min ago"),
        ((STARTED, FAILED), "Processing failed: no &lt;data&gt;, 1 s ago"),
        ((STARTED, DONE, HALF, STARTED), "Processing completed 2 min ago"),
    ],
)
def test_the_newest_run_is_described_in_words(events: tuple[ProcessingEvent | PartRun, ...], text: str) -> None:
    assert run_text(*events) == text


def test_a_run_without_progress_is_shown_as_silent() -> None:
    assert run_text(STARTED, HALF, now=1_200.0) == "Processing indicators 42%, silent for 3 min"


def test_a_run_that_ended_in_the_same_second_stays_ended() -> None:
    assert "completed" in run_text(DONE, msgspec.structs.replace(HALF, at=920.0))
    assert "import" in run_text(DONE, msgspec.structs.replace(IMPORT, at=920.0))


def test_a_run_is_pushed_to_everybody_although_a_reader_caught_up_with_it_first() -> None:
    board = MarketBoard()
    list(stream.on_health(WELL, board))

    assert [push.key for push in stream.on_processing(STARTED, board)] == ["processing"]
    assert [push.key for push in stream.on_health(WELL, board)] == ["processing"]
    assert list(stream.on_health(WELL, board)) == []
    assert list(stream.on_processing(msgspec.structs.replace(STARTED, at=1.0), board)) == []
