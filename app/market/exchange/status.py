"""What the stock exchanges of New York do at an instant, until when, and why if the day is a special one."""

import math
from datetime import date
from typing import NamedTuple

from app.finance import calendar, sessions
from app.finance.sessions import Phase, Session
from app.web.times import exchange_clock, exchange_weekday

MINUTE, HOUR, DAY = 60, 3600, 86_400
LONGEST_HALF_DAY = 5 * HOUR

WORDS: dict[Phase, str] = {"pre": "pre-market", "regular": "open", "post": "after hours", "closed": "closed"}
CHANGES: dict[Phase, str] = {
    "pre": "pre-market begins",
    "regular": "opens",
    "post": "closes",
    "closed": "after hours end",
}
"""What happens when a phase begins."""


class ExchangeStatus(NamedTuple):
    """Times are market time, UTC epoch seconds."""

    at: float
    phase: Phase
    next_phase: Phase
    next_at: float
    holiday: str
    """Its name; empty on other days."""
    special_hours: str
    """Why the session has other than ordinary hours; empty otherwise."""

    @property
    def day(self) -> date:
        return sessions.trading_date(self.at)

    @property
    def word(self) -> str:
        if self.holiday:
            return self.holiday if self.holiday.startswith("Closed") else f"closed: {self.holiday}"
        if self.phase == "closed" and not calendar.is_session(self.day):
            return "closed: weekend"
        return f"{WORDS[self.phase]}, half-day" if self.is_half_day else WORDS[self.phase]

    @property
    def is_half_day(self) -> bool:
        hours = sessions.session(self.day)
        return hours is not None and hours.closes - hours.opens <= LONGEST_HALF_DAY

    @property
    def change(self) -> str:
        """Such as `closes 16:00, in 1 h 27 min`."""
        weekday = "" if sessions.trading_date(self.next_at) == self.day else f"{exchange_weekday(self.next_at)} "
        return (
            f"{CHANGES[self.next_phase]} {weekday}{exchange_clock(self.next_at)[:5]}, in {span(self.next_at - self.at)}"
        )

    @property
    def note(self) -> str:
        """Of a day with special hours."""
        if not self.special_hours:
            return ""
        hours = sessions.regular(self.day)
        opens, closes = (exchange_clock(at)[:5] for at in (hours.opens, hours.closes))
        return f"{self.special_hours}: the session is from {opens} to {closes}."


class DayPart(NamedTuple):
    """Of the line of a day, in percent of 24 hours: `kind` pre, open or now."""

    kind: str
    x: float
    width: float


def status(at: float) -> ExchangeStatus:
    """`at`: market time, UTC epoch seconds."""
    day = sessions.trading_date(at)
    bounds = _bounds(day) if calendar.is_session(day) else ()
    next_at = next((bound for bound in bounds if bound > at), None)
    if next_at is None:
        next_at = sessions.extended(calendar.next_session(day)).opens
    return ExchangeStatus(
        at,
        sessions.phase(at),
        sessions.phase(next_at),
        next_at,
        calendar.holiday(day),
        calendar.special_hours(day),
    )


def span(seconds: float) -> str:
    """A length of time in whole minutes, rounded up: `1 h 27 min`, `2 d 13 h`."""
    whole = math.ceil(max(0.0, seconds) / MINUTE) * MINUTE
    parts = [(whole // DAY, "d"), (whole % DAY // HOUR, "h"), (whole % HOUR // MINUTE, "min")]
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number) or "0 min"


def day_line(current: ExchangeStatus) -> list[DayPart]:
    """The hours of the day and the present moment."""
    midnight = sessions.extended(current.day).opens - sessions.PRE_OPENS.hour * HOUR
    now = DayPart("now", _percent(current.at - midnight), 0.6)
    if not calendar.is_session(current.day):
        return [now]
    opens, begins, closes, ends = _bounds(current.day)
    spans = (("pre", opens, begins), ("open", begins, closes), ("pre", closes, ends))
    parts = [DayPart(kind, _percent(start - midnight), _percent(end - start)) for kind, start, end in spans]
    return [*parts, now]


def _bounds(day: date) -> tuple[float, float, float, float]:
    regular: Session = sessions.regular(day)
    wide = sessions.extended(day)
    return wide.opens, regular.opens, regular.closes, wide.closes


def _percent(seconds: float) -> float:
    return round(100 * seconds / DAY, 1)
