"""Periods of each timeframe: where bars begin and end, and how short bars merge into longer ones."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

from app.finance import calendar
from app.finance.bars import DAY, Bar, Timeframe, day_of, day_start
from app.finance.sessions import regular, trading_date

SECONDS: Mapping[Timeframe, int] = {"1min": 60, "5min": 300, "15min": 900, "30min": 1800, "hourly": 3600}
FROM_MINUTES: Sequence[Timeframe] = ("5min", "15min", "30min", "hourly")
"""On the clock of UTC: New York's clock shows the same minutes."""
FROM_DAYS: Sequence[Timeframe] = ("weekly", "monthly")
DATED: Sequence[Timeframe] = ("daily", *FROM_DAYS)
TIMEFRAMES: Sequence[Timeframe] = ("1min", *FROM_MINUTES, *DATED)
_ORDER = {timeframe: place for place, timeframe in enumerate((*TIMEFRAMES, "combo"))}

WEEK = 7 * DAY
MONDAY = 4 * DAY
"""The epoch was a Thursday; a Monday came four days later."""


def begin(timeframe: Timeframe, at: float) -> float:
    """Of the bar that the instant `at` falls into; for weeks and months `at` is where a daily bar starts."""
    if timeframe in SECONDS:
        return at // SECONDS[timeframe] * SECONDS[timeframe]
    if timeframe == "daily":
        return day_start(trading_date(at))
    if timeframe == "weekly":
        return (at - MONDAY) // WEEK * WEEK + MONDAY
    return day_start(first_day(timeframe, day_of(at)))


def first_day(timeframe: str, day: date) -> date:
    """The date that identifies the bar of `day`: the Monday of its week, the first of its month, or `day` itself."""
    if timeframe == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if timeframe == "monthly" else day


def order(timeframe: str) -> tuple[int, str]:
    """Sort key: shorter timeframes first, then `combo`, then unknown names in alphabetical order."""
    return _ORDER.get(timeframe, len(_ORDER)), timeframe


def end(timeframe: Timeframe, start: float) -> float:
    """The first instant after it: where its last session closes, from daily bars on."""
    if timeframe in SECONDS:
        return start + SECONDS[timeframe]
    return regular(last_day(timeframe, start)).closes


@lru_cache(maxsize=16_384)
def last_day(timeframe: Timeframe, start: float) -> date:
    """Of a daily, weekly or monthly bar: the date itself, or the last session of the week or month."""
    first = day_of(start)
    if timeframe == "daily":
        return first
    last = first + timedelta(days=6) if timeframe == "weekly" else _month_after(first) - timedelta(days=1)
    session = calendar.newest_session(last)
    # A week without any session, such as that of the bank holiday of 1933, ends as weeks do.
    return session if session >= first else first + timedelta(days=4)


def _month_after(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=31)).replace(day=1)


def merge(bars: Sequence[Bar], timeframe: Timeframe) -> list[Bar]:
    """The longer bars that these make, which are of one symbol and in order of time."""
    longer: list[Bar] = []
    for bar in bars:
        start = begin(timeframe, bar.start)
        if longer and longer[-1].start == start:
            longer[-1] = _longer(longer[-1], bar)
        else:
            longer.append(bar._replace(timeframe=timeframe, start=start))
    return longer


def _longer(long: Bar, bar: Bar) -> Bar:
    high, low = max(long.high, bar.high), min(long.low, bar.low)
    ticks = None if long.ticks is None or bar.ticks is None else long.ticks + bar.ticks
    return long._replace(high=high, low=low, close=bar.close, volume=long.volume + bar.volume, ticks=ticks)
