"""The end of a trading day: its bars are completed, weeks and months made of days, and what is missing is said."""

from datetime import date
from typing import NamedTuple

ENOUGH = 0.95
"""That part of a universe's symbols must have a bar of the day, by six in the evening of the exchange."""
NAMED = 50
"""Missing symbols that a run keeps the names of, for each universe."""


class Checked(NamedTuple):
    """Of those members of a universe that are kept here and traded at the time."""

    universe: str
    expected: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        return 1 - len(self.missing) / self.expected if self.expected else 1.0

    @property
    def enough(self) -> bool:
        return self.share >= ENOUGH


class Closed(NamedTuple):
    day: date
    filled: int
    """Bars of the day that were made of its minutes."""
    rolled: int
    """Weeks and months that were new or differed."""
    checked: tuple[Checked, ...]

    @property
    def incomplete(self) -> tuple[Checked, ...]:
        return tuple(each for each in self.checked if not each.enough)

    @property
    def words(self) -> str:
        """Nothing where all is well."""
        return "; ".join(
            f"{each.universe}: {each.expected - len(each.missing)} of {each.expected}" for each in self.incomplete
        )
