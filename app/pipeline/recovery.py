"""Recovers what a connection missed: log entries in order, or snapshots with a notice; and the newest states."""

import asyncio
from functools import partial
from typing import NamedTuple

from app import db, wire
from app.deps import EventRelay, StreamTopics
from app.identity import View
from app.live.connection import StreamConnection
from app.live.frames import FrameEncoding, FramePart, RenderedPush, end_part, payload
from app.live.hub import Hub
from app.live.pending_snapshots import NO_POSITION
from app.push import Push
from app.wire.events.event import LogGap
from app.wire.log.log import Log, RangeGap, StreamPosition

MOST_REPLAYED = 500
"""Entries; rendering more of them takes longer than a snapshot."""

TOPICS_AT_ONCE = 8
"""Snapshots rendered together; a stream may have hundreds of topics, each a chart."""

SNAPSHOT_SECONDS = 0.1
"""Least time between two snapshots of one topic."""


class _Entries(NamedTuple):
    """Pushes of the missed entries."""

    pushes: tuple[Push | RenderedPush, ...]


class _LogHasGap(NamedTuple):
    """Some missed events may never have reached the log."""


Key = tuple[str, View]

_Missed = _Entries | _LogHasGap | RangeGap


class Recovery:
    def __init__(self, hub: Hub, log: Log, relay: EventRelay, topics: StreamTopics) -> None:
        self._hub, self._log, self._relay, self._topics = hub, log, relay, topics
        self._snapshots = SharedSnapshots(hub, topics)

    async def missed_parts(self, connection: StreamConnection, cursor: str) -> list[FramePart]:
        """The parts of one message with everything between the cursor and the first frame of the connection.

        Raises wire.RedisUnavailable during an outage and SnapshotFailed for a snapshot that fails to render; the
        client's cursor then stays where it was.
        """
        subscribed_topics, view = connection.audience.topics, connection.audience.view
        logs = [topic for topic in sorted(subscribed_topics) if self._topics.kind(topic) == "log"]
        states = [topic for topic in sorted(subscribed_topics) if self._topics.kind(topic) == "state"]
        missed = await self._missed_entries(cursor, connection.joined_at) if logs else _Entries(())
        trims: list[Push | RenderedPush] = []
        position = connection.joined_at
        if isinstance(missed, _Entries):
            pushes = [push for push in missed.pushes if _push(push).topic in subscribed_topics]
            trims = [push for push in pushes if _push(push).op == "trim"]
            parts = [self._hub.render([push for push in pushes if _push(push).op != "trim"], view)]
        else:
            parts = await self._snapshots.parts(logs, view, connection.encoding)
            unavailable = [topic for topic, part in zip(logs, parts, strict=True) if not part.lines]
            if unavailable:
                self._hub.pending_snapshots.request(unavailable)
                # Of its audience too: the message with the list then names a position, however old that is.
                position = connection.audience.position = NO_POSITION
            if cursor or unavailable:
                parts += [self._hub.render(self._notice(missed, topic), view) for topic in logs]
        self._hub.joins[_join_kind(cursor, missed)] += 1
        parts += await self._snapshots.parts(states, view, connection.encoding)
        # In a message of its own: htmx looks for what is too much in a list before it inserts what the message brings.
        after = [self._hub.render(trims, view), end_part("")] if trims else []
        return [*(part for part in parts if part.lines), end_part(position), *after]

    def _notice(self, missed: _LogHasGap | RangeGap, topic: str) -> list[Push]:
        if isinstance(missed, RangeGap):
            return self._relay.missed(missed.missed, topic)
        return self._relay.gap(topic)

    async def _missed_entries(self, cursor: str, upto: str) -> _Missed:
        recent = self._hub.recent.between(cursor, upto)
        if recent is not None:
            return _Entries(recent)
        after, top = StreamPosition.parse(cursor), StreamPosition.parse(upto)
        if after is None or top is None:
            return RangeGap(None)
        if after.epoch == top.epoch and top.n - after.n > MOST_REPLAYED:
            return RangeGap(top.n - after.n)
        entries = await self._log.since(after, top)
        if isinstance(entries, RangeGap):
            return entries
        if after > top:
            # The client is ahead of this process, which has not read these entries yet.
            raise wire.RedisUnavailable("behind its reader")
        if len(entries) > MOST_REPLAYED:
            return RangeGap(len(entries))
        if any(isinstance(entry.event, LogGap) for entry in entries):
            return _LogHasGap()
        return _Entries(tuple(push for entry in entries for push in self._relay.pushes(entry.event)))


class SharedSnapshots:
    """Shares one snapshot among connections that ask at about the same time; it is always started after the request.

    An error of a snapshot is raised for every waiter.
    """

    def __init__(self, hub: Hub, topics: StreamTopics) -> None:
        self._hub, self._topics = hub, topics
        self._waiting: dict[Key, asyncio.Task[FramePart]] = {}
        """Tasks not started yet, which later requests join."""
        self._newest: dict[Key, asyncio.Task[FramePart]] = {}

    async def parts(self, names: list[str], view: View, form: FrameEncoding) -> list[FramePart]:
        """Snapshots of the topics; an unavailable one is an empty part.

        Runs a few topics at a time, so that the event loop stays free.
        """
        parts: list[FramePart] = []
        for first in range(0, len(names), TOPICS_AT_ONCE):
            tasks = [self._snapshot(topic, view) for topic in names[first : first + TOPICS_AT_ONCE]]
            some = [await asyncio.shield(each) for each in tasks]
            payload(some, form)
            parts += some
            await asyncio.sleep(0)
        return parts

    def _snapshot(self, topic: str, view: View) -> asyncio.Task[FramePart]:
        key = topic, view
        if key not in self._waiting:
            task = asyncio.create_task(self._draw_after(self._newest.get(key), key))
            self._waiting[key] = self._newest[key] = task
            task.add_done_callback(partial(self._done, key))
        return self._waiting[key]

    async def _draw_after(self, before: asyncio.Task[FramePart] | None, key: Key) -> FramePart:
        if before:
            await asyncio.wait({before})
            await asyncio.sleep(SNAPSHOT_SECONDS)
        del self._waiting[key]
        topic, view = key
        try:
            return self._hub.render(await self._topics.snapshot(topic), view)
        except (db.Unavailable, wire.RedisUnavailable):
            return FramePart(b"")

    def _done(self, key: Key, task: asyncio.Task[FramePart]) -> None:
        if self._waiting.get(key) is task:  # it was cancelled before it began
            del self._waiting[key]
        if not task.cancelled():
            task.exception()  # logged where it arose; everybody who waited may have left
        asyncio.get_running_loop().call_later(SNAPSHOT_SECONDS, self._forget, key, task)

    def _forget(self, key: Key, task: asyncio.Task[FramePart]) -> None:
        if self._newest.get(key) is task:
            del self._newest[key]


def _push(change: Push | RenderedPush) -> Push:
    return change.push if isinstance(change, RenderedPush) else change


def _join_kind(cursor: str, missed: _Missed) -> str:
    if not cursor:
        return "fresh"
    return "exact" if isinstance(missed, _Entries) else "snapshot"
