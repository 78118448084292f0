"""Topics to audiences: who hears what. Nothing here waits, and nothing is drawn that nobody looks at."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from app.identity import View
from app.live.audience import Audience, Drawing, Pending, written
from app.live.reader import Reader
from app.push import Push

logger = logging.getLogger(__name__)

Markup = Callable[[Push, View], str]
Key = tuple[frozenset[str], View, float]


class Full(Exception):
    """No room for another reader, of this process or of this person."""


class Stats(NamedTuple):
    readers: int
    audiences: int
    published: int
    frames: int
    evicted: int
    undrawable: int


class Hub:
    def __init__(
        self, markup: Markup, frame_seconds: float = 0.34, buffer_frames: int = 64, max_connections: int = 1000
    ) -> None:
        self.last_id = ""
        """The newest log entry published here."""
        self.draining = False
        self._markup = markup
        self._interval = frame_seconds
        self._buffer = buffer_frames
        self._most = max_connections
        self._audiences: dict[Key, Audience] = {}
        self._listening: dict[str, set[Audience]] = defaultdict(set)
        self._of: dict[Reader, Audience] = {}
        self._published = self._frames = self._evicted = self._undrawable = 0

    @property
    def stats(self) -> Stats:
        frames = self._frames + sum(audience.frames for audience in self._audiences.values())
        return Stats(len(self._of), len(self._audiences), self._published, frames, self._evicted, self._undrawable)

    @property
    def heard(self) -> tuple[str, ...]:
        """The topics that somebody listens to now."""
        return tuple(self._listening)

    def publish(self, push: Push, id: str | None = None) -> None:  # noqa: A002 (the id of the stream's entry)
        self._published += 1
        if id:
            self.last_id = id
        audiences = self._listening.get(push.topic)
        if not audiences:
            return
        drawing = Drawing(push, self._markup)
        for audience in audiences:
            audience.change(drawing)

    def mark(self, id: str) -> None:  # noqa: A002
        """The log went on, though nothing of it is shown."""
        self.last_id = id

    def join(self, topics: frozenset[str], view: View, interval: float | None = None) -> Reader:
        """Frames from here on. What waited before is not among them: it is for the joiner to catch up with."""
        if self.draining or len(self._of) >= self._most:
            raise Full
        key = (topics, view, interval or self._interval)
        if key in self._audiences:
            self._audiences[key].flush()
        audience = self._audiences.get(key) or self._gather(key)
        reader = Reader(self._buffer, self._position, self._leave)
        reader.joined_at = self.last_id
        audience.readers.add(reader)
        self._of[reader] = audience
        return reader

    def drawn(self, pushes: Iterable[Push], view: View) -> str:
        """What a joiner is given before the frames: the same markup, the superseded left out."""
        pending = Pending()
        for push in pushes:
            pending.add(Drawing(push, self._markup))
        return self._written(pending.take(), view)

    def drain(self) -> None:
        """Nobody joins any more, and everybody ends after what waits for them."""
        self.draining = True
        for audience in list(self._audiences.values()):
            audience.flush()
        for reader in list(self._of):
            reader.end("drain")

    def _gather(self, key: Key) -> Audience:
        audience = Audience(*key, self._written, lambda: self.last_id)
        self._audiences[key] = audience
        for topic in audience.topics:
            self._listening[topic].add(audience)
        return audience

    def _leave(self, reader: Reader) -> None:
        audience = self._of.pop(reader, None)
        if not audience:
            return
        self._evicted += reader.ended == "slow"
        audience.readers.discard(reader)
        if not audience.readers:
            self._dismiss(audience)

    def _dismiss(self, audience: Audience) -> None:
        audience.rest()
        self._frames += audience.frames
        del self._audiences[audience.topics, audience.view, audience.interval]
        for topic in audience.topics:
            self._listening[topic].discard(audience)
            if not self._listening[topic]:
                del self._listening[topic]

    def _position(self, reader: Reader) -> str:
        audience = self._of.get(reader)
        behind = reader.waiting or not audience or not audience.idle
        return reader.taken if behind else self.last_id

    def _written(self, drawings: Iterable[Drawing], view: View) -> str:
        return "\n".join(written(drawings, view, self._failed))

    def _failed(self, push: Push) -> None:
        self._undrawable += 1
        # One line per power of two: a fault in a partial repeats three times a second.
        if self._undrawable & (self._undrawable - 1) == 0:
            logger.exception("not drawn: %s %s (%d so far)", push.topic, push.key, self._undrawable)
