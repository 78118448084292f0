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
    "not-permitted",
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
    "not-permitted": 1013,
    "flood": 1008,
    "message": 1003,
    "no UTF-8": 1007,
    "garbled": 1002,
}
"""WebSocket close codes."""

FINAL_EVENTS: dict[EndReason, str] = {
    "session-ended": "session-ended",
    "taken-over": "Another desk of yours took over. Resume to be live here again.",
}
"""Events after which the client does not reconnect by itself: name and data."""

BUFFER_BYTES = 65_536
"""Bytes of frames buffered while a connection recovers; beyond, it must reconnect."""

RECONNECT_MS = (1000, 2000)
"""Least and most delay of a reconnect, milliseconds."""

RECONNECT_EACH_MS, RECONNECT_LONGEST_MS = 12, 20_000
"""Milliseconds added for each connection that is closed together, up to a limit, to spread reconnects."""


Write = Callable[[bytes], int]
"""Returns the bytes accepted; may raise BlockingIOError for none, and OSError from a closed socket."""


class Transport(Protocol):
    """Transport to one client. It calls the on_… methods of its connection."""

    def fast_write(self) -> "Write":
        """Fastest write for one chunk or frame. Never waits; bytes that it does not accept go through `queue`."""

    def queue(self, framed: bytes) -> object:
        """Accepts all bytes and sends them when possible."""

    def pending_bytes(self) -> int:
        """Bytes not yet accepted by the network."""

    def close(self) -> object:
        """Closes after the pending bytes are sent."""

    def abort(self) -> object: ...


class ConnectionOwner(Protocol):
    """Callbacks of a connection to its hub."""

    def on_lagging(self, connection: "StreamConnection") -> None: ...

    def on_drained(self, connection: "StreamConnection") -> None: ...

    def on_ended(self, connection: "StreamConnection") -> None:
        """The connection has ended; its last bytes may still be pending."""

    def on_closed(self, connection: "StreamConnection") -> None: ...


class StreamConnection:
    """Buffers frames until `start`; then writes them at once, and drops them while the transport is full."""

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
        """By the loop's clock: after that the client must reconnect."""
        self.end_reason: EndReason = ""
        self.joined_at = ""
        """Newest log entry at the moment of joining; frames hold only later entries."""
        self.position = ""
        """Before the start and while lagging: newest log entry up to which the client has everything."""
        self.lagging = False
        self.transport: Transport | None = None
        self.write: Write = self._buffer_frame
        self._owner = owner
        self._buffer: list[bytes] = []
        self._buffered_bytes = 0

    def attach(self, transport: Transport, position: str) -> None:
        """The client has everything up to `position`; the rest up to `joined_at` is still to be sent."""
        self.transport, self.position = transport, position
        if self.end_reason:
            self._close_transport()

    def start(self, transport: Transport) -> None:
        """Everything up to `joined_at` has been written."""
        self.transport = transport
        if self.end_reason:
            self._close_transport()
        else:
            self._flush_buffer()

    def catch_up(self, parts: list[FramePart]) -> None:
        """Starts after recovery: `parts` are what the client missed."""
        if self.transport and not self.end_reason:
            if body := self.payload(parts):
                self.transport.queue(wrap(body, self.encoding))
            self._flush_buffer()

    def buffer_frames(self) -> None:
        self._buffer, self._buffered_bytes = [], 0
        self.write = self._buffer_frame

    def payload(self, parts: Iterable[FramePart]) -> bytes:
        """Encodes parts for this connection alone, valid at any point of its stream."""
        return payload(parts, self.encoding)

    def send(self, framed: bytes) -> None:
        """Sends to this connection alone, after all frames written before."""
        if self.write == self._buffer_frame or self.transport is None:
            self._buffer_frame(framed)
        elif not self.lagging:
            self.transport.queue(framed)

    def queue(self, framed: bytes) -> None:
        """Sends the bytes that the fast write did not accept."""
        if self.transport:
            self.transport.queue(framed)

    def on_write_pending(self) -> None:
        """Bytes are pending: later frames must queue behind them."""
        if self.transport and not self.lagging and self.write != self._buffer_frame:
            self.write = self._queue

    def on_write_full(self) -> None:
        """The transport is full: frames are dropped from here and recovered when it has drained."""
        if not self.lagging:
            self.lagging = True
            self.position = self.audience.position
            self.write = _drop
            self._owner.on_lagging(self)

    def on_write_drained(self) -> None:
        """The transport has sent all pending bytes."""
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
        """Ends with a `bye` event, if it can be sent. `together`: how many connections end at once."""
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
    """A `notice` event, which screen readers announce."""
    return FramePart(ServerSentEvent(sentence, event="notice").encode())


def stream_head(event: ServerSentEvent, encoding: FrameEncoding) -> bytes:
    """First bytes of a stream."""
    hello = event.encode()
    return gzip_blocks.HEAD + gzip_blocks.block(hello) if encoding is FrameEncoding.GZIP else hello


def _drop(framed: bytes) -> int:
    """Drops a frame; recovery sends what was missed."""
    return len(framed)
