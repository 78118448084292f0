"""Reasons for which a message cannot be read."""

from typing import NamedTuple


class Rejected(NamedTuple):
    """`reason` is one of few fixed words, fit to be a metric's label."""

    reason: str


class UnreadableMessage(Exception):
    """Ends the reading of one message; never leaves this package."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
