"""Topics to audiences: who hears what. Nothing here waits, and nothing is drawn that nobody looks at."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from uuid import UUID

from app.identity import Identity, Rate, View
from app.live import topics as grammar
from app.live.audience import Audience
from app.live.bounds import BOUNDS, Bounds, Full, PersonFull
from app.live.connection import Reader
from app.live.frames import Form, Part, Pending, RenderedPush, data
from app.live.gzip_blocks import SmallChains
from app.live.histogram import Histogram
from app.live.pending_snapshots import NO_POSITION, PendingSnapshots
from app.live.recent import RecentEntries
from app.live.scheduler import FrameScheduler, Told
from app.live.stats import Stats
from app.push import Push
from quart_sse import ServerSentEvent

logger = logging.getLogger(__name__)

Markup = Callable[[Push, View], str]

LEAVING_AT_ONCE = 500

COST_SECONDS = 30.0
"""Between two beats that say what the stream costs, where something else is said all the time."""

SOCKET_BEAT = b"{}"
"""JSON with nothing to show: htmx notices it and draws nothing."""


class Hub:
    def __init__(
        self, markup: Markup, shortest: float = 0.05, beat_seconds: float = 5.0, bounds: Bounds = BOUNDS
    ) -> None:
        self.last_id = ""
        """The newest log entry published here."""
        self.draining = False
        self.ring, self.pending_snapshots = RecentEntries(), PendingSnapshots()
        self.latency = Histogram()
        """Seconds from a push to the end of its frame."""
        self.joined: Counter[str] = Counter()
        self.recover: Callable[[Reader], None] = lambda reader: reader.end("catch-up")
        """What is done with a reader that lagged, and is in its audience again."""
        self.closed: Callable[[Reader], None] = lambda _reader: None
        """Hears of each whose connection is over."""
        self._markup = markup
        self._beat_seconds = beat_seconds
        self._bounds = bounds
        self._small_chains = SmallChains()
        self._told = Told(self._position, self._failed, self.latency.observe)
        self._paces = {rate: FrameScheduler(rate, shortest, self._told) for rate in Rate}
        self._audiences: dict[tuple[frozenset[str], View, Rate], Audience] = {}
        self._topics: Counter[str] = Counter()
        """Audiences of each topic."""
        self._readers: dict[Reader, None] = {}
        """In the order in which they joined."""
        self.held: Counter[UUID] = Counter()
        """Readers of each person here."""
        self.elsewhere: Mapping[UUID, int] = {}
        """And in other processes, as was heard last."""
        self._lagging: dict[Reader, tuple[float, int]] = {}
        self._leaving: set[Reader] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()
        self._entry: list[RenderedPush] = []
        self._ended: Counter[str] = Counter()
        self._published = self._frames = self._undrawable = self._raw = self._wire = 0

    @property
    def stats(self) -> Stats:
        audiences = self._audiences.values()
        return Stats(
            readers=len(self._readers),
            sockets=sum(reader.form is Form.SOCKET for reader in self._readers),
            audiences=len(self._audiences),
            lagging=len(self._lagging),
            published=self._published,
            frames=self._frames + sum(audience.frames for audience in audiences),
            undrawable=self._undrawable,
            raw_bytes=self._raw + sum(audience.raw_bytes for audience in audiences),
            wire_bytes=self._wire + sum(audience.wire_bytes for audience in audiences),
            ended=dict(self._ended),
            joined=dict(self.joined),
        )

    @property
    def subscribed_topics(self) -> tuple[str, ...]:
        """The topics that somebody listens to now."""
        return tuple(self._topics)

    def hears(self, topic: str) -> bool:
        """Whether somebody listens to it now: what nobody listens to need not be made."""
        return topic in self._topics

    @property
    def readers(self) -> Iterable[Reader]:
        return tuple(self._readers)

    def publish(self, push: Push, id: str | None = None) -> None:  # noqa: A002 (the id of the stream's entry)
        """With an id it belongs to that entry of the log, which `mark` then completes."""
        self._published += 1
        reached = grammar.reach(push.topic)
        if not id and not any(topic in self._topics for topic in reached):
            return
        drawing = RenderedPush(push, self._markup, time.monotonic())
        if id:
            self.last_id = id
            self._entry.append(drawing)
        for pace in self._paces.values():
            pace.change(drawing, reached)

    def mark(self, id: str) -> None:  # noqa: A002
        """The log went on to here."""
        self.last_id = id
        self.ring.add(id, tuple(self._entry))
        self._entry = []

    def join(
        self,
        topics: frozenset[str],
        view: View,
        rate: Rate = Rate.AUTO,
        *,
        form: Form = Form.PLAIN,
        identity: Identity | None = None,
    ) -> Reader:
        """Frames from here on. What waited before is not among them: it is for the joiner to catch up with."""
        if self.draining or len(self._readers) >= self._bounds.readers:
            raise Full
        if identity and self._held(identity.user_id) >= self._bounds.per_owner:
            raise PersonFull
        audience = self._audience(topics, view, rate)
        until = asyncio.get_running_loop().time() + random.uniform(*self._bounds.lifetime)  # noqa: S311 - spreads load alone
        reader = Reader(self, audience, identity, form=form, until=until)
        self._readers[reader] = None
        if identity:
            self.held[identity.user_id] += 1
        self._enter(reader)
        return reader

    def drawn(self, pushes: Iterable[Push | RenderedPush], view: View) -> Part:
        """The lines of a message with all of them, the superseded left out; it has no end yet."""
        drawings = (push if isinstance(push, RenderedPush) else RenderedPush(push, self._markup) for push in pushes)
        return data(Pending(drawings), view, self._failed)

    def tick(self) -> None:
        """About once a second: beats where nothing else was said, goodbyes, and the end of who takes nothing."""
        now = asyncio.get_running_loop().time()
        for audience in list(self._audiences.values()):
            if now - audience.wrote_at >= self._beat_seconds or now - audience.cost_sent_at >= COST_SECONDS:
                self._beat(audience, now)
        for reader in [reader for reader in self._readers if reader.wire and reader.until <= now]:
            reader.end("age")
        for reader, (since, waiting) in list(self._lagging.items()):
            left = reader.wire.waiting() if reader.wire else 0
            if left < waiting:
                self._lagging[reader] = (now, left)
            elif now - since >= self._bounds.stalled_seconds:
                reader.end("slow")

    def _beat(self, audience: Audience, now: float) -> None:
        """Says what the stream cost since the last; no new position while entries wait for a frame."""
        waits = self._paces[audience.rate].waits(audience.topics)
        position = audience.position if waits else self._position(audience.topics)
        new = position != audience.position or position == NO_POSITION
        beat = ServerSentEvent(audience.cost(now), event="beat", id=position if new and position else None)
        audience.send([Part(beat.encode(), SOCKET_BEAT)], position, now)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._beat_seconds / 2))
            self.tick()

    async def drain(self) -> None:
        """Nobody joins any more, and everybody ends after what waits for them."""
        self.draining = True
        for pace in self._paces.values():
            pace.flush()
        leaving = list(self._readers)
        for first in range(0, len(leaving), LEAVING_AT_ONCE):
            for reader in leaving[first : first + LEAVING_AT_ONCE]:
                reader.end("drain", len(leaving))
            await asyncio.sleep(0)

    async def emptied(self, seconds: float) -> None:
        """Their last bytes are with all who ended, or they are cut off after this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._all_gone.wait()
        for reader in self._leaving:
            if reader.wire:
                reader.wire.abort()

    def lagged(self, reader: Reader) -> None:
        loop = asyncio.get_running_loop()
        self._lagging[reader] = (loop.time(), reader.wire.waiting() if reader.wire else 0)
        # Not now: the frame that filled its wire is still being written to the others.
        loop.call_soon(self._step_aside, reader)

    def recovered(self, reader: Reader) -> None:
        self._lagging.pop(reader, None)
        # With the audience that its topics have now: the one it left may be gone.
        left = reader.audience
        reader.audience = self._audience(left.topics, left.view, left.rate)
        reader.hold()
        self._enter(reader)
        self.recover(reader)

    def gone(self, reader: Reader) -> None:
        self._leaving.discard(reader)
        if not self._leaving:
            self._all_gone.set()
        self.closed(reader)

    def left(self, reader: Reader) -> None:
        if reader not in self._readers:
            return
        if reader.wire:
            self._leaving.add(reader)
            self._all_gone.clear()
        del self._readers[reader]
        self._lagging.pop(reader, None)
        self._ended[reader.ended] += 1
        if reader.identity:
            self.held -= Counter((reader.identity.user_id,))
        self._leave(reader)

    def keep(self, person: UUID, most: int) -> None:
        """Ends the oldest of their readers, if there are more: among these are those that nobody reads any more."""
        theirs = [reader for reader in self._readers if reader.identity and reader.identity.user_id == person]
        for reader in theirs[: max(0, len(theirs) - max(0, most))]:
            reader.end("full")

    def _held(self, person: UUID) -> int:
        return self.held[person] + self.elsewhere.get(person, 0)

    def _enter(self, reader: Reader) -> None:
        """Entries that wait are sent first, so that all before `joined_at` is out and nothing after it is."""
        pace = self._paces[reader.audience.rate]
        pace.flush_entries()
        reader.audience.add(reader)
        reader.joined_at = self.last_id

    def _step_aside(self, reader: Reader) -> None:
        if reader.lagging:
            self._leave(reader)

    def _leave(self, reader: Reader) -> None:
        audience = reader.audience
        audience.discard(reader)
        key = (audience.topics, audience.view, audience.rate)
        if not len(audience) and self._audiences.get(key) is audience:
            del self._audiences[key]
            self._topics -= Counter(audience.topics)
            self._paces[audience.rate].leave(audience)
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
            self._paces[rate].listen(audience)
        return self._audiences[key]

    def _position(self, topics: frozenset[str]) -> str:
        return self.pending_snapshots.position(topics, self.last_id)

    def _failed(self, push: Push) -> None:
        self._undrawable += 1
        # One line per power of two: a fault in a partial repeats with every frame.
        if self._undrawable & (self._undrawable - 1) == 0:
            logger.exception("not drawn: %s %s (%d so far)", push.topic, push.key, self._undrawable)
