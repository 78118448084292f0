"""Counts what a feature failed to do, and logs a few of these failures."""

import logging

logger = logging.getLogger(__name__)


class Failures:
    def __init__(self) -> None:
        self.count = 0

    def add(self, message: str, *values: object) -> None:
        """Called in an exception handler. One log line per power of two: what fails once fails with every event."""
        self.count += 1
        if self.count & (self.count - 1) == 0:
            logger.exception(message, *values)
