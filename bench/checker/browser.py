"""A client without a browser: loads the desk, keeps its stream open, and reconnects as htmx does."""

import asyncio
import codecs
import random
import re
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from app.wire.log.entries import StreamPosition
from bench.checker import page_events
from bench.checker.page_events import Event, MessageReceived, PageLoaded, StreamJoined
from quart_sse.tests.whatwg import Parser

CONNECT_SECONDS = 8.0
MISSED_BEATS = 2.5
"""Beats that may be missing before a page takes its stream for dead."""

OPEN_SECONDS = 20.0
"""How long a page keeps a stream before it does something else, on average."""

BACKOFF_SECONDS = (0.3, 0.6, 1.2, 3.0)


class StreamEnded(Exception):
    """The stream ended; the message says why."""


class SignedOut(StreamEnded):
    pass


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    source: asyncio.StreamReader


class User:
    """A session that several pages share; whichever page is signed out first signs in for all."""

    def __init__(self, sign_in: Callable[[], Awaitable[str]]) -> None:
        self._sign_in = sign_in
        self._one = asyncio.Lock()
        self.cookie = ""

    async def sign_in_again(self, instead_of: str) -> None:
        async with self._one:
            if self.cookie == instead_of:
                self.cookie = await self._sign_in()


class Browser:
    """One page. Until it is settled it disconnects, stops reading, or loads the page again."""

    def __init__(
        self, name: str, user: User, ports: Sequence[int], chance: random.Random, *, gzip: bool, scale: float = 1.0
    ) -> None:
        """`scale` multiplies the times between and during its disturbances."""
        self.name = name
        self.events: list[Event] = []
        self.ends: Counter[str] = Counter()
        self.settled = False
        self.open = False
        self._user, self._ports, self._generator = user, ports, chance
        self._scale = scale
        self._encoding = "gzip" if gzip else "identity"
        self._address = ""
        self._cursor = ""
        self._last_id = ""
        self._beat = 5.0
        self._retry = 0.5
        self._leaves_at = 0.0

    @property
    def position(self) -> StreamPosition | None:
        return StreamPosition.parse(self._last_id or self._cursor)

    async def run(self) -> None:
        failures = 0
        while True:
            cookie = self._user.cookie
            try:
                if not self._address:
                    await self._load()
                await self._read()
            except SignedOut as why:
                self.ends[str(why)] += 1
                self._address = ""
                await self._user.sign_in_again(cookie)
            except StreamEnded as why:
                self.ends[str(why)] += 1
            except (OSError, TimeoutError, EOFError):
                self.ends["the connection broke" if self.open else "no way in"] += 1
            failures = 0 if self.open else min(failures + 1, len(BACKOFF_SECONDS) - 1)
            self.open = False
            pause = BACKOFF_SECONDS[failures] if failures else self._retry
            await asyncio.sleep(pause * self._generator.uniform(0.7, 1.3))

    async def _load(self) -> None:
        async with self._request("/", Accept="text/html") as answer:
            if answer.status in (303, 401):
                raise SignedOut(f"page: {answer.status}")
            if answer.status != 200:
                raise StreamEnded(f"page: {answer.status}")
            async with asyncio.timeout(CONNECT_SECONDS):
                text = b"".join([piece async for piece in _body(answer)])
        self._address, numbers = page_events.page(text.decode())
        cursor = re.search(r"cursor=([0-9-]+)", self._address)
        self._cursor, self._last_id = cursor[1] if cursor else "", ""
        self.events.append(PageLoaded(time.monotonic(), self.position, numbers))

    async def _read(self) -> None:
        port = self._generator.choice(self._ports)
        headers = {"Accept": "text/event-stream", "Accept-Encoding": self._encoding}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        async with self._request(self._address, port, **headers) as answer:
            if answer.status == 401:
                raise SignedOut("stream: 401")
            if answer.status != 200:
                raise StreamEnded(f"stream: {answer.status}")
            encoding = answer.headers.get("content-encoding", "identity")
            self.events.append(StreamJoined(time.monotonic(), self.position, encoding))
            await self._listen(answer)

    async def _listen(self, answer: Answer) -> None:
        parser, pieces, decoder = Parser(), aiter(_body(answer)), codecs.getincrementaldecoder("utf-8")()
        self._stay()
        while True:
            await self._misbehave()
            try:
                async with asyncio.timeout(MISSED_BEATS * self._beat):
                    piece = await anext(pieces, None)
            except TimeoutError:
                raise StreamEnded("silence") from None
            if piece is None:
                raise StreamEnded("ended without a word")
            parser.feed(decoder.decode(piece))
            self._on_messages(parser)

    async def _misbehave(self) -> None:
        if self.settled or time.monotonic() < self._leaves_at:
            return
        whim = self._generator.random()
        if whim < 0.1:
            self._address = ""
            raise StreamEnded("loaded anew")
        if whim > 0.25:
            raise StreamEnded("left by itself")
        self.ends["(stopped reading for a while)"] += 1
        await asyncio.sleep(self._generator.uniform(2, page_events.PAUSE_SECONDS) * self._scale)
        self._stay()

    def _stay(self) -> None:
        self._leaves_at = time.monotonic() + self._scale * self._generator.expovariate(1 / OPEN_SECONDS)

    def _on_messages(self, parser: Parser) -> None:
        messages, parser.messages = parser.messages, []
        self._retry = min(5.0, (parser.retry or 500) / 1000)
        for message in messages:
            self.open = True
            if message.event == "session-ended":
                raise SignedOut(message.event)
            if message.event == "bye":
                raise StreamEnded(f"bye: {message.data}")
            if message.event == "hello":
                self._beat = float(message.data)
            steps = page_events.steps(message.data) if message.event == "message" else ()
            self._record(message.id, steps)
        self._record(parser.last_id, ())

    def _record(self, id_: str, steps: tuple[page_events.Step, ...]) -> None:
        if not steps and id_ in ("", self._last_id):
            return
        self._last_id = id_ or self._last_id
        self.events.append(MessageReceived(time.monotonic(), StreamPosition.parse(id_), steps))

    @asynccontextmanager
    async def _request(self, path: str, port: int = 0, **headers: str) -> AsyncIterator[Answer]:
        fields = {"Host": "127.0.0.1", "Cookie": self._user.cookie, **headers}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        async with asyncio.timeout(CONNECT_SECONDS):
            source, sink = await asyncio.open_connection("127.0.0.1", port or self._generator.choice(self._ports))
        try:
            sink.write("\r\n".join(lines).encode("latin-1"))
            async with asyncio.timeout(CONNECT_SECONDS):
                head = (await source.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            header_lines = (line.partition(":") for line in head[1:-2])
            yield Answer(
                int(head[0].split()[1]), {name.lower(): value.strip() for name, _, value in header_lines}, source
            )
        finally:
            sink.transport.abort()


async def _body(answer: Answer) -> AsyncIterator[bytes]:
    """As it arrives: chunks taken apart, gzip inflated."""
    inflate = zlib.decompressobj(31) if answer.headers.get("content-encoding") == "gzip" else None
    async for piece in _pieces(answer):
        yield inflate.decompress(piece) if inflate else piece


async def _pieces(answer: Answer) -> AsyncIterator[bytes]:
    if "content-length" in answer.headers:
        yield await answer.source.readexactly(int(answer.headers["content-length"]))
        return
    while size := int(await answer.source.readuntil(b"\r\n"), 16):
        yield (await answer.source.readexactly(size + 2))[:-2]
