"""Session hours of exchanges, coins and currencies as UTC epoch seconds."""

import math
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from app.finance import calendar
from app.finance.markets import Market, market

NEW_YORK = ZoneInfo("America/New_York")
PRE_OPENS = time(4, 0)
POST_HOURS = timedelta(hours=4)
MINUTE = 60
HALF_HOUR = 1800
CURRENCY_CLOSES = time(17, 0)
FRIDAY = 4
AUCTION_SECONDS = 10.0
"""After the close, in which a print that the feed does not mark counts as the closing auction."""

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
    opens, closes = calendar.hours(day)
    return Session(day, _epoch(day, opens), _epoch(day, closes))


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


class Hours(NamedTuple):
    """In which a print may count for a session's bar: from `opens` up to `until`; UTC epoch seconds."""

    day: date
    """Of the session: the one that the instant lies in, or else before or after the hours of."""
    opens: float
    closes: float
    """Infinite where there is no closing auction."""
    until: float
    """What closes later belongs to `closes`: the closing auction prints after it."""


def hours(symbol: str, at: float) -> Hours:
    """Of the session that a print of the symbol at that instant belongs to, or is outside of.

    On exchanges: the regular hours, and AUCTION_SECONDS after them. A day without a session makes none: prints on it
    are outside the session before. Coins have a session each UTC day. Currencies are traded from Sunday 17:00 to
    Friday 17:00 in New York; their day ends at 17:00 and bears the date of its end.
    """
    return _hours(market(symbol), int(at // HALF_HOUR))


def in_session(symbol: str, at: float) -> bool:
    """Whether a print counts for the daily bar where the feed does not mark what it belongs to."""
    session = hours(symbol, at)
    return session.opens <= at <= session.until


def session_end(symbol: str, day: date) -> float:
    """The instant from which on a session's bar is complete."""
    kind = market(symbol)
    if kind == "coin":
        return datetime.combine(day + calendar.DAY, time(), UTC).timestamp()
    return _epoch(day, CURRENCY_CLOSES) if kind == "currency" else regular(day).closes + AUCTION_SECONDS


def session_hours(symbol: str, day: date) -> Hours:
    """Of the session that bears this date."""
    kind = market(symbol)
    if kind == "exchange":
        return _hours(kind, int(regular(day).opens // HALF_HOUR))
    noon = datetime.combine(day, time(12), UTC if kind == "coin" else NEW_YORK)
    return _hours(kind, int(noon.timestamp() // HALF_HOUR))


@lru_cache(maxsize=4096)
def _hours(kind: Market, half_hour: int) -> Hours:
    """No session begins, and none but by its auction ends, within a half-hour."""
    at = float(half_hour * HALF_HOUR)
    if kind == "coin":
        return Hours(datetime.fromtimestamp(at, UTC).date(), at, math.inf, math.inf)
    if kind == "currency":
        return _currency_hours(at)
    day = calendar.newest_session(trading_date(at))
    if day != trading_date(at):
        return Hours(day, math.inf, math.inf, -math.inf)
    session = regular(day)
    return Hours(day, session.opens, session.closes, session.closes + AUCTION_SECONDS)


def _currency_hours(at: float) -> Hours:
    moment = datetime.fromtimestamp(at, NEW_YORK)
    day = moment.date() + (calendar.DAY if moment.time() >= CURRENCY_CLOSES else 0 * calendar.DAY)
    if day.weekday() < calendar.SATURDAY:
        return Hours(day, at, math.inf, math.inf)
    return Hours(day - (day.weekday() - FRIDAY) * calendar.DAY, math.inf, math.inf, -math.inf)


def trading_date(at: float) -> date:
    """The date in New York at UTC epoch second `at`."""
    return datetime.fromtimestamp(at, NEW_YORK).date()


def _epoch(day: date, clock: time) -> float:
    return datetime.combine(day, clock, NEW_YORK).timestamp()
