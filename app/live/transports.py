"""Transports of streams: the socket taken over from Hypercorn where that is possible, else ASGI sends.

The seam is `Server`: put in place of Hypercorn's own connection class, it offers itself in the scope of every HTTP/1.1
request and handshake and, once taken, keeps Hypercorn from touching the transport again. A stream is taken with the
head of its answer, as the application made it: to let h11 write that head costs a tenth of a reader's welcome. Where
that class is not what it was when this was written, or the protocol is another, nothing is offered, and a stream is
sent as any response is.
"""

import asyncio
import inspect
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import hypercorn.asyncio.run as hypercorn_run
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed, Event
from hypercorn.protocol.http_stream import HTTPStream

from app.live.connection import StreamConnection, Write
from app.live.http1 import EarlyFrames

EXTENSION = __name__
HIGH_WATER = 65_536
"""Pending bytes from which on a connection lags, until none are pending."""

_EXPECTED = ("app", "loop", "config", "context", "state", "reader", "writer")
_OVERRIDDEN = ("run", "protocol_send", "_close", "_initiate_server_close", "_read_data")


S = TypeVar("S", bound="DirectTransport")
Begin = Callable[["DirectTransport"], None]


class DirectTransport(asyncio.Protocol):
    """A connection taken over from Hypercorn; further bytes from the client are ignored."""

    __slots__ = ("_connection", "_transport", "_writer", "early")

    def __init__(
        self, transport: asyncio.Transport, writer: asyncio.StreamWriter, connection: StreamConnection
    ) -> None:
        self._transport = transport
        self._writer = writer
        """Kept, for it closes the transport when nobody holds it."""
        self._connection = connection
        self.early = b""
        """Bytes that followed the request before the takeover."""

    def fast_write(self) -> Write:
        """Writes to the socket directly while nothing is pending: a sixth faster than through the transport."""
        raw_socket = getattr(self._transport.get_extra_info("socket"), "_sock", None)
        return raw_socket.send if isinstance(raw_socket, socket.socket) else self._queued

    def queue(self, framed: bytes) -> None:
        self._transport.write(framed)
        if self._transport.get_write_buffer_size() > HIGH_WATER:
            self._connection.on_write_full()

    def pending_bytes(self) -> int:
        return self._transport.get_write_buffer_size()

    def close(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"0\r\n\r\n")
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def pause_writing(self) -> None:
        self._connection.on_write_pending()

    def resume_writing(self) -> None:
        self._connection.on_write_drained()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.on_lost()

    def _queued(self, framed: bytes) -> int:
        self.queue(framed)
        return len(framed)


class AsgiTransport:
    """Queues frames for an ASGI response, which sends `batches`."""

    def __init__(self, connection: StreamConnection) -> None:
        self._connection = connection
        self._blocks: deque[bytes] = deque()
        self._size = 0
        self._closed = False
        self._awake = asyncio.Event()
        self._sending: asyncio.Task[Any] | None = None

    def fast_write(self) -> Write:
        return self._queued

    def queue(self, framed: bytes) -> None:
        self._blocks.append(framed)
        self._size += len(framed)
        self._awake.set()
        if self._size > HIGH_WATER:
            self._connection.on_write_full()

    def pending_bytes(self) -> int:
        return self._size

    def close(self) -> None:
        self._closed = True
        self._awake.set()

    def abort(self) -> None:
        self._blocks.clear()
        self.close()
        if self._sending:
            self._sending.cancel()

    async def batches(self) -> AsyncGenerator[list[bytes], None]:
        """Frames that may go together."""
        self._sending = asyncio.current_task()
        while True:
            if self._blocks:
                batch = list(self._blocks)
                self._blocks.clear()
                yield batch
                self._size = sum(map(len, self._blocks))
                if not self._blocks:
                    self._connection.on_write_drained()
            elif self._closed:
                return
            else:
                self._awake.clear()
                await self._awake.wait()

    def _queued(self, framed: bytes) -> int:
        self.queue(framed)
        return len(framed)


class _Claim(NamedTuple):
    connection: StreamConnection
    first_bytes: bytes
    """Framed; goes with the head."""
    begin: Begin


class DetachableServer(TCPServer):
    """Hypercorn's TCP server, whose connection can be taken over."""

    def __init__(self, app: Any, *arguments: Any) -> None:
        super().__init__(self._with_extension(app), *arguments)
        self._detached = False
        self._claim: _Claim | None = None
        self._stream: object = None
        """Hypercorn's side of the request that is answered now."""

    def detach(self, make: Callable[[asyncio.Transport, asyncio.StreamWriter], S]) -> S | None:
        """Takes the connection over; None if the client has left."""
        transport = self.writer.transport
        if transport.is_closing() or not isinstance(transport, asyncio.Transport):
            return None
        self._detached = True
        protocol = make(transport, self.writer)
        transport.set_write_buffer_limits(high=0)  # to be told whenever something waits, and when all is gone
        transport.set_protocol(protocol)
        transport.resume_reading()
        self.reader.feed_eof()
        protocol.early = self._early()
        return protocol

    def claim(self, request: _Claim) -> bool:
        self._claim = request if isinstance(self._stream, HTTPStream) else None
        return self._claim is not None

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            # Breaks reference cycles, so that memory is freed at once.
            vars(self).clear()

    async def protocol_send(self, event: Event) -> None:
        if not self._detached:
            await super().protocol_send(event)

    async def _close(self) -> None:
        if self._detached:
            await self.idle_task.stop()
        else:
            await super()._close()

    async def _initiate_server_close(self) -> None:
        if not self._detached:
            await super()._initiate_server_close()

    def _early(self) -> bytes:
        """Bytes that Hypercorn has read and not processed."""
        connection = getattr(self.protocol.protocol, "connection", None)
        frames = connection.pop_all() if isinstance(connection, EarlyFrames) else b""
        return frames + _read_rest(self.reader)

    def _with_extension(self, app: Any) -> Any:
        async def with_extension(scope: Any, receive: Any, send: Any, *rest: Any) -> None:
            self._claim, self._stream = None, getattr(send, "__self__", None)
            if scope["type"] in ("http", "websocket") and scope["http_version"] == "1.1":
                scope["extensions"][EXTENSION] = self

            async def send_or_drop(message: Any) -> None:
                if self._claim and message["type"] == "http.response.start" and message["status"] == 200:
                    self._answer(self._claim, message["headers"])
                if not self._detached:
                    await send(message)
                elif self._claim:
                    self._claim = None
                    await self.protocol.handle(Closed())  # what came behind the request is for nobody

            await app(scope, receive, send_or_drop, *rest)

        return with_extension

    def _answer(self, claim: _Claim, headers: Iterable[tuple[bytes, bytes]]) -> None:
        detached = self.detach(lambda transport, writer: DirectTransport(transport, writer, claim.connection))
        if detached:
            detached.early = b""  # nothing follows a stream
            vars(self._stream)["closed"] = True  # or it would send an error where it knows of no answer
            detached.queue(_head([*headers, *self.config.response_headers("h11")]) + claim.first_bytes)
            claim.begin(detached)


def _read_rest(reader: asyncio.StreamReader) -> bytes:
    """What is left of what has ended: then to read it waits for nothing."""
    reading = reader.read()
    try:
        reading.send(None)
    except StopIteration as ended:
        data: bytes = ended.value
        return data
    reading.close()
    return b""


def _head(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Of an answer that is sent in chunks."""
    lines = [b"%b: %b" % header for header in headers if header[0].lower() != b"content-length"]
    if any(b"\n" in line or b"\r" in line for line in lines):
        raise ValueError("a header of more than one line")
    return b"\r\n".join((b"HTTP/1.1 200 OK", *lines, b"Transfer-Encoding: chunked", b"\r\n"))


def install() -> bool:
    """Whether Hypercorn is the one that this was written for; then its connections can be taken."""
    fits = (
        getattr(hypercorn_run, "TCPServer", None) in (TCPServer, DetachableServer)
        and tuple(inspect.signature(TCPServer.__init__).parameters)[1:] == _EXPECTED
        and all(inspect.iscoroutinefunction(getattr(TCPServer, name, None)) for name in _OVERRIDDEN)
        and inspect.iscoroutinefunction(HTTPStream.app_send)
    )
    if fits:
        _put(DetachableServer)
    return fits


def uninstall() -> None:
    _put(TCPServer)


def _put(connection: type[TCPServer]) -> None:
    vars(hypercorn_run)["TCPServer"] = connection


def claim_stream(scope: Mapping[str, Any], connection: StreamConnection, first_bytes: bytes, begin: Begin) -> bool:
    """Whether the answer to this request, if it is a 200, will be the reader's stream: its head and what comes `first`
    are sent, then `begin` is called, and its body is for nobody."""
    server = scope.get("extensions", {}).get(EXTENSION)
    return isinstance(server, DetachableServer) and server.claim(_Claim(connection, first_bytes, begin))


def detach(scope: Mapping[str, Any], make: Callable[[asyncio.Transport, asyncio.StreamWriter], S]) -> S | None:
    """The connection of this request, if it can be had. The response must then send nothing more."""
    server = scope.get("extensions", {}).get(EXTENSION)
    return server.detach(make) if isinstance(server, DetachableServer) else None
