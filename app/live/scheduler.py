"""Schedules the frames of all audiences of one rate: alerts at once, everything else at the next interval."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from app.identity import Rate, View
from app.live.audience import Audience
from app.live.frame_cache import FrameCache
from app.live.frames import PendingChanges, RenderedPush
from app.live.pending_snapshots import NO_POSITION
from app.push import Push

SLOWEST = 1.0
FIXED_SECONDS: dict[Rate, float] = {Rate.SECOND: 1.0, Rate.FIVE_SECONDS: 5.0, Rate.HALF_MINUTE: 30.0}
"""Seconds between two frames of states."""

CPU_SHARES: dict[Rate, float] = {Rate.FASTEST: 0.25, Rate.AUTO: 0.09}
"""Share of a core that rendering and writing may use; beyond it the interval grows. A longer one makes fewer writes:
where a thousand readers watch as many lists, most of the work is one write each."""

BROWSER_SECONDS = 0.006
"""Between frames for each part that changes: a browser that takes 0.6 ms for one is then busy a tenth of the time."""

LOG_SECONDS = 0.002
"""Between two frames of log entries, so that those of one moment come together."""

EARLY_FROM = 512
"""Waiting entries of one topic from which on a frame is sent early; of a state only the newest waits."""


class SchedulerCallbacks(NamedTuple):
    """Callbacks of a scheduler to its hub."""

    position: Callable[[frozenset[str]], str]
    """Position of subscribers of these topics once everything published was sent."""
    on_failure: Callable[[Push], None]
    """Called with a push that failed to render."""
    on_written: Callable[[float], None]
    """Seconds from a push to the end of its frame."""


class FrameScheduler:
    def __init__(self, rate: Rate, shortest: float, callbacks: SchedulerCallbacks) -> None:
        self.rate = rate
        self.interval = FIXED_SECONDS.get(rate, shortest)
        """Seconds between two frames of states; for rates that are not fixed, by what there is to do."""
        self._shortest = shortest
        self._callbacks = callbacks
        self._audiences: dict[str, set[Audience]] = defaultdict(set)
        self._states: dict[str, PendingChanges] = {}
        self._entries: dict[str, PendingChanges] = {}
        self._states_timer: asyncio.Handle | None = None
        self._entries_timer: asyncio.Handle | None = None
        self._states_sent = self._entries_sent = float("-inf")

    def add(self, audience: Audience) -> None:
        for topic in audience.topics:
            self._audiences[topic].add(audience)

    def remove(self, audience: Audience) -> None:
        for topic in audience.topics:
            self._audiences[topic].discard(audience)
            if not self._audiences[topic]:
                del self._audiences[topic]

    def enqueue(self, change: RenderedPush, reached: tuple[str, ...]) -> None:
        waiting = self._entries if change.kind == "log" else self._states
        for topic in reached:
            if topic not in self._audiences:
                continue
            waiting.setdefault(topic, PendingChanges()).add(change)
            if change.push.alert or (waiting is self._entries and self.rate not in FIXED_SECONDS):
                self._send_entries_soon()
            else:
                self._send_in_time(many=waiting is self._entries and len(waiting[topic]) >= EARLY_FROM)

    def has_entries(self, audience_topics: frozenset[str]) -> bool:
        """Whether entries that were published wait for the next frame of these topics."""
        return not audience_topics.isdisjoint(self._entries)

    def flush_entries(self) -> None:
        self._cancel_timers(states=False)
        entries, self._entries = self._entries, {}
        self._entries_sent = asyncio.get_running_loop().time()
        if entries:
            self._send(entries)

    def flush(self) -> None:
        """Sends entries and states in one message, so that nothing before its position waits."""
        self._cancel_timers(states=True)
        waiting = {**self._entries, **self._states}
        self._entries, self._states = {}, {}
        loop = asyncio.get_running_loop()
        self._states_sent = self._entries_sent = loop.time()
        if waiting:
            began = time.thread_time()  # not the clock's: other processes may use the core meanwhile
            self._send(waiting)
            self._adapt(time.thread_time() - began, max(map(len, waiting.values())))

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

    def _send(self, waiting: dict[str, PendingChanges]) -> None:
        frames: dict[View, FrameCache] = {}
        for audience, mine in self._changed(waiting).items():
            cache = frames.get(audience.view)
            if cache is None:
                cache = frames[audience.view] = FrameCache(waiting, audience.view, self._callbacks.on_failure)
            position = self._callbacks.position(audience.topics)
            # Who joined meanwhile is at a position of its own: that there is none now has to be told each time.
            unchanged = position == audience.position and position != NO_POSITION
            if frame := cache.frame(tuple(mine), "" if unchanged else position):
                audience.send(frame, position, self._entries_sent)
        done = time.monotonic()
        for changes in waiting.values():
            for change in changes:
                self._callbacks.on_written(done - change.at)

    def _changed(self, waiting: Iterable[str]) -> dict[Audience, list[str]]:
        """The topics of each audience among those that wait, in their order."""
        changed: dict[Audience, list[str]] = defaultdict(list)
        for topic in waiting:
            for audience in self._audiences.get(topic, ()):
                changed[audience].append(topic)
        return changed

    def _adapt(self, spent: float, count: int) -> None:
        if share := CPU_SHARES.get(self.rate):
            interval = max(self._shortest, spent / share, count * BROWSER_SECONDS)
            self.interval = min(SLOWEST, max(interval, self.interval / 2))

    def _cancel_timers(self, *, states: bool) -> None:
        if self._entries_timer:
            self._entries_timer.cancel()
            self._entries_timer = None
        if states and self._states_timer:
            self._states_timer.cancel()
            self._states_timer = None
