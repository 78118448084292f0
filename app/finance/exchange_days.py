"""Special NYSE days that the holidays library lacks or has wrong, each with its reason.

`exchange-days.csv` has them, by the exchange's own list of special closings as pandas_market_calendars 5.5 keeps it.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

TABLE = Path(__file__).with_name("exchange-days.csv")

Kind = Literal["closed", "open", "hours"]
"""No session; a session with the hours of its time; other hours, if there is a session."""


class ExchangeDay(NamedTuple):
    """Times of day in New York; None where they are those of the time."""

    opens: time | None
    closes: time | None
    reason: str


def of(day: date, kind: Kind) -> ExchangeDay | None:
    return _table().get((day, kind))


def of_year(year: int, kind: Kind) -> dict[date, str]:
    """Days with the reason of each."""
    return {day: special.reason for (day, its), special in _table().items() if day.year == year and its == kind}


@cache
def _table() -> Mapping[tuple[date, str], ExchangeDay]:
    """Of what is said twice of a day, the later row counts."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(day, row["kind"]): entry for row in csv.DictReader(file) for day, entry in _days(row)}


def _days(row: Mapping[str, str]) -> Iterator[tuple[date, ExchangeDay]]:
    first, last = date.fromisoformat(row["first"]), date.fromisoformat(row["last"])
    entry = ExchangeDay(_time(row["opens"]), _time(row["closes"]), row["reason"])
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number), entry


def _time(text: str) -> time | None:
    return time.fromisoformat(text) if text else None
