"""One connection: what is written to it, how far it has come, and how it ends."""

import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Protocol

from app.identity import Identity
from app.live import gzip_blocks, rfc6455
from app.live.frames import Form, Part, enclosed, payload
from quart_sse import ServerSentEvent

if TYPE_CHECKING:
    from app.live.audience import Audience

End = Literal[
    "",
    "left",
    "slow",
    "silent",
    "catch-up",
    "age",
    "full",
    "taken-over",
    "drain",
    "session-ended",
    "flood",
    "message",
    "no UTF-8",
    "garbled",
]

CODES: dict[End, int] = {
    "catch-up": 1013,
    "age": 1001,
    "full": 1013,
    "taken-over": 1013,
    "drain": 1012,
    "session-ended": 4401,
    "flood": 1008,
    "message": 1003,
    "no UTF-8": 1007,
    "garbled": 1002,
}
"""With which a WebSocket is closed."""

FINAL: dict[End, str] = {
    "session-ended": "session-ended",
    "taken-over": "Another desk of yours took over. Resume to be live here again.",
}
"""After which nobody comes back by itself: the event's name, and its words."""

HELD_BYTES = 65_536
"""While a reader catches up, frames of this many bytes are kept for it; beyond, it has to come back."""

SPREAD_MS = (1000, 2000)
"""Who is sent away comes back within this time."""

EACH_MS, LONGEST_MS = 12, 20_000
"""For each of those who are sent away together it is so much longer, up to here: they come back one after the other."""


Write = Callable[[bytes], int]
"""Bytes taken; may raise BlockingIOError for none, and OSError from who has gone."""


class Wire(Protocol):
    """The way to one browser. It tells its reader when it is paused, resumed or lost."""

    def fast(self) -> "Write":
        """The shortest way for one chunk or frame. It never waits; what it does not take goes through `queue`."""

    def queue(self, framed: bytes) -> object:
        """Takes all of it."""

    def waiting(self) -> int:
        """Bytes that the network has not taken yet."""

    def close(self) -> object:
        """After what waits."""

    def abort(self) -> object: ...


class Home(Protocol):
    """What a reader tells where it is at home."""

    def lagged(self, reader: "Reader") -> None: ...

    def recovered(self, reader: "Reader") -> None: ...

    def left(self, reader: "Reader") -> None:
        """It has ended; its last bytes may still be on their way."""

    def gone(self, reader: "Reader") -> None: ...


class Reader:
    """Holds what comes until it `began`; from then on it is written to at once, and dropped while the wire is full."""

    __slots__ = (
        "_held",
        "_held_bytes",
        "_home",
        "audience",
        "ended",
        "form",
        "identity",
        "joined_at",
        "lagging",
        "position",
        "until",
        "wire",
        "write",
    )

    def __init__(
        self, home: Home, audience: "Audience", identity: Identity | None, *, form: Form, until: float
    ) -> None:
        self.audience = audience
        self.identity = identity
        self.form = form
        self.until = until
        """By the loop's clock: after that it has to come back."""
        self.ended: End = ""
        self.joined_at = ""
        """The newest log entry at the moment of joining: what came before is not in the frames."""
        self.position = ""
        """Before it began, and while it lags: the newest log entry that it lacks nothing before."""
        self.lagging = False
        self.wire: Wire | None = None
        self.write: Write = self._hold
        self._home = home
        self._held: list[bytes] = []
        self._held_bytes = 0

    def met(self, wire: Wire, position: str) -> None:
        """All up to `position` is with it already; the rest up to `joined_at` is still to come."""
        self.wire, self.position = wire, position
        if self.ended:
            self._take_leave()

    def began(self, wire: Wire) -> None:
        """All up to `joined_at` is on its way."""
        self.wire = wire
        if self.ended:
            self._take_leave()
        else:
            self._release()

    def caught_up(self, parts: list[Part]) -> None:
        """The same, with what it missed."""
        if self.wire and not self.ended:
            if body := self.payload(parts):
                self.wire.queue(enclosed(body, self.form))
            self._release()

    def hold(self) -> None:
        self._held, self._held_bytes = [], 0
        self.write = self._hold

    def payload(self, parts: Iterable[Part]) -> bytes:
        """Bytes for this reader alone, good wherever its stream stands."""
        return payload(parts, self.form)

    def say(self, framed: bytes) -> None:
        """To this reader alone, behind all that it was written."""
        if self.write == self._hold or self.wire is None:
            self._hold(framed)
        elif not self.lagging:
            self.wire.queue(framed)

    def queue(self, framed: bytes) -> None:
        """What the fast way left."""
        if self.wire:
            self.wire.queue(framed)

    def slowed(self) -> None:
        """Something waits on the wire: what follows has to queue behind it."""
        if self.wire and not self.lagging and self.write != self._hold:
            self.write = self._queue

    def paused(self) -> None:
        """The wire is full: what comes now is dropped, and made good when it has drained."""
        if not self.lagging:
            self.lagging = True
            self.position = self.audience.position
            self.write = _drop
            self._home.lagged(self)

    def resumed(self) -> None:
        """All that waited is on its way."""
        if self.ended or self.wire is None:
            return
        if self.lagging:
            self.lagging = False
            self._home.recovered(self)
        elif self.write == self._queue:
            self.write = self.wire.fast()

    def lost(self) -> None:
        self.end("left")
        self._home.gone(self)

    def end(self, why: End, among: int = 1) -> None:
        """With a word of goodbye where it can still be heard; `among`: how many are sent away together."""
        if self.ended:
            return
        self.ended = why
        self.write = _drop
        self._home.left(self)
        self._take_leave(among)

    def _take_leave(self, among: int = 1) -> None:
        if self.wire is None or self.ended == "left":
            return
        if self.ended in ("slow", "silent"):
            self.wire.abort()
            return
        if not self.lagging:
            self.wire.queue(self._farewell(among))
        self.wire.close()

    def _farewell(self, among: int) -> bytes:
        if self.form is Form.SOCKET:
            return rfc6455.close(CODES[self.ended])
        return enclosed(self.payload([goodbye(self.ended, among)]), self.form)

    def _queue(self, framed: bytes) -> int:
        if self.wire:
            self.wire.queue(framed)
            if not self.lagging and not self.wire.waiting():
                self.write = self.wire.fast()
        return len(framed)

    def _hold(self, framed: bytes) -> int:
        self._held_bytes += len(framed)
        if self._held_bytes <= HELD_BYTES:
            self._held.append(framed)
        return len(framed)

    def _release(self) -> None:
        if self._held_bytes > HELD_BYTES:
            self.end("catch-up")
            return
        assert self.wire
        held, self._held, self._held_bytes = self._held, [], 0
        self.write = self._queue
        for framed in held:
            self.wire.queue(framed)
        if self.lagging:
            self.position = self.audience.position
            self.write = _drop
        elif not self.wire.waiting():
            self.write = self.wire.fast()


def goodbye(why: End, among: int = 1) -> Part:
    if why in FINAL:
        return Part(ServerSentEvent(FINAL[why], event=why).encode())
    soonest, latest = SPREAD_MS
    latest = max(latest, min(LONGEST_MS, among * EACH_MS))
    retry = random.randint(soonest, latest)  # noqa: S311 - spreads load, guards nothing
    return Part(ServerSentEvent(why, event="bye", retry=retry).encode())


def notice(sentence: str) -> Part:
    """What is read out to one reader."""
    return Part(ServerSentEvent(sentence, event="notice").encode())


def head(event: ServerSentEvent, form: Form) -> bytes:
    """How a stream begins."""
    first = event.encode()
    return gzip_blocks.HEAD + gzip_blocks.alone(first) if form is Form.GZIP else first


def _drop(framed: bytes) -> int:
    """It is told later what it missed."""
    return len(framed)
