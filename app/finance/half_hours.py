"""The newest session of a symbol as a daily bar, made of half-hours: no session begins or ends within one."""

from collections.abc import Sequence

from app.finance.bars import Bar, day_start
from app.finance.sessions import hours

MOST = 48
"""Half-hours of a day."""


def newest_day(half_hours: Sequence[Bar]) -> Bar | None:
    """Of bars of one symbol, oldest first; those outside of sessions do not count. None without others."""
    own: list[Bar] = []
    newest = None
    for bar in reversed(half_hours):
        session = hours(bar.symbol, bar.start)
        if not session.opens <= bar.start < session.closes:
            continue
        newest = newest or session.day
        if session.day != newest:
            break
        own.append(bar)
    if newest is None:
        return None
    return own[0]._replace(
        timeframe="daily",
        start=day_start(newest),
        open=own[-1].open,
        high=max(bar.high for bar in own),
        low=min(bar.low for bar in own),
        volume=sum(bar.volume for bar in own),
        ticks=None,
    )
