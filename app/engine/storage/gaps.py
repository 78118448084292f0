"""Gaps of the feed: which sessions a stretch without ticks touched, and their rows."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from asyncpg import Connection

from app.finance import calendar
from app.finance.sessions import regular, trading_date

MOST_SESSIONS = 30
"""Sessions of a long gap that are recorded: the newest ones."""

COLUMNS = {"began", "ended", "reason", "symbols"}


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


async def put(connection: Connection, gaps: Iterable[FeedGap]) -> None:
    await connection.executemany(
        """
        insert into feed_gaps (reason, began, ended, symbols) values ($1, $2, $3, $4)
        on conflict (reason, began) do update set ended = excluded.ended, symbols = excluded.symbols
        """,
        [(gap.reason, _moment(gap.began), _moment(gap.ended), gap.symbols) for gap in gaps],
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
