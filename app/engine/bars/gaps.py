"""Gaps in the feed: periods of market time without ticks, whose minute bars are missing."""

from typing import NamedTuple

from app.finance import calendar
from app.finance.sessions import regular, trading_date

MOST_SESSIONS = 30
"""Sessions of a long gap that are recorded: the newest ones."""


class FeedGap(NamedTuple):
    """UTC epoch seconds of market time; trades within it are in the daily bar and in no minute."""

    reason: str
    began: float
    ended: float
    symbols: int
    """Symbols that were known then."""


def in_sessions(reason: str, began: float, ended: float, symbols: int) -> list[FeedGap]:
    """The parts of a gap in regular sessions, in order."""
    gaps: list[FeedGap] = []
    day = trading_date(ended)
    while len(gaps) < MOST_SESSIONS and regular(day).closes > began:
        session = regular(day)
        first, last = max(began, session.opens), min(ended, session.closes)
        if calendar.is_session(day) and first < last:
            gaps.insert(0, FeedGap(reason, first, last, symbols))
        day -= calendar.DAY
    return gaps
