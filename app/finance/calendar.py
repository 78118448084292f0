"""On which dates the NYSE and Nasdaq trade, and on which of them only until 13:00 in New York."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from holidays import financial_holidays
from holidays.constants import HALF_DAY, PUBLIC

SATURDAY = 5
DAY = timedelta(days=1)


class Year(NamedTuple):
    closed: dict[date, str]
    """Holidays and single closings (storms, days of mourning), with their names."""
    short: dict[date, str]


def is_session(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in _year(day.year).closed


def is_half_day(day: date) -> bool:
    return is_session(day) and day in _year(day.year).short


def closing(day: date) -> str | None:
    """Why there is no session on a weekday; None on trading days and at weekends."""
    return _year(day.year).closed.get(day) if day.weekday() < SATURDAY else None


def previous_session(day: date) -> date:
    """The last one before `day`, whether or not that is a session itself."""
    day -= DAY
    while not is_session(day):
        day -= DAY
    return day


def next_session(day: date) -> date:
    """The first one after `day`."""
    day += DAY
    while not is_session(day):
        day += DAY
    return day


def newest_session(day: date) -> date:
    """`day` itself if it is one, else the last before it."""
    return day if is_session(day) else previous_session(day)


def sessions(first: date, last: date) -> Iterator[date]:
    """From `first` to `last`, both included, oldest first."""
    for number in range((last - first).days + 1):
        day = first + number * DAY
        if is_session(day):
            yield day


@lru_cache(maxsize=256)
def _year(year: int) -> Year:
    return Year(_named(year, PUBLIC), _named(year, HALF_DAY))


def _named(year: int, category: str) -> dict[date, str]:
    days = financial_holidays("XNYS", years=year, categories=(category,))
    return {day: str(name) for day, name in days.items() if day.year == year}
