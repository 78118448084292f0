"""What the subscriber hears: decoded, then to the log where every event counts, else straight to the relay."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from app.wire import Unavailable
from app.wire.channels import Meaning
from app.wire.codec import Rejected, decode
from app.wire.events import LOGGED, AnyEvent, EngineHealth, LoggedEvent, Tick

logger = logging.getLogger(__name__)

APPEND_WITHIN_SECONDS = 5.0
"""How long Redis may be away before an event that it had delivered counts as lost."""

TRY_AGAIN_SECONDS = 0.2
COMPLAINT_SECONDS = 1.0
SHOWN = 200


class Intake:
    def __init__(self, append: Callable[[LoggedEvent], Awaitable[object]], publish: Callable[[AnyEvent], None]) -> None:
        self.rejected: Counter[tuple[Meaning, str]] = Counter()
        """Messages that could not be understood, by channel and reason."""
        self.lost = 0
        """Events that the log never took."""
        self.ticked_at: float | None = None
        self.health: EngineHealth | None = None
        self._append = append
        self._publish = publish
        self._complained_at = float("-inf")

    async def heard(self, meaning: Meaning, payload: bytes, arrived_at: float) -> None:
        event = decode(meaning, payload, arrived_at)
        if isinstance(event, Rejected):
            self._reject(meaning, event.reason, payload)
            return
        self._note(event)
        if isinstance(event, LOGGED):
            await self._log(event)
        else:
            self._publish(event)

    def _note(self, event: AnyEvent) -> None:
        if isinstance(event, Tick):
            self.ticked_at = event.arrived_at
        elif isinstance(event, EngineHealth):
            self.health = event

    async def _log(self, event: LoggedEvent) -> None:
        """It comes back by the tail, in this process as in every other."""
        until = time.monotonic() + APPEND_WITHIN_SECONDS
        while True:
            try:
                await self._append(event)
                return
            except Unavailable:
                if time.monotonic() > until:
                    self.lost += 1
                    self._complain(
                        "an event was lost, the log is away: %s (%d so far)", type(event).__name__, self.lost
                    )
                    return
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    def _reject(self, meaning: Meaning, reason: str, payload: bytes) -> None:
        self.rejected[meaning, reason] += 1
        self._complain("not understood on %s, %s: %r", meaning, reason, payload[:SHOWN])

    def _complain(self, words: str, *values: object) -> None:
        now = time.monotonic()
        if now - self._complained_at >= COMPLAINT_SECONDS:
            self._complained_at = now
            logger.warning(words, *values)
