"""Delivers pushes to audiences by topic, and counts and limits the stream connections of one process."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from uuid import UUID

from app.identity import Identity, Rate, View
from app.live.audience import Audience
from app.live.connection import StreamConnection
from app.live.frames import Frame, FrameEncoding, FramePart, PendingChanges, RenderedPush, data_part
from app.live.gzip_blocks import SmallChains
from app.live.histogram import Histogram
from app.live.limits import LIMITS, HubFull, StreamLimits, UserStreamsFull
from app.live.pending_snapshots import NO_POSITION, PendingSnapshots
from app.live.recent import RecentEntries
from app.live.scheduler import FrameScheduler, SchedulerCallbacks
from app.live.stats import HubStats
from app.live.topics import TopicRules
from app.push import Push
from quart_sse import ServerSentEvent

logger = logging.getLogger(__name__)

RenderPush = Callable[[Push, View], str]

CLOSED_AT_ONCE = 500

COST_SECONDS = 30.0
"""Between two beats with the cost of the stream, where frames are sent all the time."""

SOCKET_BEAT = b"{}"
"""Empty JSON: htmx notices the message and renders nothing."""


class Hub:
    def __init__(
        self,
        render_push: RenderPush,
        rules: TopicRules,
        shortest: float = 0.05,
        beat_seconds: float = 5.0,
        limits: StreamLimits = LIMITS,
    ) -> None:
        self.last_id = ""
        """The newest log entry published here."""
        self.draining = False
        self.recent, self.pending_snapshots = RecentEntries(), PendingSnapshots(rules)
        self.latency = Histogram()
        """Seconds from a push to the end of its frame."""
        self.joins: Counter[str] = Counter()
        self.recover: Callable[[StreamConnection], None] = lambda connection: connection.end("catch-up")
        """Called with a connection that lagged and has rejoined its audience."""
        self.closed_callback: Callable[[StreamConnection], None] = lambda _connection: None
        """Called with each connection that is closed."""
        self._render_push, self._rules = render_push, rules
        self._beat_seconds = beat_seconds
        self._limits = limits
        self._small_chains = SmallChains()
        self._callbacks = SchedulerCallbacks(self._position, self._count_undrawable, self.latency.observe)
        self._schedulers = {rate: FrameScheduler(rate, shortest, self._callbacks) for rate in Rate}
        self._audiences: dict[tuple[frozenset[str], View, Rate], Audience] = {}
        self._topics: Counter[str] = Counter()
        """Audiences of each topic."""
        self._connections: dict[StreamConnection, None] = {}
        """In the order in which they joined."""
        self.streams_by_user: Counter[UUID] = Counter()
        """Streams of each user in this process."""
        self.elsewhere: Mapping[UUID, int] = {}
        """Streams of each user in other processes, as last reported."""
        self._lagging: dict[StreamConnection, tuple[float, int]] = {}
        self._closing: set[StreamConnection] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._entry: list[RenderedPush] = []
        self._ended: Counter[str] = Counter()
        self._published = self._frames = self._undrawable = self._raw = self._wire = 0

    @property
    def stats(self) -> HubStats:
        audiences = self._audiences.values()
        return HubStats(
            connections=len(self._connections),
            sockets=sum(connection.encoding is FrameEncoding.SOCKET for connection in self._connections),
            audiences=len(self._audiences),
            lagging=len(self._lagging),
            published=self._published,
            frames=self._frames + sum(audience.frames for audience in audiences),
            undrawable=self._undrawable,
            raw_bytes=self._raw + sum(audience.raw_bytes for audience in audiences),
            wire_bytes=self._wire + sum(audience.wire_bytes for audience in audiences),
            ended=dict(self._ended),
            joins=dict(self.joins),
        )

    @property
    def subscribed_topics(self) -> tuple[str, ...]:
        """Topics with at least one subscriber."""
        return tuple(self._topics)

    def has_subscribers(self, topic: str) -> bool:
        """Whether the topic has a subscriber; pushes of others need not be made."""
        return topic in self._topics

    @property
    def connections(self) -> Iterable[StreamConnection]:
        return tuple(self._connections)

    def publish(self, push: Push, id: str | None = None) -> None:  # noqa: A002 (the id of the stream's entry)
        """With an id it belongs to that log entry, which `complete_entry` then completes."""
        self._published += 1
        reached = self._rules.reach(push.topic)
        if not id and not any(topic in self._topics for topic in reached):
            return
        change = self._rendered(push, time.monotonic())
        if id:
            self.last_id = id
            self._entry.append(change)
        for scheduler in self._schedulers.values():
            scheduler.enqueue(change, reached)

    def complete_entry(self, id: str) -> None:  # noqa: A002
        """All pushes of the log entry were published."""
        self.last_id = id
        self.recent.add(id, tuple(self._entry))
        self._entry = []

    def join(
        self,
        topics: frozenset[str],
        view: View,
        rate: Rate = Rate.AUTO,
        *,
        encoding: FrameEncoding = FrameEncoding.PLAIN,
        identity: Identity | None = None,
    ) -> StreamConnection:
        """Subscribes a connection to frames from here on; earlier changes come by recovery. Raises HubFull."""
        if self.draining or len(self._connections) >= self._limits.connections:
            raise HubFull
        if identity and self._stream_count(identity.user_id) >= self._limits.per_user:
            raise UserStreamsFull
        audience = self._audience(topics, view, rate)
        expires_at = asyncio.get_running_loop().time() + random.uniform(*self._limits.lifetime)  # noqa: S311 - spreads load alone
        connection = StreamConnection(self, audience, identity, encoding=encoding, expires_at=expires_at)
        self._connections[connection] = None
        if identity:
            self.streams_by_user[identity.user_id] += 1
        self._join_audience(connection)
        return connection

    def render(self, pushes: Iterable[Push | RenderedPush], view: View) -> FramePart:
        """The lines of a message with the newest of these pushes, without its end."""
        changes = (push if isinstance(push, RenderedPush) else self._rendered(push) for push in pushes)
        return data_part(PendingChanges(changes), view, self._count_undrawable)

    def check(self) -> None:
        """Runs about once a second: sends beats to quiet audiences, ends expired and stalled connections."""
        now = asyncio.get_running_loop().time()
        for audience in list(self._audiences.values()):
            if now - audience.wrote_at >= self._beat_seconds or now - audience.cost_sent_at >= COST_SECONDS:
                self._send_beat(audience, now)
        for connection in [
            connection for connection in self._connections if connection.transport and connection.expires_at <= now
        ]:
            connection.end("age")
        for connection, (since, waiting) in list(self._lagging.items()):
            left = connection.transport.pending_bytes() if connection.transport else 0
            if left < waiting:
                self._lagging[connection] = (now, left)
            elif now - since >= self._limits.stalled_seconds:
                connection.end("slow")

    def _send_beat(self, audience: Audience, now: float) -> None:
        """A beat holds the cost since the last one; no new position while entries wait for a frame."""
        waits = self._schedulers[audience.rate].has_entries(audience.topics)
        position = audience.position if waits else self._position(audience.topics)
        new = position != audience.position or position == NO_POSITION
        beat = ServerSentEvent(audience.cost(now), event="beat", id=position if new and position else None)
        audience.send(Frame([FramePart(beat.encode(), SOCKET_BEAT)]), position, now)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._beat_seconds / 2))
            self.check()

    async def drain(self) -> None:
        """Refuses new connections, flushes pending frames and ends all connections."""
        self.draining = True
        for scheduler in self._schedulers.values():
            scheduler.flush()
        leaving = list(self._connections)
        for first in range(0, len(leaving), CLOSED_AT_ONCE):
            for connection in leaving[first : first + CLOSED_AT_ONCE]:
                connection.end("drain", len(leaving))
            await asyncio.sleep(0)

    async def wait_closed(self, seconds: float) -> None:
        """Waits until ended connections have sent their last bytes; aborts the others after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._all_closed.wait()
        for connection in self._closing:
            if connection.transport:
                connection.transport.abort()

    def on_lagging(self, connection: StreamConnection) -> None:
        loop = asyncio.get_running_loop()
        self._lagging[connection] = (loop.time(), connection.transport.pending_bytes() if connection.transport else 0)
        # Not now: the frame that filled its transport is still being written to others.
        loop.call_soon(self._leave_if_lagging, connection)

    def on_drained(self, connection: StreamConnection) -> None:
        self._lagging.pop(connection, None)
        # With the audience that its topics have now: the one it left may be gone.
        left = connection.audience
        connection.audience = self._audience(left.topics, left.view, left.rate)
        connection.buffer_frames()
        self._join_audience(connection)
        self.recover(connection)

    def on_closed(self, connection: StreamConnection) -> None:
        self._closing.discard(connection)
        if not self._closing:
            self._all_closed.set()
        self.closed_callback(connection)

    def on_ended(self, connection: StreamConnection) -> None:
        if connection not in self._connections:
            return
        if connection.transport:
            self._closing.add(connection)
            self._all_closed.clear()
        del self._connections[connection]
        self._lagging.pop(connection, None)
        self._ended[connection.end_reason] += 1
        if connection.identity:
            self.streams_by_user -= Counter((connection.identity.user_id,))
        self._leave_audience(connection)

    def limit_streams(self, user_id: UUID, limit: int) -> None:
        """Ends the oldest streams of the user beyond the limit; clients that have vanished are among these."""
        theirs = [
            connection
            for connection in self._connections
            if connection.identity and connection.identity.user_id == user_id
        ]
        for connection in theirs[: max(0, len(theirs) - max(0, limit))]:
            connection.end("full")

    def _rendered(self, push: Push, at: float = 0.0) -> RenderedPush:
        return RenderedPush(push, self._rules.kind(push.topic), self._render_push, at)

    def _stream_count(self, user_id: UUID) -> int:
        return self.streams_by_user[user_id] + self.elsewhere.get(user_id, 0)

    def _join_audience(self, connection: StreamConnection) -> None:
        """Flushes waiting entries first, so that everything before `joined_at` is sent and nothing after it."""
        scheduler = self._schedulers[connection.audience.rate]
        scheduler.flush_entries()
        connection.audience.add(connection)
        connection.joined_at = self.last_id

    def _leave_if_lagging(self, connection: StreamConnection) -> None:
        if connection.lagging:
            self._leave_audience(connection)

    def _leave_audience(self, connection: StreamConnection) -> None:
        audience = connection.audience
        audience.discard(connection)
        key = (audience.topics, audience.view, audience.rate)
        if not len(audience) and self._audiences.get(key) is audience:
            del self._audiences[key]
            self._topics -= Counter(audience.topics)
            self._schedulers[audience.rate].remove(audience)
            self._frames += audience.frames
            self._raw += audience.raw_bytes
            self._wire += audience.wire_bytes

    def _audience(self, topics: frozenset[str], view: View, rate: Rate) -> Audience:
        key = (topics, view, rate)
        if key not in self._audiences:
            self._audiences[key] = audience = Audience(*key, self._small_chains)
            audience.position = self._position(topics)
            audience.wrote_at = audience.cost_sent_at = asyncio.get_running_loop().time()
            self._topics.update(audience.topics)
            self._schedulers[rate].add(audience)
        return self._audiences[key]

    def _position(self, topics: frozenset[str]) -> str:
        return self.pending_snapshots.position(topics, self.last_id)

    def _count_undrawable(self, push: Push) -> None:
        self._undrawable += 1
        # One line per power of two: a fault in a partial repeats with every frame.
        if self._undrawable & (self._undrawable - 1) == 0:
            logger.exception("not drawn: %s %s (%d so far)", push.topic, push.key, self._undrawable)
