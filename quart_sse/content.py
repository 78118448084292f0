"""Content is iterated in one task from its first item to its closing, and only when the next item is asked for."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable
from contextvars import Context
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)

ABANDON_SECONDS = 1.0
"""How long content that was cancelled a second time may go on before nobody waits for it any more."""


_END = object()


class Item(NamedTuple):
    value: Any


class ContentTask:
    """Runs `content` and calls `changed` when there is an item to take or none will come any more.

    While an item is being sent the content is suspended at its yield. Where a scope of its own ends meanwhile, as an
    `asyncio.timeout` around a yield does, it is told there, and what it yields instead is its next item.
    `cleanup_seconds` bounds its closing (None: no bound): then it is cancelled once more, and left if that is no use.
    """

    def __init__(self, content: AsyncIterable[Any], cleanup_seconds: float | None, changed: Callable[[], None]) -> None:
        self._content, self._cleanup_seconds, self._changed = content, cleanup_seconds, changed
        self._item: Item | None = None
        self._item_requested = False
        self._request: asyncio.Future[None] | None = None
        self._started = self._closing = self._exhausted = self._reported = False
        self._deadline: asyncio.TimerHandle | None = None
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._finished)

    def ask(self) -> None:
        """For one more item; does nothing while one is on its way."""
        if not self._item_requested:
            self._item_requested = True
            if self._request and not self._request.done():
                self._request.set_result(None)

    def take(self) -> Item | None:
        item, self._item = self._item, None
        return item

    @property
    def done(self) -> bool:
        return self._task.done()

    def result(self) -> None:
        """Raises what the content raised, once it is done. Its own CancelledError is not that of who reads it."""
        self._reported = True
        if not self._task.cancelled():
            self._task.result()
        elif not self._exhausted:
            raise RuntimeError("content was cancelled, but not by its stream")

    async def close(self) -> None:
        """Cancels it, or closes it where it is suspended at a yield. What it raises meanwhile is logged."""
        if not self._started:
            await asyncio.sleep(0)
        if not self._task.done():
            self._closing = True
            self._task.cancel()
            self._limit_cleanup()
            limit = self._cleanup_seconds
            await asyncio.wait({self._task}, timeout=None if limit is None else limit + ABANDON_SECONDS)
        if self._task.done() and not self._task.cancelled() and not self._reported:
            error = self._task.exception()
            if error:
                logger.error("content failed while it was closed", exc_info=error)

    async def _run(self) -> None:
        self._started, item = True, None
        iterator = aiter(self._content)
        try:
            while True:
                try:
                    await self._requested()
                except asyncio.CancelledError as cancelled:
                    if self._closing or not isinstance(iterator, AsyncGenerator):
                        raise
                    item = await _following(iterator.athrow(cancelled))
                    continue
                item = item or await _following(anext(iterator))
                if item.value is _END or self._closing:
                    return
                self._item, self._item_requested, item = item, False, None
                self._changed()
        finally:
            self._exhausted = bool(item and item.value is _END)
            self._limit_cleanup()
            await _close(iterator, self._content)

    async def _requested(self) -> None:
        if not self._item_requested:
            self._request = asyncio.get_running_loop().create_future()
            await self._request

    def _limit_cleanup(self) -> None:
        if self._deadline is None and self._cleanup_seconds is not None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._cleanup_seconds, self._cut_cleanup, context=Context())

    def _cut_cleanup(self) -> None:
        if not self._task.done():
            logger.warning("content not closed within %s seconds: its cleanup is cancelled", self._cleanup_seconds)
            self._task.cancel()

    def _finished(self, _: asyncio.Task[None]) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._changed()


async def _following(step: Awaitable[Any]) -> Item:
    """`step`: what continues the content and is its next value."""
    try:
        return Item(await step)
    except StopAsyncIteration:
        return Item(_END)


async def _close(iterator: AsyncIterator[Any], content: AsyncIterable[Any]) -> None:
    """Generators, memory streams, and whatever else can be closed."""
    for each in (iterator,) if iterator is content else (iterator, content):
        aclose = getattr(each, "aclose", None)
        if aclose:
            await aclose()
