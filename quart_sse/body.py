"""What Quart sends of an event stream: the content's blocks and pings, until one of many things ends it."""

import asyncio
import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from contextvars import Context
from types import TracebackType
from typing import Any, NamedTuple

from quart.wrappers.response import ResponseBody

from quart_sse.content import ContentTask
from quart_sse.event import Content, ensure_bytes
from quart_sse.shutdown import open_streams

logger = logging.getLogger(__name__)


class SendTimeoutError(TimeoutError):
    """The reader did not take a block in time. Quart ends the request for it, without a line in the log."""


class Options(NamedTuple):
    """Of one stream; times are seconds."""

    sep: str
    ping_message_factory: Callable[[], Content]
    data_sender_callable: Callable[[], Awaitable[None]] | None
    send_timeout: float | None
    client_close_handler_callable: Callable[[Mapping[str, Any]], Awaitable[None]] | None
    shutdown_event: Any
    shutdown_grace_period: float
    cleanup_timeout: float | None


class EventStreamBody(ResponseBody):
    """Iterated by the task that also sends, which is cancelled when it should end during a send.

    What ends it first counts: the end of its content, an error of its content, of the sender beside it or of a send,
    a reader who goes (the task is cancelled), or a server that leaves. What fails after that is logged.
    `completed` is called without an error when the response has been sent or its reader has gone, else with it.
    """

    def __init__(
        self,
        content: AsyncIterable[Content],
        ping_interval: Callable[[], float],
        options: Options,
        completed: Callable[[BaseException | None], None],
    ) -> None:
        self.active = True
        self._iterable, self._ping_interval, self._options, self._completed = content, ping_interval, options, completed
        self._error: BaseException | None = None
        self._stopped = self._sending = self._interrupted = self._ping_is_due = False
        self._wakeup: asyncio.Future[None] | None = None
        self._send_timer: asyncio.TimerHandle | None = None
        self._ping_timer: asyncio.TimerHandle | None = None
        self._sender: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "EventStreamBody":
        task = asyncio.current_task()
        assert task
        self._task = task
        task.add_done_callback(self._sent)
        if self._options.data_sender_callable:
            self._sender = asyncio.ensure_future(_awaited(self._options.data_sender_callable))
            self._sender.add_done_callback(self._sender_finished)
        self._content = ContentTask(self._iterable, self._options.cleanup_timeout, self._wake)
        open_streams().add(self)
        return self

    def __aiter__(self) -> "EventStreamBody":
        return self

    async def __anext__(self) -> bytes:
        self._end_of_send()
        self._schedule_ping()
        while not (block := self._next_block()):
            if self._interrupted:
                await asyncio.sleep(0)
            if self._stopped or self._content.done:
                self._raise_first_error()
                raise StopAsyncIteration
            self._content.ask()
            self._wakeup = asyncio.get_running_loop().create_future()
            await self._wakeup
        self._sending = True
        if self._options.send_timeout is not None:
            # In no context: a cancelled timer keeps its own, and with it all of the request.
            self._send_timer = asyncio.get_running_loop().call_later(
                self._options.send_timeout, self._send_is_late, context=Context()
            )
        return block

    async def __aexit__(  # type: ignore[override]
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """True, which goes on to the response's end, when a send was interrupted because the server leaves."""
        self._end_of_send()
        try:
            if isinstance(error, asyncio.CancelledError) and not self._stopped:
                await self._reader_has_gone()
            elif error and not self._interrupted:
                self._error = self._error or error
        finally:
            await self._close()
        if not self._interrupted or self._task.uncancel() or not isinstance(error, asyncio.CancelledError):
            return False
        if self._error:
            raise self._error
        return True

    def leave(self) -> None:
        """The server leaves: content may end in its grace period, and is cancelled when that is over."""
        if self._options.shutdown_event:
            self._options.shutdown_event.set()
        loop = asyncio.get_running_loop()
        loop.call_later(self._options.shutdown_grace_period, self.stop, context=Context())

    def stop(self, error: BaseException | None = None) -> None:
        """Ends the stream, in good order or with `error`, unless it has ended already."""
        if self._stopped or not self.active:
            return
        self._stopped, self._error = True, error
        self._wake()
        if self._sending:
            self._interrupted = True
            self._task.cancel()

    def _next_block(self) -> bytes:
        if self._stopped or self._interrupted:
            return b""
        if self._ping_is_due:
            self._ping_is_due, self._ping_timer = False, None
            return ensure_bytes(self._options.ping_message_factory(), self._options.sep)
        item = self._content.take()
        return ensure_bytes(item.value, self._options.sep) if item else b""

    def _raise_first_error(self) -> None:
        error = self._error or _exception(self._sender)
        if error:
            self._error = error
            raise error
        if self._content.done:
            self._content.result()

    def _end_of_send(self) -> None:
        self._sending = False
        if self._send_timer:
            self._send_timer.cancel()
            self._send_timer = None

    async def _reader_has_gone(self) -> None:
        self._stopped = True
        handler = self._options.client_close_handler_callable
        if handler:
            await handler({"type": "http.disconnect"})

    async def _close(self) -> None:
        self.active = False
        open_streams().discard(self)
        if self._ping_timer:
            self._ping_timer.cancel()
        if self._sender:
            # First: a producer is told that it is cancelled, not that nobody receives any more.
            self._sender.cancel()
        await self._content.close()
        if self._sender:
            await asyncio.wait({self._sender}, timeout=self._options.cleanup_timeout)

    def _send_is_late(self) -> None:
        self.stop(SendTimeoutError(f"a block was not sent within {self._options.send_timeout} seconds"))

    def _schedule_ping(self) -> None:
        """Counted from the end of the last one's send: a slow reader is not kept from the content by pings."""
        interval = self._ping_interval()
        if interval and not self._ping_timer:
            self._ping_timer = asyncio.get_running_loop().call_later(interval, self._ping, context=Context())

    def _ping(self) -> None:
        self._ping_is_due = True
        self._wake()

    def _wake(self) -> None:
        if self._wakeup and not self._wakeup.done():
            self._wakeup.set_result(None)

    def _sender_finished(self, sender: asyncio.Task[None]) -> None:
        error = _exception(sender)
        if error and self.active and not self._stopped:
            self.stop(error)
        elif error and error is not self._error:
            logger.error("data sender failed after the stream's end", exc_info=error)

    def _sent(self, task: asyncio.Task[Any]) -> None:
        self._completed(self._error or _exception(task))


async def _awaited(function: Callable[[], Awaitable[None]]) -> None:
    await function()


def _exception(task: asyncio.Task[Any] | None) -> BaseException | None:
    return task.exception() if task and task.done() and not task.cancelled() else None
