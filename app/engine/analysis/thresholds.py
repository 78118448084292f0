"""How sure a pattern must be to be told of, by its name."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

NEVER = float("inf")
"""Of a pattern that is switched off."""


class Thresholds(NamedTuple):
    usual: float
    """Of patterns that have no threshold of their own."""
    named: Mapping[str, float] = {}

    def of(self, pattern: str) -> float:
        return self.named.get(pattern, self.usual)

    def only(self, patterns: Collection[str]) -> "Thresholds":
        """Of these alone; of all where none are named."""
        return Thresholds(NEVER, {name: self.of(name) for name in patterns}) if patterns else self
