"""When the invented market is played: a year of sessions before today, again and again."""

from datetime import date

from app.finance import calendar
from app.finance.sessions import MINUTE, Session, regular

PROVIDER = "invented"
"""The name of the feed that plays it."""
FIRST_SESSION = date(2018, 1, 2)
"""Prices are known from this session on."""
SESSIONS_BEFORE_TODAY = 250
YEARS_BEFORE = 5
"""Of daily bars before the first session that is played."""
DAYS_OF_MINUTES = 3
"""Sessions before the first one of which minutes are stored."""
SPLITS_AHEAD, DIVIDENDS_AHEAD = 260, 65
"""Sessions for which splits and dividends are announced."""
PRE_MINUTES, POST_MINUTES = 30, 15
"""Trading before and after the session."""
BEGINS_AT_MINUTE = 60
"""Of its regular hours, where the first session is entered."""


def first_session(today: date) -> date:
    """The session that is played first by who begins on that day."""
    return max(_before(today, SESSIONS_BEFORE_TODAY), calendar.next_session(FIRST_SESSION))


def may_be_played(day: date, today: date) -> bool:
    """Whether the session is over by the calendar of the wall."""
    return FIRST_SESSION < day < today


def history_begins(first: date) -> date:
    """The first session of the daily bars before the session `first`."""
    return max(FIRST_SESSION, calendar.next_session(date(first.year - YEARS_BEFORE, first.month, 1) - calendar.DAY))


def minutes_begin(first: date) -> date:
    """The first session of which minutes are stored, where `first` is played first."""
    return max(FIRST_SESSION, _before(first, DAYS_OF_MINUTES))


def sessions_after(day: date, count: int) -> date:
    """The session that is `count` sessions later."""
    for _ in range(count):
        day = calendar.next_session(day)
    return day


def hours(day: date) -> Session:
    """Of a session with the trading around it."""
    opens, closes = regular(day)[1:]
    return Session(day, opens - PRE_MINUTES * MINUTE, closes + POST_MINUTES * MINUTE)


def _before(day: date, count: int) -> date:
    for _ in range(count):
        day = calendar.previous_session(day)
    return day
