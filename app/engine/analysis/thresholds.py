"""The minimum confidence of a pattern, by its name."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

NEVER = float("inf")
"""The threshold of a disabled pattern."""


class Thresholds(NamedTuple):
    default: float
    """Of patterns without a threshold of their own."""
    by_pattern: Mapping[str, float] = {}

    def of(self, pattern: str) -> float:
        return self.by_pattern.get(pattern, self.default)

    def only(self, patterns: Collection[str]) -> "Thresholds":
        """The thresholds of these patterns alone, or of all where `patterns` is empty."""
        return Thresholds(NEVER, {name: self.of(name) for name in patterns}) if patterns else self
