"""Computes the log position from which a page starts its stream: some seconds before the page read its data."""

import time
from collections import deque

STEP_BACK = 10.0
"""Seconds. Data that a page read may be this much older than the log."""


class Cursors:
    """Samples of the log's position, taken about once a second."""

    def __init__(self, step_back: float = STEP_BACK) -> None:
        self._step_back = step_back
        self._samples: deque[tuple[float, str]] = deque(maxlen=60)

    def add(self, id: str, now: float | None = None) -> None:  # noqa: A002 (the id of the stream's entry)
        if id:
            self._samples.append((time.monotonic() if now is None else now, id))

    def clear(self) -> None:
        """The log was lost: no earlier position means anything any more."""
        self._samples.clear()

    def page_start(self, now: float | None = None) -> str:
        """The newest position that is old enough, else the oldest known, else nothing."""
        limit = (time.monotonic() if now is None else now) - self._step_back
        old_enough = [position for at, position in self._samples if at <= limit]
        if old_enough:
            return old_enough[-1]
        return self._samples[0][1] if self._samples else ""
