"""Logs an outage once when it begins and once when it ends."""

import logging
import time


class Outage:
    """One task's view of what it cannot do without."""

    def __init__(self, logger: logging.Logger, what: str) -> None:
        self._logger = logger
        self._what = what
        self._since: float | None = None

    def began(self, reason: str) -> None:
        if self._since is None:
            self._since = time.monotonic()
            self._logger.warning("%s is away: %s", self._what, reason)

    def ended(self) -> None:
        if self._since is not None:
            self._logger.warning("%s is back after %.1f s", self._what, time.monotonic() - self._since)
            self._since = None
