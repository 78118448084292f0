"""A WebSocket that sends shared frames and accepts only ping, pong and close."""

import asyncio
import time
from contextvars import Context
from typing import Protocol

from app.live import rfc6455
from app.live.connection import StreamConnection
from app.live.rfc6455 import ClientFrameParser, ProtocolViolation, WebSocketFrame
from app.live.transports import AsgiTransport, DirectTransport

MOST_A_SECOND = 50
"""Control frames from a client; browsers send only pongs."""

CLOSING_SECONDS = 1.0
"""Time for the client to answer a close; closing the socket sooner may lose the reason."""

SEND_SECONDS = 10.0


class Peer(Protocol):
    """WebSocket of the ASGI server."""

    async def send(self, data: str) -> None: ...

    async def close(self, code: int) -> None: ...


class WebSocketTransport(DirectTransport):
    """A WebSocket taken over from Hypercorn; its handshake is checked and not yet answered."""

    __slots__ = ("_alive", "_incoming", "_message_rate", "_ping_seconds", "_pong", "_timer")

    def __init__(
        self,
        transport: asyncio.Transport,
        writer: asyncio.StreamWriter,
        connection: StreamConnection,
        ping_seconds: float,
    ) -> None:
        super().__init__(transport, writer, connection)
        self._incoming: ClientFrameParser | None = ClientFrameParser()
        self._message_rate = FrameRateLimit()
        self._ping_seconds = ping_seconds
        self._alive = True
        self._pong: bytes | None = None
        """Payload of the newest ping while bytes are pending; RFC 6455 requires an answer only to that one."""
        # In a context of its own: the one that runs here holds the whole handshake.
        self._timer = asyncio.get_running_loop().call_later(ping_seconds, self._ping, context=Context())

    def welcome(self, key: str, first: bytes) -> None:
        """Answers the handshake, then handles frames that came with it."""
        self._transport.write(rfc6455.handshake_response(key.encode("latin-1")) + first)
        self._connection.start(self)
        early, self.early = self.early, b""
        if early:
            self.data_received(early)

    def close(self) -> None:
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(CLOSING_SECONDS, self._transport.close)

    def data_received(self, data: bytes) -> None:
        self._alive = True
        if self._incoming is None:
            return
        try:
            for frame in self._incoming.feed(data):
                if frame.opcode == rfc6455.CLOSE:
                    self._answer_close(frame)
                    return
                self._handle(frame)
        except ProtocolViolation as violation:
            self._incoming = None
            self._connection.end(violation.reason)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._answer_ping()

    def _handle(self, frame: WebSocketFrame) -> None:
        if not self._message_rate.allows():
            raise ProtocolViolation("flood")
        if frame.opcode == rfc6455.PING and not self._connection.end_reason:
            self._pong = frame.payload
            self._answer_ping()

    def _answer_ping(self) -> None:
        if self._pong is not None and not self.pending_bytes() and not self._connection.end_reason:
            pong, self._pong = self._pong, None
            self._transport.write(rfc6455.frame(rfc6455.PONG, pong))

    def _answer_close(self, frame: WebSocketFrame) -> None:
        self._incoming = None
        if not self._connection.end_reason:
            self._connection.end("left")
            self._transport.write(rfc6455.frame(rfc6455.CLOSE, frame.payload[:2]))
        self._transport.close()

    def _ping(self) -> None:
        if not self._alive:
            self._connection.end("silent")
            return
        self._alive = False
        if not self.pending_bytes():
            self._transport.write(rfc6455.frame(rfc6455.PING, b""))
        self._timer = asyncio.get_running_loop().call_later(self._ping_seconds, self._ping)


class FrameRateLimit:
    """Limits control frames per second."""

    def __init__(self) -> None:
        self._since = 0.0
        self._count = 0

    def allows(self) -> bool:
        now = time.monotonic()
        if now - self._since >= 1:
            self._since, self._count = now, 0
        self._count += 1
        return self._count <= MOST_A_SECOND


async def serve_socket(connection: StreamConnection, peer: Peer) -> None:
    """Sends frames through ASGI. The server reads the client's frames, and ends this task when the client closes or
    breaks the protocol."""
    sent = AsgiTransport(connection)
    connection.start(sent)
    try:
        async for batch in sent.batches():
            for framed in batch:
                async with asyncio.timeout(SEND_SECONDS):
                    await _send(peer, rfc6455.unframe(framed))
    except TimeoutError:
        connection.end("slow")
    await asyncio.sleep(CLOSING_SECONDS)


async def _send(peer: Peer, frame: WebSocketFrame) -> None:
    if frame.opcode == rfc6455.CLOSE:
        await peer.close(int.from_bytes(frame.payload, "big"))
    else:
        await peer.send(frame.payload.decode())
