"""Server-Sent Events on Quart, with the names, parameters and behaviour of sse-starlette 3.7. Importable alone.

It departs from it on purpose where:

* lines end with LF, not CRLF: htmx takes a CRLF that two packets share for two ends;
* an event refuses what is no separator, leaves out a NUL, for which browsers ignore an id, and sends a lone surrogate
  as "?", where it would end the stream;
* no Connection header is sent, which HTTP/2 forbids;
* Quart sends, so a send that takes too long cancels the request's task: there is no SendTimeoutError to catch;
* `background` runs however the stream ended, and one that the server ends is complete in the eyes of HTTP;
* uvicorn is asked whether it leaves, and not patched. Hypercorn's shutdown trigger has to call AppStatus.handle_exit().
"""

import asyncio
import json
import logging
import re
import signal
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from contextvars import Context
from datetime import UTC, datetime
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from quart import Response, has_request_context, request
from quart.utils import run_sync_iterable

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5

_BREAK = re.compile(r"\r\n|\r|\n")
_SEPARATORS = ("\n", "\r\n", "\r")
_END = object()


class ServerSentEvent:
    """One block of an event stream. Whatever the values hold, they stay inside their own field."""

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
            if type(self.retry) is not int or self.retry < 0:
                raise TypeError("retry argument must be int, and not negative")
            yield f"retry: {self.retry}"


class JSONServerSentEvent(ServerSentEvent):
    """An event whose data is written as compact JSON."""

    def __init__(self, data: Any | None = None, **fields: Any) -> None:
        written = None if data is None else json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        super().__init__(written, **fields)


Content = Any
"""Bytes, a mapping of an event's fields, a ServerSentEvent, or anything else, which is written as its data."""


def ensure_bytes(content: Content, sep: str = ServerSentEvent.DEFAULT_SEPARATOR) -> bytes:
    """Bytes pass as they are; anything else becomes one block."""
    if isinstance(content, bytes | memoryview):
        return bytes(content)
    if isinstance(content, ServerSentEvent):
        return content.encode()
    if isinstance(content, Mapping):
        return ServerSentEvent(**{**content, "sep": sep}).encode()
    return ServerSentEvent(str(content), sep=sep).encode()


class AppStatus:
    """Whether the server is about to leave: then every stream of this process ends, after its grace."""

    should_exit = False
    enable_automatic_graceful_drain = True
    original_handler: ClassVar[Callable[..., object] | None] = None

    @staticmethod
    def disable_automatic_graceful_drain() -> None:
        AppStatus.enable_automatic_graceful_drain = False

    @staticmethod
    def enable_automatic_graceful_drain_mode() -> None:
        AppStatus.enable_automatic_graceful_drain = True

    @staticmethod
    def handle_exit(*args: Any, **kwargs: Any) -> None:
        """To be called when the server is told to leave; may stand in for its signal handler."""
        if AppStatus.enable_automatic_graceful_drain:
            AppStatus.should_exit = True
        if AppStatus.original_handler is not None:
            AppStatus.original_handler(*args, **kwargs)


class EventSourceResponse(Response):
    """A response that stays open and sends what `content` yields.

    Times are seconds. A `ping` of 0 is none. A send that takes longer than `send_timeout` ends the stream, and so does
    what `data_sender_callable` raises, which runs beside it; `background` runs after it, and
    `client_close_handler_callable` when the reader goes first. When the server leaves, `shutdown_event` is set, and
    content that still goes on after `shutdown_grace_period` is cancelled. `cleanup_timeout` bounds its closing.
    """

    DEFAULT_PING_INTERVAL = 15
    DEFAULT_SEPARATOR = ServerSentEvent.DEFAULT_SEPARATOR
    DEFAULT_CLEANUP_TIMEOUT = 30.0

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
        shutdown_event: asyncio.Event | None = None,
        shutdown_grace_period: float = 0,
        cleanup_timeout: float | None = DEFAULT_CLEANUP_TIMEOUT,
    ) -> None:
        self.ping_interval = _not_negative("ping", self.DEFAULT_PING_INTERVAL if ping is None else ping)
        self.sep = chosen = _separator(self.DEFAULT_SEPARATOR if sep is None else sep)
        self.ping_message_factory = ping_message_factory or (lambda: _ping(chosen))
        self.body_iterator = content if isinstance(content, AsyncIterable) else run_sync_iterable(iter(content))
        self.background, self.data_sender_callable = background, data_sender_callable
        self.client_close_handler_callable, self._shutdown_event = client_close_handler_callable, shutdown_event
        self.send_timeout, self.active = send_timeout, True
        self._grace = _not_negative("shutdown_grace_period", shutdown_grace_period)
        self._cleanup = None if cleanup_timeout is None else _not_negative("cleanup_timeout", cleanup_timeout)
        self._task: asyncio.Task[Any] | None = None
        self._ended: BaseException | str = ""  # from this side
        if has_request_context() and request.method == "HEAD":
            # Who asks for the head is given no stream, which has no end.
            self.body_iterator, self.data_sender_callable = run_sync_iterable(iter(())), None
        super().__init__(self._stream(), status_code, {"Cache-Control": "no-store"})
        self.headers.update(headers or {})
        self.headers["X-Accel-Buffering"] = "no"
        self.content_type = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
        self.timeout = None

    def leave(self) -> None:
        """The server leaves: the content is told, and cancelled when its grace is over."""
        if self._shutdown_event:
            self._shutdown_event.set()
        asyncio.get_running_loop().call_later(self._grace, self._end, "leaving")

    async def _stream(self) -> AsyncGenerator[bytes, None]:
        loop, self._task, limit = asyncio.get_running_loop(), asyncio.current_task(), self.send_timeout
        streams = _open.setdefault(loop, _Open())
        streams.enter(self, loop)
        sender = asyncio.ensure_future(self.data_sender_callable()) if self.data_sender_callable else None
        if sender:
            sender.add_done_callback(lambda done: self._end(None if done.cancelled() else done.exception()))
        try:
            async with aclosing(self._blocks()) as blocks:
                async for block in blocks:
                    # In no context: a cancelled timer keeps its own, and with it all of the request.
                    late = limit and loop.call_later(limit, self._end, "late", context=Context())
                    yield block
                    if late:
                        late.cancel()
                    # A send into a dead connection returns at once: without a turn of the loop its end is never heard.
                    await asyncio.sleep(0)
        except (asyncio.CancelledError, GeneratorExit) as why:
            await self._interrupted(why)
        finally:
            self.active = False
            streams.discard(self)
            if sender:
                sender.cancel()
                await asyncio.wait({sender})
            if self.background:
                await self.background()

    async def _interrupted(self, why: BaseException) -> None:
        """Returns when the stream may end in good order."""
        if not self._ended and self.client_close_handler_callable:
            await self.client_close_handler_callable({"type": "http.disconnect"})
        if not self._ended or isinstance(why, GeneratorExit):
            raise why
        if self._task:
            self._task.uncancel()
        if isinstance(self._ended, BaseException):
            raise self._ended

    async def _blocks(self) -> AsyncGenerator[bytes, None]:
        contents = aiter(self.body_iterator)
        items = self._pinged(contents) if self.ping_interval else contents
        try:
            async for content in items:
                yield ensure_bytes(content, self.sep)
        finally:
            try:
                async with asyncio.timeout(self._cleanup):
                    for each in (items, contents):
                        if isinstance(each, AsyncGenerator):
                            await each.aclose()
            except TimeoutError:
                logger.warning("content not closed within %s seconds", self._cleanup)

    async def _pinged(self, contents: AsyncIterator[Content]) -> AsyncGenerator[Content, None]:
        """The next item is awaited in a task of its own, which a ping does not disturb."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self.ping_interval
        following: asyncio.Future[Content] | None = None
        try:
            while True:
                following = following or asyncio.ensure_future(anext(contents, _END))
                await asyncio.wait({following}, timeout=max(0.0, due - loop.time()))
                if loop.time() >= due:
                    due = loop.time() + self.ping_interval
                    yield self.ping_message_factory()
                if following.done():
                    content, following = following.result(), None
                    if content is _END:
                        return
                    yield content
        finally:
            if following:
                following.cancel()
                await asyncio.wait({following})

    def _end(self, why: BaseException | str | None) -> None:
        if why and self.active and not self._ended and self._task:
            self._ended = why
            self._task.cancel()


class _Open(set[EventSourceResponse]):
    """The streams of one event loop; it looks now and then whether they should end, as long as there are any."""

    looking = False

    def enter(self, stream: EventSourceResponse, loop: asyncio.AbstractEventLoop) -> None:
        self.add(stream)
        if not self.looking:
            self.looking = True
            loop.call_later(LOOK_SECONDS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
        told = AppStatus.enable_automatic_graceful_drain and getattr(server, "should_exit", False) is True
        while self and (told or AppStatus.should_exit):
            self.pop().leave()
        self.looking = bool(self)
        if self.looking:
            loop.call_later(LOOK_SECONDS, self._look, loop)


_open: WeakKeyDictionary[asyncio.AbstractEventLoop, _Open] = WeakKeyDictionary()


def _ping(sep: str) -> ServerSentEvent:
    return ServerSentEvent(comment=f"ping - {datetime.now(UTC):%Y-%m-%d %H:%M:%S}", sep=sep)


def _not_negative(name: str, value: float) -> float:
    if value < 0:
        raise ValueError(f"{name} must be >= 0")
    return value


def _separator(sep: str) -> str:
    if sep not in _SEPARATORS:
        raise ValueError("sep must be LF, CRLF or CR")
    return sep


def _field(value: str) -> str:
    return _BREAK.sub("", str(value)).replace("\0", "")
