"""Sends status events of load jobs to Redis: every run event, and the newest state of each job."""

import asyncio
import logging
from collections import deque

from app import wire
from app.wire.backoff import Backoff
from app.wire.events.event import AnyEvent
from app.wire.jobs.reporter import JobReporter

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.25
MOST_WAITING = 500


class StatusSender:
    """Never waits; while Redis is unavailable, the newest events are kept."""

    def __init__(self, telling: JobReporter) -> None:
        self._reporter = telling
        self._states: dict[str, AnyEvent] = {}
        self._events: deque[AnyEvent] = deque(maxlen=MOST_WAITING)
        self._new = asyncio.Event()

    def state(self, key: str, event: AnyEvent) -> None:
        """Replaces the unsent event of this key."""
        if len(self._states) < MOST_WAITING or key in self._states:
            self._states[key] = event
            self._new.set()

    def forget(self, key: str) -> None:
        self._states.pop(key, None)

    def event(self, event: AnyEvent) -> None:
        self._events.append(event)
        self._new.set()

    async def run(self) -> None:
        backoff = Backoff()
        while True:
            await self._new.wait()
            self._new.clear()
            try:
                await self.flush()
            except wire.RedisUnavailable as error:
                logger.warning("redis away, what is to be said of loads waits: %s", error)
                self._new.set()
                await backoff.wait()
            else:
                backoff.succeeded()
                await asyncio.sleep(PAUSE_SECONDS)

    async def flush(self) -> None:
        """Raises wire.RedisUnavailable; unsent events stay."""
        while self._events:
            await self._reporter.report(self._events[0])
            self._events.popleft()
        for key, event in list(self._states.items()):
            if self._states.get(key) is event:
                await self._reporter.report(event)
            if self._states.get(key) is event:
                del self._states[key]
