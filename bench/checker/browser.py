"""A page without a browser: it loads the desk, keeps its stream open, and comes back as htmx does."""

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
from bench.checker import transcript
from bench.checker.transcript import Event, Joined, Opened, Told
from quart_sse.tests.whatwg import Parser

CONNECT_SECONDS = 8.0
PATIENCE = 2.5
"""Beats that may be missing before a page takes its stream for dead."""

OPEN_SECONDS = 20.0
"""How long a page keeps a stream before it does something else, on average."""

BACKOFF_SECONDS = (0.3, 0.6, 1.2, 3.0)


class Left(Exception):
    """The stream is over; the words say why."""


class SignedOut(Left):
    pass


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    source: asyncio.StreamReader


class User:
    """Several pages share one, and whichever is sent away first signs in for all."""

    def __init__(self, sign_in: Callable[[], Awaitable[str]]) -> None:
        self._sign_in = sign_in
        self._one = asyncio.Lock()
        self.cookie = ""

    async def enter(self, instead_of: str) -> None:
        async with self._one:
            if self.cookie == instead_of:
                self.cookie = await self._sign_in()


class Browser:
    """One page. It acts up by itself until it is told to be calm: leaves, stops reading, or is loaded anew."""

    def __init__(
        self, name: str, user: User, ports: Sequence[int], chance: random.Random, *, gzip: bool, scale: float = 1.0
    ) -> None:
        """`scale`: of the times after which it acts up, and for which it does."""
        self.name = name
        self.events: list[Event] = []
        self.ends: Counter[str] = Counter()
        self.calm = False
        self.open = False
        self._user, self._ports, self._chance = user, ports, chance
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
                await self._user.enter(cookie)
            except Left as why:
                self.ends[str(why)] += 1
            except (OSError, TimeoutError, EOFError):
                self.ends["the connection broke" if self.open else "no way in"] += 1
            failures = 0 if self.open else min(failures + 1, len(BACKOFF_SECONDS) - 1)
            self.open = False
            pause = BACKOFF_SECONDS[failures] if failures else self._retry
            await asyncio.sleep(pause * self._chance.uniform(0.7, 1.3))

    async def _load(self) -> None:
        async with self._asked("/", Accept="text/html") as answer:
            if answer.status in (303, 401):
                raise SignedOut(f"page: {answer.status}")
            if answer.status != 200:
                raise Left(f"page: {answer.status}")
            async with asyncio.timeout(CONNECT_SECONDS):
                text = b"".join([piece async for piece in _body(answer)])
        self._address, numbers = transcript.page(text.decode())
        found = re.search(r"cursor=([0-9-]+)", self._address)
        self._cursor, self._last_id = found[1] if found else "", ""
        self.events.append(Opened(time.monotonic(), self.position, numbers))

    async def _read(self) -> None:
        port = self._chance.choice(self._ports)
        asked = {"Accept": "text/event-stream", "Accept-Encoding": self._encoding}
        if self._last_id:
            asked["Last-Event-ID"] = self._last_id
        async with self._asked(self._address, port, **asked) as answer:
            if answer.status == 401:
                raise SignedOut("stream: 401")
            if answer.status != 200:
                raise Left(f"stream: {answer.status}")
            encoding = answer.headers.get("content-encoding", "identity")
            self.events.append(Joined(time.monotonic(), self.position, encoding))
            await self._listen(answer)

    async def _listen(self, answer: Answer) -> None:
        parser, pieces, decoder = Parser(), aiter(_body(answer)), codecs.getincrementaldecoder("utf-8")()
        self._stay()
        while True:
            await self._act_up()
            try:
                async with asyncio.timeout(PATIENCE * self._beat):
                    piece = await anext(pieces, None)
            except TimeoutError:
                raise Left("silence") from None
            if piece is None:
                raise Left("ended without a word")
            parser.feed(decoder.decode(piece))
            self._take(parser)

    async def _act_up(self) -> None:
        if self.calm or time.monotonic() < self._leaves_at:
            return
        whim = self._chance.random()
        if whim < 0.1:
            self._address = ""
            raise Left("loaded anew")
        if whim > 0.25:
            raise Left("left by itself")
        self.ends["(stopped reading for a while)"] += 1
        await asyncio.sleep(self._chance.uniform(2, transcript.STANDS_SECONDS) * self._scale)
        self._stay()

    def _stay(self) -> None:
        self._leaves_at = time.monotonic() + self._scale * self._chance.expovariate(1 / OPEN_SECONDS)

    def _take(self, parser: Parser) -> None:
        messages, parser.messages = parser.messages, []
        self._retry = min(5.0, (parser.retry or 500) / 1000)
        for message in messages:
            self.open = True
            if message.event == "session-ended":
                raise SignedOut(message.event)
            if message.event == "bye":
                raise Left(f"bye: {message.data}")
            if message.event == "hello":
                self._beat = float(message.data)
            shown = transcript.steps(message.data) if message.event == "message" else ()
            self._tell(message.id, shown)
        self._tell(parser.last_id, ())

    def _tell(self, id_: str, shown: tuple[transcript.Step, ...]) -> None:
        if not shown and id_ in ("", self._last_id):
            return
        self._last_id = id_ or self._last_id
        self.events.append(Told(time.monotonic(), StreamPosition.parse(id_), shown))

    @asynccontextmanager
    async def _asked(self, path: str, port: int = 0, **headers: str) -> AsyncIterator[Answer]:
        fields = {"Host": "127.0.0.1", "Cookie": self._user.cookie, **headers}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        async with asyncio.timeout(CONNECT_SECONDS):
            source, sink = await asyncio.open_connection("127.0.0.1", port or self._chance.choice(self._ports))
        try:
            sink.write("\r\n".join(lines).encode("latin-1"))
            async with asyncio.timeout(CONNECT_SECONDS):
                head = (await source.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            named = (line.partition(":") for line in head[1:-2])
            yield Answer(int(head[0].split()[1]), {name.lower(): value.strip() for name, _, value in named}, source)
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
