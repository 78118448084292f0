"""The client's side of a WebSocket on a raw socket; wsproto parses the frames."""

import asyncio
import base64
import hashlib
import os
from collections.abc import Mapping
from types import TracebackType

from wsproto import ConnectionType
from wsproto.connection import Connection, ConnectionState
from wsproto.events import CloseConnection, Event, Ping, Pong, TextMessage

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


LISTENING = {ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING}


class WebSocketReader:
    """One handshake and the frames after it. Answers pings while it reads, unless it is set not to."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str | None]) -> None:
        self._port = port
        self._key = base64.b64encode(os.urandom(16)).decode()
        fields = {
            "Host": f"127.0.0.1:{port}",
            "Origin": f"http://127.0.0.1:{port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": self._key,
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value is not None)]
        self._request = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.connection = Connection(ConnectionType.CLIENT)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.texts: list[str] = []
        """Whole messages, in order."""
        self.code: int | None = None
        """With which the server closed."""
        self.ended = False
        self.pongs = 0
        self.pings = 0
        self.answers = True
        self._half = ""
        self._read_count = 0

    async def __aenter__(self) -> "WebSocketReader":
        self.source, self.sink = await asyncio.open_connection("127.0.0.1", self._port)
        self.sink.write(self._request)
        async with asyncio.timeout(20):
            head = (await self.source.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        if self.status == 101:
            digest = hashlib.sha1(self._key.encode() + GUID, usedforsecurity=False).digest()
            assert self.headers["sec-websocket-accept"] == base64.b64encode(digest).decode()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sink.close()

    async def text(self, within: float = 20) -> str:
        """The next message that shows something."""
        async with asyncio.timeout(within):
            while True:
                while self._read_count < len(self.texts):
                    self._read_count += 1
                    if self.texts[self._read_count - 1] != "{}":
                        return self.texts[self._read_count - 1]
                assert not self.ended, f"closed with {self.code}"
                await self.read()

    async def containing(self, text: str, within: float = 20) -> str:
        async with asyncio.timeout(within):
            while text not in (message := await self.text(within)):
                pass
        return message

    async def closed(self, within: float = 20) -> int | None:
        """The close code of the server once the connection is closed, or None without one."""
        async with asyncio.timeout(within):
            while not self.ended:
                await self.read()
        return self.code

    def pause(self) -> None:
        assert isinstance(self.sink.transport, asyncio.ReadTransport)
        self.sink.transport.pause_reading()

    def resume(self) -> None:
        assert isinstance(self.sink.transport, asyncio.ReadTransport)
        self.sink.transport.resume_reading()

    def send(self, event: Event) -> None:
        self.sink.write(self.connection.send(event))

    async def read(self) -> None:
        try:
            data = await self.source.read(65_536)
        except ConnectionError:
            data = b""
        if not data:
            self.ended = True
            return
        self.connection.receive_data(data)
        for event in self.connection.events():
            self._on_event(event)

    def _on_event(self, event: Event) -> None:
        match event:
            case TextMessage():
                self._half += event.data
                if event.message_finished:
                    self.texts.append(self._half)
                    self._half = ""
            case Pong():
                self.pongs += 1
            case Ping():
                self.pings += 1
            case CloseConnection():
                self.code = event.code
        if isinstance(event, Ping | CloseConnection) and self.answers and self.connection.state in LISTENING:
            self.send(event.response())
