"""The frames of all audiences of one rate: an alert goes out at once, all else when its time comes."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from app.identity import Rate, View
from app.live import topics
from app.live.audience import Audience
from app.live.frames import Part, Pending, RenderedPush, data, end
from app.live.pending_snapshots import NO_POSITION
from app.push import Push

SLOWEST = 1.0
FIXED: dict[Rate, float] = {Rate.SECOND: 1.0, Rate.FIVE_SECONDS: 5.0, Rate.HALF_MINUTE: 30.0}
"""Seconds between two frames of states."""

SHARE = 0.25
"""Of a core, which drawing and writing may take: then frames become rarer."""

BROWSER_SECONDS = 0.006
"""Between frames for each part that changes: a browser that takes 0.6 ms for one is then busy a tenth of the time."""

LOG_SECONDS = 0.002
"""Between two frames of log entries, so that those of one moment come together."""

TOO_MANY = 512
"""Entries or rows of one topic that wait for a frame before it is sent early: of a value only the newest waits."""


class Told(NamedTuple):
    """What a pace asks and tells."""

    position: Callable[[frozenset[str]], str]
    """How far readers of these topics have come, when all that was published is with them."""
    failed: Callable[[Push], None]
    """A push that cannot be drawn."""
    wrote: Callable[[float], None]
    """Seconds from a push to the end of its frame."""


class FrameScheduler:
    def __init__(self, rate: Rate, shortest: float, told: Told) -> None:
        self.rate = rate
        self.interval = FIXED.get(rate, shortest)
        """Seconds between two frames of states; for rates that are not fixed, by what there is to do."""
        self._shortest = shortest
        self._told = told
        self._listening: dict[str, set[Audience]] = defaultdict(set)
        self._states: dict[str, Pending] = {}
        self._entries: dict[str, Pending] = {}
        self._states_timer: asyncio.Handle | None = None
        self._entries_timer: asyncio.Handle | None = None
        self._states_sent = self._entries_sent = float("-inf")

    def listen(self, audience: Audience) -> None:
        for topic in audience.topics:
            self._listening[topic].add(audience)

    def leave(self, audience: Audience) -> None:
        for topic in audience.topics:
            self._listening[topic].discard(audience)
            if not self._listening[topic]:
                del self._listening[topic]

    def change(self, drawing: RenderedPush, reached: tuple[str, ...]) -> None:
        for topic in reached:
            if topic not in self._listening:
                continue
            waiting = self._entries if topics.kind(topic) == "log" else self._states
            waiting.setdefault(topic, Pending()).add(drawing)
            if drawing.push.alert or (waiting is self._entries and self.rate not in FIXED):
                self._send_entries_soon()
            else:
                self._send_in_time(many=waiting is self._entries and len(waiting[topic]) >= TOO_MANY)

    def waits(self, audience_topics: frozenset[str]) -> bool:
        """Whether entries that were published wait for the next frame of these topics."""
        return not audience_topics.isdisjoint(self._entries)

    def flush_entries(self) -> None:
        self._rest(states=False)
        entries, self._entries = self._entries, {}
        self._entries_sent = asyncio.get_running_loop().time()
        if entries:
            self._send(entries)

    def flush(self) -> None:
        """Entries too, and in one message: whatever position it names, nothing before it waits."""
        self._rest(states=True)
        waiting = {**self._entries, **self._states}
        self._entries, self._states = {}, {}
        loop = asyncio.get_running_loop()
        began = self._states_sent = self._entries_sent = loop.time()
        if waiting:
            self._send(waiting)
            self._adapt(loop.time() - began, max(map(len, waiting.values())))

    def _send_entries_soon(self) -> None:
        if self._entries_timer is None:
            loop = asyncio.get_running_loop()
            wait = self._entries_sent + LOG_SECONDS - loop.time()
            self._entries_timer = (
                loop.call_later(wait, self.flush_entries) if wait > 0 else loop.call_soon(self.flush_entries)
            )

    def _send_in_time(self, *, many: bool) -> None:
        loop = asyncio.get_running_loop()
        if self._states_timer is None:
            wait = self._states_sent + self.interval - loop.time()
            self._states_timer = loop.call_later(wait, self.flush) if wait > 0 else loop.call_soon(self.flush)
        elif many:
            # Never here and now: all changes of one event belong into one frame.
            self._states_timer.cancel()
            self._states_timer = loop.call_soon(self.flush)

    def _send(self, waiting: dict[str, Pending]) -> None:
        bare, ends = end(""), dict[str, Part]()  # compressed once for all audiences
        parts: dict[View, dict[str, Part]] = defaultdict(dict)
        trims = {topic: some for topic in waiting if (some := _trims(waiting[topic]))}
        for audience, mine in self._changed(waiting).items():
            drawn = parts[audience.view]
            for topic in mine:
                if topic not in drawn:
                    drawn[topic] = self._part(waiting[topic], audience.view)
            shown = [part for topic in mine if (part := drawn[topic]).lines]
            if shown:
                position = self._told.position(audience.topics)
                # Who joined meanwhile is at a position of its own: that there is none now has to be told each time.
                known = position == audience.position and position != NO_POSITION
                if position not in ends:
                    ends[position] = end(position)
                shown.append(bare if known else ends[position])
                # In a message of its own: htmx looks for what is too much before it inserts what a message brings.
                own = [trim for topic in mine for trim in trims.get(topic, ())] if trims else []
                after = [data(own, audience.view, self._told.failed), bare] if own else []
                audience.send([*shown, *after], position, self._entries_sent)
        done = time.monotonic()
        for drawings in waiting.values():
            for drawing in drawings:
                self._told.wrote(done - drawing.at)

    def _changed(self, waiting: Iterable[str]) -> dict[Audience, list[str]]:
        """The topics of each audience among those that wait, in their order."""
        changed: dict[Audience, list[str]] = defaultdict(list)
        for topic in waiting:
            for audience in self._listening.get(topic, ()):
                changed[audience].append(topic)
        return changed

    def _part(self, drawings: Pending, view: View) -> Part:
        return data([drawing for drawing in drawings if drawing.push.op != "trim"], view, self._told.failed)

    def _adapt(self, spent: float, changes: int) -> None:
        if self.rate not in FIXED:
            wanted = max(self._shortest, spent / SHARE, changes * BROWSER_SECONDS)
            self.interval = min(SLOWEST, max(wanted, self.interval / 2))

    def _rest(self, *, states: bool) -> None:
        if self._entries_timer:
            self._entries_timer.cancel()
            self._entries_timer = None
        if states and self._states_timer:
            self._states_timer.cancel()
            self._states_timer = None


def _trims(drawings: Pending) -> list[RenderedPush]:
    return [drawing for drawing in drawings if drawing.push.op == "trim"]
