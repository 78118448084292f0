"""The bars that are expected by the exchange's calendar, with its holidays and half days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES, period
from app.finance import calendar, sessions
from app.finance.bars import Timeframe

HOUR = 3600


class Period(NamedTuple):
    """`day`: the first day of a week or month. `opens`, `closes`: hours of the bars within a day."""

    day: date
    bars: int = 1
    opens: datetime | None = None
    closes: datetime | None = None


def periods(timeframe: Timeframe, since: date, until: date) -> Sequence[Period]:
    """Oldest first. A week or month counts if it has a session."""
    days = list(calendar.sessions(since, until))
    if timeframe in ("1min", "hourly"):
        return [_within(timeframe, day) for day in days]
    return [Period(day) for day in dict.fromkeys(period(LOAD_TIMEFRAMES[timeframe], day) for day in days)]


def last_closed(at: float) -> date:
    """The newest session that is over at UTC epoch second `at`."""
    day = sessions.trading_date(at)
    over = calendar.is_session(day) and sessions.regular(day).closes <= at
    return day if over else calendar.previous_session(day)


def on_half_hours(expected: Sequence[Period]) -> bool:
    """Whether all sessions open and close on half hours; some were cut short at other minutes."""
    ends = (moment for each in expected for moment in (each.opens, each.closes) if moment)
    return all(moment.minute % 30 == 0 and moment.second == 0 for moment in ends)


def edges(timeframe: Timeframe, since: date, until: date) -> tuple[date, date]:
    """Widens the dates to whole weeks or months."""
    if timeframe == "weekly":
        return period(LOAD_TIMEFRAMES["weekly"], since), period(LOAD_TIMEFRAMES["weekly"], until) + timedelta(days=6)
    if timeframe == "monthly":
        later = period(LOAD_TIMEFRAMES["monthly"], until) + timedelta(days=31)
        return since.replace(day=1), later.replace(day=1) - timedelta(days=1)
    return since, until


def _within(timeframe: Timeframe, day: date) -> Period:
    session = sessions.regular(day)
    # The first hourly bar begins before the session: at the full hour.
    opens = session.opens // HOUR * HOUR if timeframe == "hourly" else session.opens
    count = len(session.minutes) if timeframe == "1min" else -int(-(session.closes - opens) // HOUR)
    return Period(day, count, _moment(opens), _moment(session.closes))


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
