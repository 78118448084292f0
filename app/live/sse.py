"""Server-Sent Events on Quart, with the names and parameters that sse-starlette made known. Importable alone."""

import asyncio
import json
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from typing import Any

from quart import Response
from quart.utils import run_sync_iterable

_BREAK = re.compile(r"\r\n|\r|\n")
_SEPARATORS = ("\n", "\r\n", "\r")


class ServerSentEvent:
    """One block of an event stream. Whatever the values hold, they stay inside their own field.

    The separator is a bare LF unless told otherwise: htmx cuts a CRLF that two packets share into two messages.
    """

    DEFAULT_SEPARATOR = "\n"

    def __init__(
        self,
        data: Any | None = None,
        *,
        event: str | None = None,
        id: str | None = None,  # noqa: A002 (the name of the field)
        retry: int | None = None,
        comment: str | None = None,
        sep: str | None = None,
    ) -> None:
        if retry is not None and (not isinstance(retry, int) or retry < 0):
            raise TypeError("retry must be a whole number of milliseconds")
        self.data, self.event, self.id, self.retry, self.comment = data, event, id, retry, comment
        self.sep = _separator(sep or self.DEFAULT_SEPARATOR)

    def encode(self) -> bytes:
        return "".join(line + self.sep for line in (*self._lines(), "")).encode("utf-8", "replace")

    def _lines(self) -> Iterable[str]:
        if self.comment is not None:
            yield from (f": {line}" for line in _BREAK.split(str(self.comment)))
        if self.id is not None:
            yield f"id: {_field(self.id)}"
        if self.event is not None:
            yield f"event: {_field(self.event)}"
        if self.data is not None:
            yield from (f"data: {line}" for line in _BREAK.split(str(self.data)))
        if self.retry is not None:
            yield f"retry: {self.retry}"


class JSONServerSentEvent(ServerSentEvent):
    """An event whose data is written as compact JSON."""

    def __init__(self, data: Any | None = None, **fields: Any) -> None:
        written = None if data is None else json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        super().__init__(written, **fields)


Content = str | bytes | Mapping[str, Any] | ServerSentEvent


def ensure_bytes(content: Content, sep: str = ServerSentEvent.DEFAULT_SEPARATOR) -> bytes:
    """Bytes pass as they are; anything else becomes one block."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, ServerSentEvent):
        return content.encode()
    if isinstance(content, Mapping):
        return ServerSentEvent(**{"sep": sep, **content}).encode()
    return ServerSentEvent(content, sep=sep).encode()


class EventSourceResponse(Response):
    """A response that stays open and sends what `content` yields.

    `ping` seconds of silence bring a comment (0: never). A send that takes longer than `send_timeout` seconds ends the
    stream: the reader has stopped reading. `background` runs after the last byte, `data_sender_callable` beside the
    stream and no longer than it; `client_close_handler_callable` is told when the reader goes first.
    """

    DEFAULT_PING_INTERVAL = 15

    def __init__(
        self,
        content: AsyncIterable[Content] | Iterable[Content],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = "text/event-stream",
        background: Callable[[], Awaitable[None]] | None = None,
        ping: float | None = None,
        sep: str | None = None,
        ping_message_factory: Callable[[], Content] | None = None,
        data_sender_callable: Callable[[], Awaitable[None]] | None = None,
        send_timeout: float | None = None,
        client_close_handler_callable: Callable[[Mapping[str, Any]], Awaitable[None]] | None = None,
    ) -> None:
        self.ping_interval = self.DEFAULT_PING_INTERVAL if ping is None else ping
        if self.ping_interval < 0:
            raise ValueError("ping must not be negative")
        self.sep = _separator(sep or ServerSentEvent.DEFAULT_SEPARATOR)
        self._content = content
        self._background, self._sender, self._closed = background, data_sender_callable, client_close_handler_callable
        self._ping = ping_message_factory or _ping
        self._send_timeout = send_timeout
        super().__init__(self._stream(), status_code, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self.headers.update(headers or {})
        self.content_type = f"{media_type}; charset=utf-8"
        self.timeout = None

    async def _stream(self) -> AsyncGenerator[bytes, None]:
        sender = asyncio.ensure_future(self._sender()) if self._sender else None
        try:
            async with aclosing(self._blocks()) as blocks:
                async for block in blocks:
                    with _deadline(self._send_timeout):
                        yield block
                    # A send into a dead connection returns at once: without a turn of the loop its end is never heard.
                    await asyncio.sleep(0)
        except (asyncio.CancelledError, GeneratorExit):
            if self._closed:
                await self._closed({"type": "http.disconnect"})
            raise
        finally:
            if sender:
                sender.cancel()
            if self._background:
                await self._background()

    async def _blocks(self) -> AsyncGenerator[bytes, None]:
        contents = aiter(self._content if isinstance(self._content, AsyncIterable) else _threaded(self._content))
        try:
            async with aclosing(self._pinged(contents) if self.ping_interval else _unpinged(contents)) as items:
                async for content in items:
                    yield ensure_bytes(content, self.sep)
        finally:
            if isinstance(contents, AsyncGenerator):
                await contents.aclose()

    async def _pinged(self, contents: AsyncIterator[Content]) -> AsyncGenerator[Content, None]:
        """The next item is awaited in a task of its own, which a ping does not disturb."""
        following: asyncio.Future[Content | None] | None = None
        try:
            while True:
                following = following or asyncio.ensure_future(_next(contents))
                await asyncio.wait({following}, timeout=self.ping_interval)
                if not following.done():
                    yield self._ping()
                    continue
                content, following = following.result(), None
                if content is None:
                    return
                yield content
        finally:
            if following:
                following.cancel()
                await asyncio.wait({following})


async def _unpinged(contents: AsyncIterator[Content]) -> AsyncGenerator[Content, None]:
    async for content in contents:
        yield content


async def _next(contents: AsyncIterator[Content]) -> Content | None:
    return await anext(contents, None)


def _threaded(contents: Iterable[Content]) -> AsyncIterator[Content]:
    return run_sync_iterable(iter(contents))


def _ping() -> ServerSentEvent:
    return ServerSentEvent(comment=f"ping - {datetime.now(UTC):%Y-%m-%d %H:%M:%S}")


@contextmanager
def _deadline(seconds: float | None) -> Iterator[None]:
    """The task that sends is cancelled when it has not come back in time."""
    task = asyncio.current_task()
    if not seconds or not task:
        yield
        return
    late = asyncio.get_running_loop().call_later(seconds, task.cancel)
    try:
        yield
    finally:
        late.cancel()


def _separator(sep: str) -> str:
    if sep not in _SEPARATORS:
        raise ValueError("sep must be LF, CRLF or CR")
    return sep


def _field(value: str) -> str:
    """An id or a name, on one line; a NUL would make browsers ignore the id."""
    return _BREAK.sub("", str(value)).replace("\0", "")
