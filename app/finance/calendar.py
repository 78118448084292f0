"""Trading calendar of NYSE and Nasdaq: sessions, holidays, early closes, in New York time."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from holidays import financial_holidays
from holidays.constants import HALF_DAY, PUBLIC

from app.finance import exchange_days

SATURDAY = 5
DAY = timedelta(days=1)
ORDINARY = (
    (date(1985, 9, 30), time(9, 30), time(16)),
    (date(1974, 10, 1), time(10), time(16)),
    (date(1952, 9, 29), time(10), time(15, 30)),
    (date.min, time(10), time(15)),
)
"""Hours of an ordinary session from a date on, the newest first. Saturdays, traded until 1952, are none here."""

CLOSES_EARLY = time(13)
_CLOSE_IN_NAME = re.compile(r"\s*\(markets close at (\d+:\d\d[ap]m)\)")


class Year(NamedTuple):
    """Days with the name of each."""

    closed: Mapping[date, str]
    """Holidays and single closings (storms, days of mourning)."""
    short: Mapping[date, str]


def is_session(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in _year(day.year).closed


def hours(day: date) -> tuple[time, time]:
    """When the session opens and closes; of a day without a session, the ordinary hours of its time."""
    opens, closes = _ordinary(day)
    if not is_session(day):
        return opens, closes
    if special := exchange_days.of(day, "hours"):
        return special.opens or opens, special.closes or closes
    name = _year(day.year).short.get(day)
    return opens, _early(name) if name else closes


def holiday(day: date) -> str:
    """The name of the holiday or of the single closing; empty for sessions and weekends."""
    return _year(day.year).closed.get(day, "") if day.weekday() < SATURDAY else ""


def special_hours(day: date) -> str:
    """Why a session has other hours than ordinary ones of its time; empty where it has these."""
    if not is_session(day) or hours(day) == _ordinary(day):
        return ""
    if special := exchange_days.of(day, "hours"):
        return special.reason
    return _CLOSE_IN_NAME.sub("", _year(day.year).short.get(day, ""))


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
    """As the library has it, corrected by the exchange's own list."""
    closed = {**exchange_days.of_year(year, "closed"), **_holidays(year, PUBLIC)}
    reopened = exchange_days.of_year(year, "open")
    return Year({day: name for day, name in closed.items() if day not in reopened}, _holidays(year, HALF_DAY))


def _ordinary(day: date) -> tuple[time, time]:
    return next((opens, closes) for since, opens, closes in ORDINARY if day >= since)


def _early(name: str) -> time:
    """The library's names say when: `Snowstorm (markets close at 2:30pm)`."""
    match = _CLOSE_IN_NAME.search(name)
    return datetime.strptime(match[1], "%I:%M%p").time() if match else CLOSES_EARLY  # noqa: DTZ007 - a time of day


def _holidays(year: int, category: str) -> dict[date, str]:
    days = financial_holidays("XNYS", years=year, categories=(category,))
    return {day: str(name) for day, name in days.items() if day.year == year}
