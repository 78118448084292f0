"""Market time that runs at a multiple of wall time."""

import time

LATE_SECONDS = 1.0
"""Beyond this delay (Redis was away, the machine slept) market time stands still instead of catching up."""


class Pacer:
    def __init__(self, begin: float, speed: float) -> None:
        """Market time is `begin` now and runs `speed` times as fast as wall time."""
        self._speed = speed
        self._set(begin)

    def now(self) -> float:
        return self._begin + (time.monotonic() - self._anchor) * self._speed

    def seconds_to(self, at: float) -> float:
        return max(0.0, (at - self.now()) / self._speed)

    def pause_until(self, at: float) -> None:
        """Sets market time back to `at` if that was more than LATE_SECONDS of wall time ago."""
        if self.now() - at > LATE_SECONDS * self._speed:
            self._set(at)

    def _set(self, begin: float) -> None:
        self._begin = begin
        self._anchor = time.monotonic()
