"""Market time that runs at a multiple of wall time."""

import time

LATE_SECONDS = 1.0
"""Further behind than this (Redis was away, the machine slept) the market stood still: no hurry to catch up."""


class Pacer:
    def __init__(self, begin: float, speed: float) -> None:
        """Market time is `begin` now; it runs at `speed` market seconds a second."""
        self._speed = speed
        self._set(begin)

    def now(self) -> float:
        return self._begin + (time.monotonic() - self._anchor) * self._speed

    def seconds_to(self, at: float) -> float:
        return max(0.0, (at - self.now()) / self._speed)

    def pause_until(self, at: float) -> None:
        """If what was due at `at` is too late, it is due now."""
        if self.now() - at > LATE_SECONDS * self._speed:
            self._set(at)

    def _set(self, begin: float) -> None:
        self._begin = begin
        self._anchor = time.monotonic()
