"""The minimum confidence of a pattern, by its name."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

NEVER = float("inf")
"""Of a pattern that is switched off."""


class Thresholds(NamedTuple):
    default: float
    """Of patterns that have no threshold of their own."""
    by_pattern: Mapping[str, float] = {}

    def of(self, pattern: str) -> float:
        return self.by_pattern.get(pattern, self.default)

    def only(self, patterns: Collection[str]) -> "Thresholds":
        """Of these alone; of all where none are by_pattern."""
        return Thresholds(NEVER, {name: self.of(name) for name in patterns}) if patterns else self
