"""The response that stays open and sends events, with the parameters of sse-starlette's."""

import asyncio
import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from quart import Response, current_app, has_app_context, has_request_context, request
from quart.utils import run_sync_iterable

from quart_sse import arguments
from quart_sse.body import EventStreamBody, Options
from quart_sse.event import Content, ServerSentEvent, checked_separator

logger = logging.getLogger(__name__)


class EventSourceResponse(Response):
    """A response that stays open and sends what `content` yields.

    Times are seconds. A `ping` of 0 is none. A send that takes longer than `send_timeout` ends the stream, and so does
    what `data_sender_callable` raises, which runs beside it. `client_close_handler_callable` is called when the reader
    goes first. `background` runs in the application when the response has been sent or its reader has gone, and not
    after an error. When the server leaves, `shutdown_event` is set, and content that still goes on after
    `shutdown_grace_period` is cancelled. `cleanup_timeout` bounds the closing of content (None: no bound).

    Raises TypeError or ValueError for an argument that is of no use, and RuntimeError for a `background` without an
    application to run in.
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
        background: Callable[[], Any] | None = None,
        ping: float | None = None,
        sep: str | None = None,
        ping_message_factory: Callable[[], Content] | None = None,
        data_sender_callable: Callable[[], Awaitable[None]] | None = None,
        send_timeout: float | None = None,
        client_close_handler_callable: Callable[[Mapping[str, Any]], Awaitable[None]] | None = None,
        shutdown_event: Any = None,
        shutdown_grace_period: float = 0,
        cleanup_timeout: float | None = DEFAULT_CLEANUP_TIMEOUT,
    ) -> None:
        self.ping_interval = self.DEFAULT_PING_INTERVAL if ping is None else ping
        self.sep = checked_separator(self.DEFAULT_SEPARATOR if sep is None else sep)
        self._background = arguments.function("background", background)
        if background and not has_app_context():
            raise RuntimeError("background needs an application to run in: make the response in a route")
        self._app = current_app._get_current_object() if background else None  # type: ignore[attr-defined]
        options = Options(
            self.sep,
            arguments.function("ping_message_factory", ping_message_factory) or self._ping,
            arguments.function("data_sender_callable", data_sender_callable),
            arguments.seconds_or_none("send_timeout", send_timeout, least="> 0"),
            arguments.function("client_close_handler_callable", client_close_handler_callable),
            arguments.event("shutdown_event", shutdown_event),
            arguments.seconds("shutdown_grace_period", shutdown_grace_period),
            arguments.seconds_or_none("cleanup_timeout", cleanup_timeout),
        )
        self._body = self._make_body(arguments.content(content), options)
        super().__init__(self._body, arguments.status(status_code), {"Cache-Control": "no-store"})
        self.headers.update(headers or {})
        self.headers["X-Accel-Buffering"] = "no"
        kind = arguments.media_type(media_type)
        self.content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        self.timeout = None

    @property
    def ping_interval(self) -> float:
        """Seconds; 0 is none. A change counts from the next ping on."""
        return self._ping_interval

    @ping_interval.setter
    def ping_interval(self, value: float) -> None:
        self._ping_interval = arguments.seconds("ping", value)

    @property
    def active(self) -> bool:
        """False once the stream has ended."""
        return self._body.active

    def leave(self) -> None:
        """Ends it as if the server left: content is told, and cancelled when its grace is over."""
        self._body.leave()

    def _make_body(self, content: AsyncIterable[Content] | Iterable[Content], options: Options) -> EventStreamBody:
        if has_request_context() and request.method == "HEAD":
            # Who asks for the head is given no stream, which has no end.
            content, options = (), options._replace(data_sender_callable=None)
        items = content if isinstance(content, AsyncIterable) else run_sync_iterable(iter(content))
        return EventStreamBody(items, lambda: self._ping_interval, options, self._completed)

    def _ping(self) -> ServerSentEvent:
        return ServerSentEvent(comment=f"ping - {datetime.now(UTC):%Y-%m-%d %H:%M:%S}", sep=self.sep)

    def _completed(self, error: BaseException | None) -> None:
        if isinstance(error, asyncio.TimeoutError):
            # Quart takes it for the end of its own time and says nothing.
            logger.warning("the stream was ended by a timeout: %s", error or type(error).__name__)
        if self._app and self._background and not error:
            self._app.add_background_task(self._background)
