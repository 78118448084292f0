"""A WebSocket: it is written shared frames like any stream, and takes no messages, only signs of life and a close."""

import asyncio
import time
from contextvars import Context
from typing import Protocol

from app.live import rfc6455
from app.live.connection import Reader
from app.live.rfc6455 import Frame, Incoming, ProtocolViolation
from app.live.transports import AsgiTransport, DirectTransport

MOST_A_SECOND = 50
"""Pings and pongs from a browser; ours says nothing but pongs."""

CLOSING_SECONDS = 1.0
"""For the other side to say goodbye too: a connection that is cut sooner may lose the reason that we gave."""

SEND_SECONDS = 10.0


class Peer(Protocol):
    """The server's own way to one browser."""

    async def send(self, data: str) -> None: ...

    async def close(self, code: int) -> None: ...


class Socket(DirectTransport):
    """A WebSocket's connection once it is ours alone: its handshake has been checked, and waits for an answer."""

    __slots__ = ("_heard", "_incoming", "_meter", "_ping_seconds", "_pong", "_timer")

    def __init__(
        self, transport: asyncio.Transport, writer: asyncio.StreamWriter, reader: Reader, ping_seconds: float
    ) -> None:
        super().__init__(transport, writer, reader)
        self._incoming: Incoming | None = Incoming()
        self._meter = Meter()
        self._ping_seconds = ping_seconds
        self._heard = True
        self._pong: bytes | None = None
        """What the newest ping holds, while something waits on the wire: RFC 6455 has that one answered."""
        # In a context of its own: the one that runs here holds the whole handshake.
        self._timer = asyncio.get_running_loop().call_later(ping_seconds, self._ping, context=Context())

    def welcome(self, key: str, first: bytes) -> None:
        """Answers the handshake, and then what came behind it."""
        self._transport.write(rfc6455.welcome(key.encode("latin-1")) + first)
        self._reader.began(self)
        early, self.early = self.early, b""
        if early:
            self.data_received(early)

    def close(self) -> None:
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(CLOSING_SECONDS, self._transport.close)

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if self._incoming is None:
            return
        try:
            for frame in self._incoming.feed(data):
                if frame.opcode == rfc6455.CLOSE:
                    self._leave(frame)
                    return
                self._listen(frame)
        except ProtocolViolation as unheard:
            self._incoming = None
            self._reader.end(unheard.why)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._answer_ping()

    def _listen(self, frame: Frame) -> None:
        if not self._meter.bears():
            raise ProtocolViolation("flood")
        if frame.opcode == rfc6455.PING and not self._reader.ended:
            self._pong = frame.payload
            self._answer_ping()

    def _answer_ping(self) -> None:
        if self._pong is not None and not self.waiting() and not self._reader.ended:
            pong, self._pong = self._pong, None
            self._transport.write(rfc6455.frame(rfc6455.PONG, pong))

    def _leave(self, frame: Frame) -> None:
        self._incoming = None
        if not self._reader.ended:
            self._reader.end("left")
            self._transport.write(rfc6455.frame(rfc6455.CLOSE, frame.payload[:2]))
        self._transport.close()

    def _ping(self) -> None:
        if not self._heard:
            self._reader.end("silent")
            return
        self._heard = False
        if not self.waiting():
            self._transport.write(rfc6455.frame(rfc6455.PING, b""))
        self._timer = asyncio.get_running_loop().call_later(self._ping_seconds, self._ping)


class Meter:
    """Whether what a browser says in a second can be borne."""

    def __init__(self) -> None:
        self._since = 0.0
        self._count = 0

    def bears(self) -> bool:
        now = time.monotonic()
        if now - self._since >= 1:
            self._since, self._count = now, 0
        self._count += 1
        return self._count <= MOST_A_SECOND


async def converse(reader: Reader, peer: Peer) -> None:
    """The same by sends that wait. Whether the other side lives is for the network to find out: beats go unanswered.
    What it says is the server's business, which ends this when the other side closes or breaks the protocol."""
    sent = AsgiTransport(reader)
    reader.began(sent)
    try:
        async for batch in sent.batches():
            for framed in batch:
                async with asyncio.timeout(SEND_SECONDS):
                    await _say(peer, rfc6455.unframed(framed))
    except TimeoutError:
        reader.end("slow")
    await asyncio.sleep(CLOSING_SECONDS)


async def _say(peer: Peer, frame: Frame) -> None:
    if frame.opcode == rfc6455.CLOSE:
        await peer.close(int.from_bytes(frame.payload, "big"))
    else:
        await peer.send(frame.payload.decode())
