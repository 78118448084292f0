"""What the exchange does at an instant, in words."""

from datetime import date, datetime

import pytest

from app.finance import calendar
from app.finance.clock import MarketClock
from app.finance.sessions import NEW_YORK
from app.identity import View
from app.market.board import MarketBoard
from app.market.exchange import partials, stream
from app.market.exchange.status import day_line, span, status
from app.market.exchange.stream import HoursBoard


def instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()


@pytest.mark.parametrize(
    ("at", "word", "change"),
    [
        ("2012-09-04 03:59", "closed", "pre-market begins 04:00, in 1 min"),
        ("2012-09-04 04:00", "pre-market", "opens 09:30, in 5 h 30 min"),
        ("2012-09-04 09:30", "open", "closes 16:00, in 6 h 30 min"),
        ("2012-09-04 15:59:30", "open", "closes 16:00, in 1 min"),
        ("2012-09-04 16:00", "after hours", "after hours end 20:00, in 4 h"),
        ("2012-09-04 20:00", "closed", "pre-market begins Wed 04:00, in 8 h"),
        ("2012-09-01 12:00", "closed: weekend", "pre-market begins Tue 04:00, in 2 d 16 h"),
        ("2012-09-03 10:00", "closed: Labor Day", "pre-market begins Tue 04:00, in 18 h"),
        ("2012-10-29 12:00", "closed: Hurricane Sandy", "pre-market begins Wed 04:00, in 1 d 16 h"),
        ("2012-11-23 12:00", "open, half-day", "closes 13:00, in 1 h"),
        ("2012-11-23 14:00", "after hours, half-day", "after hours end 17:00, in 3 h"),
        (
            "2001-09-12 12:00",
            "Closed following Attacks on the World Trade Center",
            "pre-market begins Mon 04:00, in 4 d 16 h",
        ),
    ],
)
def test_the_phase_and_the_next_change_are_words(at: str, word: str, change: str) -> None:
    current = status(instant(at))

    assert (current.word, current.change) == (word, change)


def test_a_short_session_is_explained() -> None:
    assert status(instant("2012-11-23 10:00")).note == (
        "Day after Thanksgiving Day: the session is from 09:30 to 13:00."
    )
    assert status(instant("2012-09-04 10:00")).note == ""


def test_a_change_of_the_clocks_in_spring_is_an_hour_less() -> None:
    assert status(instant("2013-03-09 04:00")).change == "pre-market begins Mon 04:00, in 1 d 23 h"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 min"), (-5, "0 min"), (1, "1 min"), (3600, "1 h"), (90_061, "1 d 1 h")]
)
def test_a_span_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_the_line_of_a_day_has_its_hours_and_the_moment() -> None:
    parts = {(part.kind, part.x, part.width) for part in day_line(status(instant("2012-11-23 12:00")))}

    assert parts == {("pre", 16.7, 22.9), ("open", 39.6, 14.6), ("pre", 54.2, 16.7), ("now", 50.0, 0.6)}
    assert [part.kind for part in day_line(status(instant("2012-09-03 12:00")))] == ["now"]


def test_special_days_have_names() -> None:
    days = [date(2012, 7, day) for day in (2, 3, 4)]

    assert [calendar.special_hours(day) for day in days] == ["", "Day before Independence Day", ""]
    assert [calendar.holiday(day) for day in days] == ["", "", "Independence Day"]
    assert calendar.special_hours(date(1991, 1, 17)) == "Minute of silence: Gulf War"


def test_the_countdown_is_pushed_once_a_minute_and_a_phase_at_once() -> None:
    board, opens = HoursBoard(), instant("2012-09-04 09:30")

    assert board.take_change(opens - 60, 1000)
    assert not board.take_change(opens - 1, 1059)
    assert board.take_change(opens, 1059.5)
    assert not board.take_change(opens + 3600, 1100)
    assert board.take_change(opens + 3600, 1119.5)


def test_hours_are_pushed_as_the_page_draws_them_to_who_looks() -> None:
    board, at = MarketBoard(), instant("2012-09-04 10:00")
    clock = MarketClock("replay", "a replay", "2012-09-04", at, 0.0, 60.0, "paused")
    board.on_clock(clock)

    (push,) = stream.on_clock(clock, board, HoursBoard(), lambda topic: topic == "hours")

    assert (push.topic, push.key, push.op) == ("hours", "hours", "replace")
    current = status(at)
    assert push.draw(View()) == partials.hours(current, day_line(current))
    assert not [*stream.on_clock(clock, board, HoursBoard(), lambda _topic: False)]
