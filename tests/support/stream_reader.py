"""A reader of an event stream on a raw socket."""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from types import TracebackType

from quart_sse.tests.whatwg import Message, Parser


class Closed(Exception):
    """The server ended the stream."""


class Reader:
    """GET over one connection; decodes chunks itself, and events by the rules of the standard."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> None:
        self._port = port
        fields = {"Host": f"127.0.0.1:{port}", "Accept": "text/event-stream", **(headers or {})}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        self._request = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self._parser = Parser()
        self._inflate: Callable[[bytes], bytes] = lambda data: data
        self._read_count = 0
        self.status = 0
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> "Reader":
        self.source, self.sink = await asyncio.open_connection("127.0.0.1", self._port)
        self.sink.write(self._request)
        async with asyncio.timeout(20):
            head = (await self.source.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        if self.headers.get("content-encoding") == "gzip":
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sink.close()

    @property
    def messages(self) -> list[Message]:
        return self._parser.messages

    @property
    def last_id(self) -> str:
        return self._parser.last_id

    @property
    def retry(self) -> int | None:
        return self._parser.retry

    async def message(self, event: str | None = None, within: float = 20) -> Message:
        """The next message, or the next one of this event name."""
        async with asyncio.timeout(within):
            while True:
                while self._read_count < len(self._parser.messages):
                    following = self._parser.messages[self._read_count]
                    self._read_count += 1
                    if event in (None, following.event):
                        return following
                await self._chunk()

    async def containing(self, text: str, within: float = 20) -> Message:
        async with asyncio.timeout(within):
            while True:
                message = await self.message("message", within)
                if text in message.data:
                    return message

    async def caught_up(self, id: str, within: float = 20) -> None:  # noqa: A002
        """Waits until every entry up to this id has arrived."""
        async with asyncio.timeout(within):
            while self.last_id != id:
                await self._chunk()

    async def end(self, within: float = 20) -> list[Message]:
        """Returns everything until the server ends the stream in order."""
        async with asyncio.timeout(within):
            try:
                while True:
                    await self._chunk()
            except Closed:
                rest = self._parser.messages[self._read_count :]
                self._read_count = len(self._parser.messages)
                return rest

    async def _chunk(self) -> None:
        size = int(await self.source.readuntil(b"\r\n"), 16)
        data = await self.source.readexactly(size + 2)
        if size == 0:
            raise Closed
        self._parser.feed(self._inflate(data[:-2]).decode())
