"""Tracks topics whose snapshot must be read and sent to all subscribers."""

import asyncio
from collections import Counter
from collections.abc import Iterable

from app.live.topics import TopicRules

NO_POSITION = "?"
"""An id that is no log position: a client that reconnects with it is sent a snapshot."""


class PendingSnapshots:
    """Until the snapshot of a log topic is sent, its subscribers have no position: a client that reconnects before it
    is sent the snapshot. State topics are always sent as snapshots on reconnect."""

    def __init__(self, rules: TopicRules) -> None:
        self._rules = rules
        self._versions: Counter[str] = Counter()
        self._logs: set[str] = set()
        self._more = asyncio.Event()

    def request(self, topics: Iterable[str]) -> None:
        """Requests a new read of each topic, even if a read is in progress."""
        for topic in topics:
            self._versions[topic] += 1
            if self._rules.kind(topic) == "log":
                self._logs.add(topic)
        self._more.set()

    async def wait(self) -> tuple[str, ...]:
        """Returns after the next request: every topic whose snapshot is pending."""
        await self._more.wait()
        self._more.clear()
        return tuple(sorted(self._versions))

    def version(self, topic: str) -> int:
        """Version of the newest request; read it before the topic is read."""
        return self._versions[topic]

    def complete(self, topic: str, version: int) -> None:
        """The snapshot was published, as read after that version was asked for."""
        if self._versions[topic] == version:
            del self._versions[topic]
            self._logs.discard(topic)

    def position(self, topics: frozenset[str], newest: str) -> str:
        """Position of a subscriber of these topics when everything up to `newest` was published."""
        return newest if self._logs.isdisjoint(topics) else NO_POSITION
