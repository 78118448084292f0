"""What a reader missed: every entry in order, or the lists as they are now and a notice; and the newest states."""

import asyncio
from functools import partial
from typing import NamedTuple

from app import db, wire
from app.db.pools import Pools
from app.deps import Draws
from app.identity import View
from app.live import topics
from app.live.connection import StreamConnection
from app.live.frames import FrameEncoding, FramePart, RenderedPush, end_part, payload
from app.live.hub import Hub
from app.live.pending_snapshots import NO_POSITION
from app.push import Push
from app.wire.events.event import LogGap
from app.wire.log.log import Log, RangeGap, StreamPosition

REPLAYED_AT_MOST = 500
"""Entries: to draw more of them one by one takes longer than to draw the lists anew."""

TOPICS_AT_ONCE = 8
"""A stream may ask for hundreds, and each may be a chart."""

APART_SECONDS = 0.1
"""Between two snapshots of the same topic, however many ask for it."""


class _Entries(NamedTuple):
    """What each entry that was missed changed."""

    pushes: tuple[Push | RenderedPush, ...]


class _Unheard(NamedTuple):
    """Among those that were missed some may never have come to the log."""


Key = tuple[str, View]

_Missed = _Entries | _Unheard | RangeGap


class CatchUp:
    def __init__(self, hub: Hub, log: Log, relay: Draws, pools: Pools) -> None:
        self._hub, self._log, self._relay = hub, log, relay
        self._snapshots = Recovery(hub, relay, pools)

    async def of(self, reader: StreamConnection, cursor: str) -> list[FramePart]:
        """One message with all that happened between the cursor and the reader's first frame.

        Raises wire.Unavailable where that cannot be known, and SnapshotFailed where it cannot be drawn: the reader's
        cursor still stands where it was.
        """
        wanted, view = reader.audience.topics, reader.audience.view
        logs = [topic for topic in sorted(wanted) if topics.kind(topic) == "log"]
        states = [topic for topic in sorted(wanted) if topics.kind(topic) == "state"]
        missed = await self._entries(cursor, reader.joined_at) if logs else _Entries(())
        trims: list[Push | RenderedPush] = []
        position = reader.joined_at
        if isinstance(missed, _Entries):
            mine = [push for push in missed.pushes if _push(push).topic in wanted]
            trims = [push for push in mine if _push(push).op == "trim"]
            parts = [self._hub.render([push for push in mine if _push(push).op != "trim"], view)]
        else:
            parts = await self._snapshots.parts(logs, view, reader.encoding)
            unavailable = [topic for topic, part in zip(logs, parts, strict=True) if not part.lines]
            if unavailable:
                self._hub.pending_snapshots.request(unavailable)
                # Of its audience too: the message with the list then names a position, however old that is.
                position = reader.audience.position = NO_POSITION
            if cursor or unavailable:
                parts.append(self._hub.render(self._notice(missed, logs[0]), view))
        self._hub.joins[_way(cursor, missed)] += 1
        parts += await self._snapshots.parts(states, view, reader.encoding)
        # In a message of its own: htmx looks for what is too much in a list before it inserts what the message brings.
        after = [self._hub.render(trims, view), end_part("")] if trims else []
        return [*(part for part in parts if part.lines), end_part(position), *after]

    def _notice(self, missed: _Unheard | RangeGap, topic: str) -> list[Push]:
        if isinstance(missed, RangeGap):
            return self._relay.missed(missed.missed, topic)
        return self._relay.gap(topic)

    async def _entries(self, cursor: str, upto: str) -> _Missed:
        kept = self._hub.recent.between(cursor, upto)
        if kept is not None:
            return _Entries(kept)
        after, top = StreamPosition.parse(cursor), StreamPosition.parse(upto)
        if after is None or top is None:
            return RangeGap(None)
        if after.epoch == top.epoch and top.n - after.n > REPLAYED_AT_MOST:
            return RangeGap(top.n - after.n)
        found = await self._log.since(after, top)
        if isinstance(found, RangeGap):
            return found
        if after > top:
            # The log has it, this process has not yet: what it would tell now, the reader knows.
            raise wire.Unavailable("behind its reader")
        if len(found) > REPLAYED_AT_MOST:
            return RangeGap(len(found))
        if any(isinstance(entry.event, LogGap) for entry in found):
            return _Unheard()
        return _Entries(tuple(push for entry in found for push in self._relay.pushes(entry.event)))


class Recovery:
    """Drawn once for all who ask at about the same time: each is given one that was begun after it asked.

    What goes wrong with a snapshot is raised for everybody who waits for it.
    """

    def __init__(self, hub: Hub, relay: Draws, pools: Pools) -> None:
        self._hub, self._relay, self._pools = hub, relay, pools
        self._waiting: dict[Key, asyncio.Task[FramePart]] = {}
        """Not begun yet: whoever asks now waits for the same."""
        self._newest: dict[Key, asyncio.Task[FramePart]] = {}

    async def parts(self, wanted: list[str], view: View, form: FrameEncoding) -> list[FramePart]:
        """What cannot be asked for now is left out, and stays as the page shows it.

        A few topics after the other, each compressed where the reader needs that: between them the loop is free.
        """
        parts: list[FramePart] = []
        for first in range(0, len(wanted), TOPICS_AT_ONCE):
            asked = [self._snapshot(topic, view) for topic in wanted[first : first + TOPICS_AT_ONCE]]
            some = [await asyncio.shield(each) for each in asked]
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
            await asyncio.sleep(APART_SECONDS)
        del self._waiting[key]
        topic, view = key
        try:
            return self._hub.render(await self._relay.snapshot(topic, self._pools), view)
        except (db.Unavailable, wire.Unavailable):
            return FramePart(b"")

    def _done(self, key: Key, task: asyncio.Task[FramePart]) -> None:
        if self._waiting.get(key) is task:  # it was cancelled before it began
            del self._waiting[key]
        if not task.cancelled():
            task.exception()  # logged where it arose; everybody who waited may have left
        asyncio.get_running_loop().call_later(APART_SECONDS, self._forget, key, task)

    def _forget(self, key: Key, task: asyncio.Task[FramePart]) -> None:
        if self._newest.get(key) is task:
            del self._newest[key]


def _push(found: Push | RenderedPush) -> Push:
    return found.push if isinstance(found, RenderedPush) else found


def _way(cursor: str, missed: _Missed) -> str:
    if not cursor:
        return "fresh"
    return "exact" if isinstance(missed, _Entries) else "snapshot"
