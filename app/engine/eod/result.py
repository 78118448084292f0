"""The result of the end-of-day processing: filled bars, and completeness by universe."""

from datetime import date
from typing import NamedTuple

ENOUGH = 0.95
"""That part of a universe's symbols must have a bar of the day, by six in the evening of the exchange."""
MOST_NAMED = 50
"""Missing symbols that a run keeps the names of, for each universe."""
RECENT_SESSIONS = 20
"""Who had a bar in that many sessions, or was listed within them, is expected to have one of the day."""


class UniverseCheck(NamedTuple):
    """Of those members of a universe that are kept here and traded at the time."""

    universe: str
    expected: int
    missing: tuple[str, ...]
    silent: tuple[str, ...] = ()
    """Active, but without a bar for so long, or ever, that none is expected."""

    @property
    def share(self) -> float:
        """Where everybody is silent, it is the feed that is."""
        return 1 - len(self.missing) / self.expected if self.expected else float(not self.silent)

    @property
    def enough(self) -> bool:
        return self.share >= ENOUGH


class ClosedDay(NamedTuple):
    day: date
    filled: int
    """Bars of the day that were made of its minutes."""
    rolled: int
    """Weeks and months that were new or differed."""
    checks: tuple[UniverseCheck, ...]

    @property
    def incomplete(self) -> tuple[UniverseCheck, ...]:
        return tuple(each for each in self.checks if not each.enough)

    @property
    def summary(self) -> str:
        """Nothing where all is well."""
        return "; ".join(
            f"{each.universe}: {each.expected - len(each.missing)} of {each.expected}"
            if each.expected
            else f"{each.universe}: no bar in {RECENT_SESSIONS} sessions"
            for each in self.incomplete
        )
