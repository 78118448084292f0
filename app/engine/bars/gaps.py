"""Gaps in the feed: periods of market time without ticks, whose minute bars are missing."""

from typing import NamedTuple

from app.finance import calendar
from app.finance.sessions import regular, trading_date

MOST_SESSIONS = 30
"""The newest of a long absence."""


class FeedGap(NamedTuple):
    """Market time, UTC epoch seconds; what was traded meanwhile is in the daily bar and in no minute."""

    reason: str
    began: float
    ended: float
    symbols: int
    """That were known then."""


def in_sessions(reason: str, began: float, ended: float, symbols: int) -> list[FeedGap]:
    """What of that stretch lies in regular sessions, a gap each, in order."""
    gaps: list[FeedGap] = []
    day = trading_date(ended)
    while len(gaps) < MOST_SESSIONS and regular(day).closes > began:
        session = regular(day)
        first, last = max(began, session.opens), min(ended, session.closes)
        if calendar.is_session(day) and first < last:
            gaps.insert(0, FeedGap(reason, first, last, symbols))
        day -= calendar.DAY
    return gaps
