"""Days that the holiday library does not know, from the exchange's list of special closings."""

import csv
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.finance import calendar, exchange_days
from app.finance.sessions import regular

NEW_YORK = ZoneInfo("America/New_York")
HOURS = {
    "1928-05-21": "10:00 14:00",
    "1952-09-26": "10:00 15:00",
    "1952-09-29": "10:00 15:30",
    "1963-11-22": "10:00 14:07",
    "1964-10-23": "10:00 14:00",
    "1967-02-07": "10:15 14:00",
    "1967-08-08": "10:00 14:00",
    "1967-08-21": "10:00 15:30",
    "1968-01-22": "10:00 14:00",
    "1968-03-04": "10:00 15:30",
    "1969-01-02": "10:00 14:00",
    "1969-02-11": "11:00 14:00",
    "1969-05-29": "10:00 14:00",
    "1969-07-07": "10:00 14:30",
    "1969-09-29": "10:00 15:00",
    "1970-05-01": "10:00 15:00",
    "1970-05-04": "10:00 15:30",
    "1974-09-30": "10:00 15:30",
    "1974-10-01": "10:00 16:00",
    "1974-12-24": "10:00 14:00",
    "1975-02-12": "10:00 14:30",
    "1976-08-09": "10:00 15:00",
    "1978-02-06": "10:00 14:00",
    "1981-03-30": "10:00 15:17",
    "1981-09-09": "10:00 15:28",
    "1985-09-26": "10:00 16:00",
    "1985-09-30": "09:30 16:00",
    "1987-10-23": "09:30 14:00",
    "1987-11-04": "09:30 14:30",
    "1987-11-06": "09:30 15:00",
    "1987-11-11": "09:30 15:30",
    "1987-11-12": "09:30 16:00",
    "1989-11-10": "11:00 16:00",
    "1990-12-24": "09:30 14:00",
    "1990-12-27": "11:00 16:00",
    "1991-12-24": "09:30 14:00",
    "1992-11-27": "09:30 14:00",
    "1992-12-24": "09:30 14:00",
    "1993-11-26": "09:30 13:00",
    "1994-02-11": "09:30 14:30",
    "1995-12-18": "10:30 16:00",
    "1996-01-08": "11:00 14:00",
    "1997-10-27": "09:30 15:30",
    "2001-09-17": "09:33 16:00",
    "2002-09-11": "12:00 16:00",
    "2005-06-01": "09:30 15:56",
    "2012-11-23": "09:30 13:00",
    "2024-12-24": "09:30 13:00",
    "2026-11-25": "09:30 16:00",
}
CLOSED_WEDNESDAYS = (
    "06-12 06-19 06-26 07-10 07-17 07-24 07-31 08-07 08-14 08-21 08-28 09-11 09-18 09-25"
    " 10-02 10-09 10-16 10-23 10-30 11-20 12-04 12-11 12-18 12-25"
)
SESSIONS = (
    "1933-07-28 1953-05-29 1953-06-15 1953-07-03 1958-02-21 1959-05-29 1970-05-29 1916-06-14 1950-06-14 1951-06-14"
    " 1968-07-03 1968-09-04 1968-11-06 1968-11-13 1968-11-27 1914-12-14"
)
CLOSED = "1914-11-30 1914-12-11 1954-05-31 1968-02-12 1968-04-09 1968-07-05 1968-11-11 1968-11-28 1969-07-21 1970-05-30"


@pytest.mark.parametrize("day", HOURS)
def test_a_session_is_as_long_as_the_exchange_traded(day: str) -> None:
    session = regular(date.fromisoformat(day))

    ends = [datetime.fromtimestamp(at, NEW_YORK) for at in session[1:]]
    assert " ".join(f"{at:%H:%M}" for at in ends) == HOURS[day]
    assert {at.date() for at in ends} == {session.day}


def test_wednesdays_of_1968_were_closed_except_in_weeks_with_another_holiday() -> None:
    wednesdays = [date(1968, 6, 5) + timedelta(weeks=number) for number in range(30)]

    assert [f"{day:%m-%d}" for day in wednesdays if not calendar.is_session(day)] == CLOSED_WEDNESDAYS.split()


@pytest.mark.parametrize("day", SESSIONS.split())
def test_listed_weekdays_had_a_session(day: str) -> None:
    assert calendar.is_session(date.fromisoformat(day))


@pytest.mark.parametrize("day", CLOSED.split())
def test_listed_days_had_no_session(day: str) -> None:
    assert not calendar.is_session(date.fromisoformat(day))


def test_a_range_of_other_hours_opens_no_holiday_within_it() -> None:
    assert not calendar.is_session(date(1969, 2, 10))
    assert not calendar.is_session(date(1969, 7, 4))


def test_every_row_of_the_table_agrees_with_the_calendar() -> None:
    rows = list(exchange_days._table().items())

    assert all(row["reason"] for row in csv.DictReader(exchange_days.TABLE.read_text().splitlines()))
    assert all(day.weekday() < 5 for (day, kind), _ in rows if kind == "open")
    assert all(calendar.is_session(day) for (day, kind), _ in rows if kind == "open")
    assert not any(calendar.is_session(day) for (day, kind), _ in rows if kind == "closed")
    assert all(
        entry.opens and entry.closes and entry.opens < entry.closes for (_, kind), entry in rows if kind == "hours"
    )
