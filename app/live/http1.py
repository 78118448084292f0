"""Hardens Hypercorn's HTTP/1.1 and WebSocket protocols: strict requests, no deflate, no early frames lost."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import h11
import hypercorn.protocol as hypercorn_protocol
from hypercorn.events import Closed, Event, RawData
from hypercorn.protocol import h11 as hypercorn_h11
from hypercorn.protocol import ws_stream
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.events import Response
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from wsproto.connection import Connection, ConnectionState
from wsproto.events import CloseConnection, Message
from wsproto.events import Event as SocketEvent
from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason

from app.live.rfc9112 import StrictConnection

EARLY_BYTES = 65_536
"""Bytes after a handshake that are buffered until it is answered; a client that sends more waits."""


class EarlyFrames(H11WSConnection):
    """Frames that follow a handshake wait until the WebSocket is accepted."""

    def __init__(self, h11_connection: StrictConnection) -> None:
        super().__init__(h11_connection)
        h11_connection.stop()
        self.accepted = False
        self.decided = asyncio.Event()

    def next_event(self) -> Any:
        return super().next_event() if self.accepted else h11.NEED_DATA

    def pop_all(self) -> bytes:
        """Removes and returns all buffered bytes, for a takeover of the connection."""
        data, self.buffer = bytes(self.buffer), bytearray()
        self.decided.set()
        return data


class StrictProtocol(H11Protocol):
    """HTTP/1.1 with `StrictConnection`; it never changes to clear-text HTTP/2, past the rules of a proxy in front."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.connection = StrictConnection(self.config.h11_max_incomplete_size)

    async def handle(self, event: Event) -> None:
        early = self.connection
        if isinstance(event, Closed):
            await self._stop()
            await super().handle(event)
        elif not isinstance(early, EarlyFrames) or not isinstance(event, RawData):
            await super().handle(event)
        elif not early.decided.is_set():
            await self._hold(early, event.data)
        elif early.accepted:
            await super().handle(event)

    async def stream_send(self, event: StreamEvent) -> None:
        early = self.connection
        if not isinstance(early, EarlyFrames) or not isinstance(event, Response):
            await super().stream_send(event)
        elif event.status_code == 101:
            await super().stream_send(event)
            early.accepted = True
            await self._handle_events()
            early.decided.set()
        else:
            closing = [field for field in event.headers if field[0].lower() != b"connection"]
            await super().stream_send(replace(event, headers=[*closing, (b"connection", b"close")]))
            early.decided.set()

    async def _stop(self) -> None:
        """Or Hypercorn would wait for ever to read what came behind the last request."""
        if isinstance(self.connection, StrictConnection):
            self.connection.stop()
            await self.can_read.set()

    async def _hold(self, early: EarlyFrames, data: bytes) -> None:
        early.receive_data(data)
        if len(early.buffer) > EARLY_BYTES:
            await early.decided.wait()

    async def _check_protocol(self, event: h11.Request) -> None:
        return None

    async def _send_h11_event(self, event: Any) -> None:
        """Drops responses to a client that was refused or has left."""
        try:
            await super()._send_h11_event(event)
        except h11.LocalProtocolError:
            if not (isinstance(self.connection, StrictConnection) and self.connection.stopped):
                raise

    async def _send_error_response(self, status_code: int) -> None:
        fields = [(b"content-length", b"0"), (b"connection", b"close")]
        if status_code == 426:
            fields[1:] = [(b"connection", b"close, upgrade"), (b"upgrade", b"websocket")]
            fields.append((b"sec-websocket-version", b"13"))
        fields += self.config.response_headers("h11")
        await self._send_h11_event(h11.Response(status_code=status_code, headers=fields))
        await self._send_h11_event(h11.EndOfMessage())


class PushConnection(Connection):
    """A WebSocket that takes no messages: the first one closes it with 1003, and what breaks the protocol with the code
    that RFC 6455 gives for that."""

    _failed = False

    @property
    def state(self) -> ConnectionState:
        """As if the client were closing where it has to be sent a reason: Hypercorn answers that, and ends."""
        state = super().state
        return ConnectionState.REMOTE_CLOSING if self._failed and state is ConnectionState.OPEN else state

    def events(self) -> Iterator[SocketEvent]:  # type: ignore[override]
        if self._failed:
            return
        for event in super().events():
            if isinstance(event, Message):
                self._failed = True
                yield CloseConnection(CloseReason.UNSUPPORTED_DATA)
                return
            if isinstance(event, CloseConnection):
                self._failed = self.state is ConnectionState.OPEN
                event = CloseConnection(event.code)
            yield event


class _NoExtension(Extension):
    """An extension that is never negotiated; frames that use it are rejected."""

    name = ""

    def offer(self) -> bool:
        return False


def install() -> None:
    """Hypercorn always offers to deflate: 100 KiB for every connection, and bombs from whoever cares to send them."""
    vars(hypercorn_protocol)["H11Protocol"] = StrictProtocol
    vars(hypercorn_h11)["H11WSConnection"] = EarlyFrames
    vars(ws_stream)["Connection"] = PushConnection
    vars(ws_stream)["PerMessageDeflate"] = _NoExtension
