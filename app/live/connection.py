"""One stream connection: buffers, writes, drops and catches up frames, and closes with a reason."""

import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Protocol

from app.identity import Identity
from app.live import gzip_blocks, rfc6455
from app.live.frames import FrameEncoding, FramePart, payload, wrap
from quart_sse import ServerSentEvent

if TYPE_CHECKING:
    from app.live.audience import Audience

EndReason = Literal[
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

CLOSE_CODES: dict[EndReason, int] = {
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

FINAL_EVENTS: dict[EndReason, str] = {
    "session-ended": "session-ended",
    "taken-over": "Another desk of yours took over. Resume to be live here again.",
}
"""After which nobody comes back by itself: the event's name, and its words."""

BUFFER_BYTES = 65_536
"""While a reader catches up, frames of this many bytes are kept for it; beyond, it has to come back."""

RECONNECT_MS = (1000, 2000)
"""Who is sent away comes back within this time."""

RECONNECT_EACH_MS, RECONNECT_LONGEST_MS = 12, 20_000
"""For each of those who are sent away together it is so much longer, up to here: they come back one after the other."""


Write = Callable[[bytes], int]
"""Bytes taken; may raise BlockingIOError for none, and OSError from who has gone."""


class Transport(Protocol):
    """The way to one browser. It tells its reader when it is paused, resumed or lost."""

    def fast_write(self) -> "Write":
        """The shortest way for one chunk or frame. It never waits; what it does not take goes through `queue`."""

    def queue(self, framed: bytes) -> object:
        """Takes all of it."""

    def pending_bytes(self) -> int:
        """Bytes that the network has not taken yet."""

    def close(self) -> object:
        """After what waits."""

    def abort(self) -> object: ...


class ConnectionOwner(Protocol):
    """What a reader tells where it is at home."""

    def on_lagging(self, connection: "StreamConnection") -> None: ...

    def on_drained(self, connection: "StreamConnection") -> None: ...

    def on_ended(self, connection: "StreamConnection") -> None:
        """It has ended; its last bytes may still be on their way."""

    def on_closed(self, connection: "StreamConnection") -> None: ...


class StreamConnection:
    """Holds what comes until it `began`; from then on it is written to at once, and dropped while the wire is full."""

    __slots__ = (
        "_buffer",
        "_buffered_bytes",
        "_owner",
        "audience",
        "encoding",
        "end_reason",
        "expires_at",
        "identity",
        "joined_at",
        "lagging",
        "position",
        "transport",
        "write",
    )

    def __init__(
        self,
        owner: ConnectionOwner,
        audience: "Audience",
        identity: Identity | None,
        *,
        encoding: FrameEncoding,
        expires_at: float,
    ) -> None:
        self.audience = audience
        self.identity = identity
        self.encoding = encoding
        self.expires_at = expires_at
        """By the loop's clock: after that it has to come back."""
        self.end_reason: EndReason = ""
        self.joined_at = ""
        """The newest log entry at the moment of joining: what came before is not in the frames."""
        self.position = ""
        """Before it began, and while it lags: the newest log entry that it lacks nothing before."""
        self.lagging = False
        self.transport: Transport | None = None
        self.write: Write = self._buffer_frame
        self._owner = owner
        self._buffer: list[bytes] = []
        self._buffered_bytes = 0

    def attach(self, transport: Transport, position: str) -> None:
        """All up to `position` is with it already; the rest up to `joined_at` is still to come."""
        self.transport, self.position = transport, position
        if self.end_reason:
            self._close_transport()

    def start(self, transport: Transport) -> None:
        """All up to `joined_at` is on its way."""
        self.transport = transport
        if self.end_reason:
            self._close_transport()
        else:
            self._flush_buffer()

    def catch_up(self, parts: list[FramePart]) -> None:
        """The same, with what it missed."""
        if self.transport and not self.end_reason:
            if body := self.payload(parts):
                self.transport.queue(wrap(body, self.encoding))
            self._flush_buffer()

    def buffer_frames(self) -> None:
        self._buffer, self._buffered_bytes = [], 0
        self.write = self._buffer_frame

    def payload(self, parts: Iterable[FramePart]) -> bytes:
        """Bytes for this reader alone, good wherever its stream stands."""
        return payload(parts, self.encoding)

    def send(self, framed: bytes) -> None:
        """To this reader alone, behind all that it was written."""
        if self.write == self._buffer_frame or self.transport is None:
            self._buffer_frame(framed)
        elif not self.lagging:
            self.transport.queue(framed)

    def queue(self, framed: bytes) -> None:
        """What the fast way left."""
        if self.transport:
            self.transport.queue(framed)

    def on_write_pending(self) -> None:
        """Something waits on the wire: what follows has to queue behind it."""
        if self.transport and not self.lagging and self.write != self._buffer_frame:
            self.write = self._queue

    def on_write_full(self) -> None:
        """The wire is full: what comes now is dropped, and made good when it has drained."""
        if not self.lagging:
            self.lagging = True
            self.position = self.audience.position
            self.write = _drop
            self._owner.on_lagging(self)

    def on_write_drained(self) -> None:
        """All that waited is on its way."""
        if self.end_reason or self.transport is None:
            return
        if self.lagging:
            self.lagging = False
            self._owner.on_drained(self)
        elif self.write == self._queue:
            self.write = self.transport.fast_write()

    def on_lost(self) -> None:
        self.end("left")
        self._owner.on_closed(self)

    def end(self, reason: EndReason, together: int = 1) -> None:
        """With a word of goodbye where it can still be heard; `among`: how many are sent away together."""
        if self.end_reason:
            return
        self.end_reason = reason
        self.write = _drop
        self._owner.on_ended(self)
        self._close_transport(together)

    def _close_transport(self, together: int = 1) -> None:
        if self.transport is None or self.end_reason == "left":
            return
        if self.end_reason in ("slow", "silent"):
            self.transport.abort()
            return
        if not self.lagging:
            self.transport.queue(self._last_bytes(together))
        self.transport.close()

    def _last_bytes(self, together: int) -> bytes:
        if self.encoding is FrameEncoding.SOCKET:
            return rfc6455.close(CLOSE_CODES[self.end_reason])
        return wrap(self.payload([goodbye(self.end_reason, together)]), self.encoding)

    def _queue(self, framed: bytes) -> int:
        if self.transport:
            self.transport.queue(framed)
            if not self.lagging and not self.transport.pending_bytes():
                self.write = self.transport.fast_write()
        return len(framed)

    def _buffer_frame(self, framed: bytes) -> int:
        self._buffered_bytes += len(framed)
        if self._buffered_bytes <= BUFFER_BYTES:
            self._buffer.append(framed)
        return len(framed)

    def _flush_buffer(self) -> None:
        if self._buffered_bytes > BUFFER_BYTES:
            self.end("catch-up")
            return
        assert self.transport
        frames, self._buffer, self._buffered_bytes = self._buffer, [], 0
        self.write = self._queue
        for framed in frames:
            self.transport.queue(framed)
        if self.lagging:
            self.position = self.audience.position
            self.write = _drop
        elif not self.transport.pending_bytes():
            self.write = self.transport.fast_write()


def goodbye(reason: EndReason, together: int = 1) -> FramePart:
    if reason in FINAL_EVENTS:
        return FramePart(ServerSentEvent(FINAL_EVENTS[reason], event=reason).encode())
    soonest, latest = RECONNECT_MS
    latest = max(latest, min(RECONNECT_LONGEST_MS, together * RECONNECT_EACH_MS))
    retry = random.randint(soonest, latest)  # noqa: S311 - spreads load, guards nothing
    return FramePart(ServerSentEvent(reason, event="bye", retry=retry).encode())


def notice(sentence: str) -> FramePart:
    """What is read out to one reader."""
    return FramePart(ServerSentEvent(sentence, event="notice").encode())


def stream_head(event: ServerSentEvent, encoding: FrameEncoding) -> bytes:
    """How a stream begins."""
    hello = event.encode()
    return gzip_blocks.HEAD + gzip_blocks.block(hello) if encoding is FrameEncoding.GZIP else hello


def _drop(framed: bytes) -> int:
    """It is told later what it missed."""
    return len(framed)
