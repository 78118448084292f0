"""Follows the log of events: publishes each entry in order, and resynchronizes readers where entries may be missing."""

from collections.abc import Callable
from contextlib import aclosing
from functools import partial

from app import wire
from app.deps import StreamTopics
from app.live.cursors import Cursors
from app.live.hub import Hub
from app.live.topics import name
from app.pipeline.relay import Relay
from app.push import Push
from app.wire.cache.cache import ALL, Cache
from app.wire.cache.outdated import invalidated_by
from app.wire.events.event import AnyEvent, IndicatorAlert, LogGap
from app.wire.log.log import BEGINNING, Log, StreamPosition, TailGap

RESTORED_ENTRIES = 2_000
"""Entries of the log that are read at start."""


class LogFollower:
    """The one tail of the log in this process, and what has to be read again after a gap."""

    def __init__(self, log: Log, topics: StreamTopics, hub: Hub, relay: Relay, cursors: Cursors, cache: Cache) -> None:
        self._log, self._topics, self._hub, self._relay = log, topics, hub, relay
        self._cursors, self._cache = cursors, cache

    async def run(self) -> None:
        """Raises wire.RedisUnavailable when Redis goes; another run goes on behind the last entry published."""
        after = StreamPosition.parse(self._hub.last_id)
        if after is None:
            after = await self._log.top()
            await self._restore(after)
            self._hub.complete_entry(str(after))
        async with aclosing(self._log.tail(after)) as entries:
            async for entry in entries:
                if isinstance(entry, TailGap):
                    self._resync_after_loss(entry)
                else:
                    self.publish(entry.event, str(entry.id))

    async def _restore(self, upto: StreamPosition) -> None:
        """Events that only boards keep, of those logged before this process began."""
        for entry in await self._log.newest(RESTORED_ENTRIES):
            if entry.id <= upto and isinstance(entry.event, IndicatorAlert):
                self._relay.pushes(entry.event)

    def publish(self, event: AnyEvent, id: str | None = None) -> None:  # noqa: A002
        """`id`: the event's place in the log, where it has one."""
        if outdated := invalidated_by(event):
            # Before any browser has the event, for some ask again at once.
            self._cache.drop(outdated)
        if isinstance(event, LogGap):
            # A reader who comes back from before the gap needs the notice too, and the recent entries do not have it.
            self._hub.recent.clear()
            self._resync_logs(self._relay.gap)
        self._relay.publish(event, id)

    def on_link_gap(self) -> None:
        """The subscriber was disconnected. Other processes logged the events of that time; states may be outdated."""
        self._cache.drop((ALL,))
        self.resync("symbol")

    async def is_log_in_use(self) -> bool:
        """Whether events may have been lost when no process listened: not where none was ever logged or received."""
        try:
            return await self._log.top() != BEGINNING
        except wire.RedisUnavailable:
            return True

    def resync(self, *names: str) -> None:
        """Reads the subscribed topics of these names again, and sends them whole."""
        self._hub.pending_snapshots.request(topic for topic in self._hub.subscribed_topics if name(topic) in names)

    def _resync_after_loss(self, lost: TailGap) -> None:
        """The log was trimmed or replaced: readers get a notice with the number of entries, and the whole list."""
        self._cursors.clear()
        self._hub.recent.clear()
        self._cache.drop((ALL,))
        self._resync_logs(partial(self._relay.missed, lost.missed))
        if lost.missed is None:
            self._hub.complete_entry(str(BEGINNING))

    def _resync_logs(self, notice: Callable[[str], list[Push]]) -> None:
        """Before the next position: a reader has the notice at once, and no position until the list is sent."""
        logs = [topic for topic in self._hub.subscribed_topics if self._topics.kind(topic) == "log"]
        self._hub.pending_snapshots.request(logs)
        for push in [push for topic in logs for push in notice(topic)]:
            self._hub.publish(push)
