"""Retention of the stream of ticks, in minutes and megabytes."""

from typing import NamedTuple

SMALLEST = 64
"""Bytes that an entry takes at least, with what Redis needs to keep it."""
WEIGHT = 0.02
"""Of the newest entry in the mean of their sizes."""


class Retention(NamedTuple):
    minutes: float = 15.0
    """By the clock on the wall."""
    megabytes: float = 64.0


class EntrySizes:
    """The mean size of entries says how many of them there may be."""

    def __init__(self, retention: Retention) -> None:
        self._bytes = retention.megabytes * 1e6
        self._mean = 0.0

    def most(self, *sizes: int) -> int:
        """Entries that may stay once those of these sizes (in bytes) are added."""
        for size in sizes:
            own = size + SMALLEST
            self._mean = own if not self._mean else self._mean + WEIGHT * (own - self._mean)
        return max(1, int(self._bytes / max(self._mean, SMALLEST)))
