from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.finance import calendar, history
from app.finance.sessions import extended, phase, regular, session

CLOSED = {
    2012: "01-02 01-16 02-20 04-06 05-28 07-04 09-03 10-29 10-30 11-22 12-25",
    2018: "01-01 01-15 02-19 03-30 05-28 07-04 09-03 11-22 12-05 12-25",
    2021: "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24",
    2022: "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26",
    2023: "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25",
    2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
    2025: "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
}
SHORT = {
    2012: "07-03 11-23 12-24",
    2018: "07-03 11-23 12-24",
    2021: "11-26",
    2022: "11-25",
    2023: "07-03 11-24",
    2024: "07-03 11-29 12-24",
    2025: "07-03 11-28 12-24",
    2026: "11-27 12-24",
}


def dates(year: int, days: str) -> list[date]:
    return [date.fromisoformat(f"{year}-{day}") for day in days.split()]


def days_of(year: int) -> list[date]:
    return [
        date(year, 1, 1) + timedelta(days=number) for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    ]


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("year", CLOSED)
def test_a_year_has_the_closings_and_half_days_that_the_exchange_published(year: int) -> None:
    weekdays = [day for day in days_of(year) if day.weekday() < 5]

    assert [day for day in weekdays if not calendar.is_session(day)] == dates(year, CLOSED[year])
    assert [day for day in days_of(year) if calendar.is_session(day) and calendar.hours(day)[1] < time(16)] == dates(
        year, SHORT[year]
    )


def test_every_day_of_the_shipped_history_was_a_session_and_no_session_is_missing() -> None:
    traded = sorted({bar.day for bar in history.read(Path("config/history/us-equities-daily.csv.gz"))})

    assert traded == list(calendar.sessions(traded[0], traded[-1]))


def test_previous_and_next_session_skip_weekends_and_storm_closures() -> None:
    assert calendar.next_session(date(2012, 10, 26)) == date(2012, 10, 31)
    assert calendar.previous_session(date(2012, 10, 31)) == date(2012, 10, 26)
    assert calendar.newest_session(date(2012, 10, 30)) == date(2012, 10, 26)
    assert calendar.newest_session(date(2012, 10, 31)) == date(2012, 10, 31)


def test_a_half_day_ends_at_one_in_new_york() -> None:
    assert regular(date(2012, 11, 23)).closes == utc("2012-11-23T18:00")
    assert regular(date(2012, 7, 3)).closes == utc("2012-07-03T17:00")
    assert len(regular(date(2012, 7, 3)).minutes) == 210
    assert len(regular(date(2012, 7, 5)).minutes) == 390


def test_a_day_without_session_has_none() -> None:
    assert session(date(2012, 10, 29)) is None
    assert session(date(2012, 10, 27)) is None
    assert session(date(2012, 10, 31)) == regular(date(2012, 10, 31))


def test_sessions_follow_daylight_saving() -> None:
    assert regular(date(2026, 3, 6)).opens == utc("2026-03-06T14:30")
    assert regular(date(2026, 3, 9)).opens == utc("2026-03-09T13:30")
    assert extended(date(2026, 3, 9))[1:] == (utc("2026-03-09T08:00"), utc("2026-03-10T00:00"))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2024-07-03T07:59:59", "closed"),
        ("2024-07-03T08:00:00", "pre"),
        ("2024-07-03T13:30:00", "regular"),
        ("2024-07-03T16:59:59", "regular"),
        ("2024-07-03T17:00:00", "post"),
        ("2024-07-03T21:00:00", "closed"),
        ("2024-07-04T15:00:00", "closed"),
        ("2024-07-06T15:00:00", "closed"),
    ],
)
def test_the_exchange_phase_is_before_in_after_or_outside_the_session(at: str, expected: str) -> None:
    assert phase(utc(at)) == expected
