"""Times as people read them: in the viewer's zone, or where the exchange is. Pure
functions; `filters` gives them to templates by the same names."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import TypeGuard
from zoneinfo import ZoneInfo

from app.identity import View

MISSING = "-"
MINUS = "\N{MINUS SIGN}"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AMBIGUOUS_ZONES = frozenset({"Asia/Shanghai"})  # its CST reads as Chicago's
LARGEST = 1e15
"""Seconds, from which on no age is told apart."""

EXCHANGE = View(zone="America/New_York")
"""The clock of the exchange, by which market time is written."""


def clock(at: float | None, view: View) -> str:
    """14:31:05 EDT"""
    when = _local(at, view)
    return f"{when:%H:%M:%S} {_abbreviation(when, view)}" if when else MISSING


def clock_seconds(at: float | None, view: View) -> int:
    """Seconds since midnight in the viewer's zone, from which static/figures.js counts on."""
    when = _local(at, view)
    return when.hour * 3600 + when.minute * 60 + when.second if when else 0


def stamp(at: float | None, view: View) -> str:
    """31 Aug 2012, 14:31 EDT"""
    when = _local(at, view)
    return f"{day(when.date())}, {when:%H:%M} {_abbreviation(when, view)}" if when else MISSING


def exchange_clock(at: float | None) -> str:
    """14:31:05 EDT, where the exchange is: how market time is written for every reader."""
    return clock(at, EXCHANGE)


def exchange_seconds(at: float | None) -> int:
    """As `clock_seconds`, where the exchange is."""
    return clock_seconds(at, EXCHANGE)


def exchange_stamp(at: float | None) -> str:
    """31 Aug 2012, 14:31 EDT, where the exchange is."""
    return stamp(at, EXCHANGE)


def differs_from_exchange(at: float | None, view: View) -> bool:
    """Whether the viewer's clock shows another time than the exchange's at this moment."""
    return clock_seconds(at, view) != exchange_seconds(at)


def day(value: date | str | None) -> str:
    """31 Aug 2012, from a date or its ISO form"""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return MISSING
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}" if value else MISSING


def exchange_day(at: float | None) -> str:
    """31 Aug 2012, where the exchange is."""
    when = _local(at, EXCHANGE)
    return day(when.date()) if when else MISSING


def exchange_weekday(at: float | None) -> str:
    """Fri, where the exchange is."""
    when = _local(at, EXCHANGE)
    return WEEKDAYS[when.weekday()] if when else MISSING


def iso(at: float | None) -> str:
    """For the datetime attribute of <time>."""
    when = _local(at, View(zone="UTC"))
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else ""


def age(seconds: float | None) -> str:
    """static/figures.js counts on from data-age in the same words."""
    if not _finite(seconds):
        return MISSING
    whole = int(min(max(0.0, seconds), LARGEST))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def zone_name(zone: str) -> str:
    """America/New_York is New York."""
    return zone.rpartition("/")[2].replace("_", " ")


def _local(at: float | None, view: View) -> datetime | None:
    if not _finite(at):
        return None
    try:
        return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(view.zone))
    except (OverflowError, ValueError, OSError):
        return None


def _abbreviation(when: datetime, view: View) -> str:
    name = when.tzname() or ""
    if name[:1] not in "+-" and view.zone not in AMBIGUOUS_ZONES:
        return name
    minutes = int((when.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{MINUS if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def _finite(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)
