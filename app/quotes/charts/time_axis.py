"""Labels of the time axis, and the words that name a bar's time."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from app.finance.bars import Bar, Timeframe
from app.finance.periods import DATED
from app.quotes.charts import grid
from app.quotes.charts.cache import session_of
from app.web.times import MONTHS, exchange_clock

MOST = 6
ENDS = 4.0
"""Percent of the width at both ends where a label would be cut off."""


class TimeLabel(NamedTuple):
    """In percent of the plot's width from the left."""

    across: float
    text: str


def labels(bars: Sequence[Bar], timeframe: Timeframe, count: int) -> tuple[TimeLabel, ...]:
    """Starts of hours, days, weeks, months or years, thinned out to a handful."""
    begins, text = _calendar(bars, timeframe)
    periods = [begins(bar) for bar in bars]
    starts = [n for n in range(1, len(bars)) if periods[n] != periods[n - 1]]
    thinned = starts[:: max(1, -(-len(starts) // MOST))]
    placed = (TimeLabel(grid.across(n, count), text(bars[n])) for n in thinned)
    return tuple(label for label in placed if ENDS < label.across < 100 - ENDS)


def _calendar(bars: Sequence[Bar], timeframe: Timeframe) -> tuple[Callable[[Bar], object], Callable[[Bar], str]]:
    if timeframe not in DATED:
        if len({session_of(bar) for bar in bars}) > 1:
            return session_of, day_and_month
        return lambda bar: bar.start // 3600, lambda bar: exchange_clock(bar.start)[:5]
    if timeframe != "daily":
        return lambda bar: bar.day.year, lambda bar: str(bar.day.year)
    if len(bars) <= 31:
        return lambda bar: bar.day.isocalendar()[:2], day_and_month
    return lambda bar: (bar.day.year, bar.day.month), _month


def day_and_month(bar: Bar) -> str:
    return _words(session_of(bar))


@lru_cache(maxsize=16_384)
def _words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def _month(bar: Bar) -> str:
    return str(bar.day.year) if bar.day.month == 1 else MONTHS[bar.day.month - 1]


def moments(bars: Sequence[Bar], timeframe: Timeframe, before: Bar | None = None) -> list[str]:
    """Names each bar: with the year, or the day of an intraday bar, where that differs from the bar before."""
    texts = []
    last = session_of(before) if before else None
    for bar in bars:
        day = session_of(bar)
        texts.append(_moment(bar, day, timeframe, last is None or last.year != day.year, last != day))
        last = day
    return texts


def _moment(bar: Bar, day: date, timeframe: Timeframe, new_year: bool, new_day: bool) -> str:
    if timeframe == "monthly":
        return f"{MONTHS[day.month - 1]} {day.year}"
    text = f"{_words(day)} {day.year}" if new_year else _words(day)
    if timeframe in DATED:
        return text
    clock = exchange_clock(bar.start)[:5]
    return f"{text} {clock}" if new_day else clock


def whole_moment(bar: Bar, timeframe: Timeframe) -> str:
    """Names a bar by itself."""
    return moments([bar], timeframe)[0]
