"""Circuit breaker: stops queries to a server that does not answer, so that requests do not pile up."""

import random
import time
from collections import deque

FAILURES = 5
WITHIN_SECONDS = 10.0
PROBE_SECONDS = 2.0


class DatabaseBreaker:
    """Opens after several failures in a short time; then lets one attempt through every two seconds or so."""

    def __init__(self) -> None:
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._probe_at: float | None = None

    @property
    def open(self) -> bool:
        return self._probe_at is not None

    def allows(self) -> bool:
        if self._probe_at is None:
            return True
        if time.monotonic() < self._probe_at:
            return False
        self._plan_probe()
        return True

    def failed(self) -> None:
        now = time.monotonic()
        self._failures.append(now)
        if len(self._failures) == FAILURES and now - self._failures[0] <= WITHIN_SECONDS and self._probe_at is None:
            self._plan_probe()

    def succeeded(self) -> None:
        self._failures.clear()
        self._probe_at = None

    def _plan_probe(self) -> None:
        self._probe_at = time.monotonic() + PROBE_SECONDS * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
