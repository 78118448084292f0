"""The result of the end-of-day processing: filled bars, and completeness by universe."""

from datetime import date
from typing import NamedTuple

ENOUGH = 0.95
"""Share of a universe's symbols that must have a bar of the day by 18:00 New York."""
MOST_NAMED = 50
"""Missing symbols of each universe that a run stores by name."""
RECENT_SESSIONS = 20
"""A symbol with a bar in so many sessions, or listed within them, is expected to have one of the day."""


class UniverseCheck(NamedTuple):
    """Completeness of the members that are stored and traded at the time."""

    universe: str
    expected: int
    missing: tuple[str, ...]
    silent: tuple[str, ...] = ()
    """Active members without a recent bar, of which none is expected."""

    @property
    def share(self) -> float:
        """0 to 1; 0 where no member had a recent bar, since then the feed is missing."""
        return 1 - len(self.missing) / self.expected if self.expected else float(not self.silent)

    @property
    def enough(self) -> bool:
        return self.share >= ENOUGH


class ClosedDay(NamedTuple):
    day: date
    filled: int
    """Daily bars that were made of minutes."""
    rolled: int
    """Weeks and months that changed."""
    checks: tuple[UniverseCheck, ...]

    @property
    def incomplete(self) -> tuple[UniverseCheck, ...]:
        return tuple(each for each in self.checks if not each.enough)

    @property
    def summary(self) -> str:
        """Empty where the day is complete."""
        return "; ".join(
            f"{each.universe}: {each.expected - len(each.missing)} of {each.expected}"
            if each.expected
            else f"{each.universe}: no bar in {RECENT_SESSIONS} sessions"
            for each in self.incomplete
        )
