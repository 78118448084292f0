"""Measures a subscriber's lag by PING, whose reply comes after every message that waits before it."""

import time

ASK_SECONDS = 1.0
"""Between a ping's answer and the next ping."""


class SubscriberLag:
    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._answered_at = 0.0
        self._round_trip = 0.0
        self._handling_since: float | None = None

    @property
    def seconds(self) -> float:
        """Of the newest answer; more where one is overdue, or a message has been in hand for longer."""
        now = time.monotonic()
        began = [at for at in (self._asked_at, self._handling_since) if at is not None]
        return max(self._round_trip, *(now - at for at in began), 0.0)

    def due(self) -> bool:
        return self._asked_at is None and time.monotonic() - self._answered_at >= ASK_SECONDS

    def ping_sent(self) -> None:
        self._asked_at = time.monotonic()

    def ping_answered(self) -> None:
        self._answered_at = time.monotonic()
        if self._asked_at is not None:
            self._round_trip = self._answered_at - self._asked_at
        self._asked_at = None

    def message_started(self) -> None:
        """A message is in hand."""
        self._handling_since = time.monotonic()

    def message_handled(self) -> None:
        self._handling_since = None
