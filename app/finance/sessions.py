"""The regular trading session of US equities: 09:30 to 16:00 in New York."""

from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
OPENS = time(9, 30)
CLOSES = time(16, 0)


class Session(NamedTuple):
    """UTC epoch seconds; `closes` is the first instant after it."""

    day: date
    opens: float
    closes: float


def regular(day: date) -> Session:
    return Session(day, _epoch(day, OPENS), _epoch(day, CLOSES))


def trading_date(at: float) -> date:
    """The date in New York at UTC epoch second `at`."""
    return datetime.fromtimestamp(at, NEW_YORK).date()


def _epoch(day: date, clock: time) -> float:
    return datetime.combine(day, clock, NEW_YORK).timestamp()
