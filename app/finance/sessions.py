"""The trading sessions of US equities as instants: 09:30 to 16:00 in New York, until 13:00 on half-days."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from app.finance import calendar

NEW_YORK = ZoneInfo("America/New_York")
PRE_OPENS = time(4, 0)
OPENS = time(9, 30)
CLOSES = time(16, 0)
CLOSES_EARLY = time(13, 0)
POST_HOURS = timedelta(hours=4)
MINUTE = 60

Phase = Literal["pre", "regular", "post", "closed"]


class Session(NamedTuple):
    """UTC epoch seconds; `closes` is the first instant after it."""

    day: date
    opens: float
    closes: float

    @property
    def minutes(self) -> range:
        """Where its one-minute bars start, UTC epoch seconds."""
        return range(int(self.opens), int(self.closes), MINUTE)


@lru_cache(maxsize=16_384)
def regular(day: date) -> Session:
    """The hours of `day`; of a day without a session those that an ordinary one would have."""
    return Session(day, _epoch(day, OPENS), _epoch(day, CLOSES_EARLY if calendar.is_half_day(day) else CLOSES))


def session(day: date) -> Session | None:
    return regular(day) if calendar.is_session(day) else None


@lru_cache(maxsize=1024)
def extended(day: date) -> Session:
    """From 04:00, when trading before the session begins, to four hours after its close."""
    return Session(day, _epoch(day, PRE_OPENS), regular(day).closes + POST_HOURS.total_seconds())


def phase(at: float) -> Phase:
    """What the exchange does at UTC epoch second `at`."""
    day = trading_date(at)
    if not calendar.is_session(day):
        return "closed"
    hours, wide = regular(day), extended(day)
    if hours.opens <= at < hours.closes:
        return "regular"
    if wide.opens <= at < hours.opens:
        return "pre"
    return "post" if hours.closes <= at < wide.closes else "closed"


def in_session(symbol: str, at: float) -> bool:
    """Whether a trade counts for the daily bar: in regular hours, their last instant included, where the close prints.

    Currencies and coins (C:EURUSD, X:BTCUSD) know no hours.
    """
    hours = regular(trading_date(at))
    return ":" in symbol or hours.opens <= at <= hours.closes


def trading_date(at: float) -> date:
    """The date in New York at UTC epoch second `at`."""
    return datetime.fromtimestamp(at, NEW_YORK).date()


def _epoch(day: date, clock: time) -> float:
    return datetime.combine(day, clock, NEW_YORK).timestamp()
