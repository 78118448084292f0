"""Whether the server is about to leave: then every open stream of its process ends."""

import asyncio
import signal
from collections.abc import Callable
from contextvars import Context
from typing import Any, ClassVar, Protocol
from weakref import WeakKeyDictionary

POLL_SECONDS = 0.5


class AppStatus:
    """Set `should_exit`, or call `handle_exit`, when the server is told to leave."""

    should_exit = False
    enable_automatic_graceful_drain = True
    original_handler: ClassVar[Callable[..., object] | None] = None

    @staticmethod
    def disable_automatic_graceful_drain() -> None:
        """From now on `should_exit` alone ends streams, and whoever calls this has to set it."""
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


class Stream(Protocol):
    def leave(self) -> None: ...


class OpenStreams:
    """The streams of one event loop. One timer looks whether they should end, as long as there are any."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._polling = loop, False
        self._streams: set[Stream] = set()

    def add(self, stream: Stream) -> None:
        if leaving():
            stream.leave()
            return
        self._streams.add(stream)
        if not self._polling:
            self._polling = True
            self._loop.call_later(POLL_SECONDS, self._poll, context=Context())

    def discard(self, stream: Stream) -> None:
        self._streams.discard(stream)

    def _poll(self) -> None:
        while self._streams and leaving():
            self._streams.pop().leave()
        self._polling = bool(self._streams)
        if self._polling:
            self._loop.call_later(POLL_SECONDS, self._poll, context=Context())


def leaving() -> bool:
    """Whether this process leaves. Uvicorn is asked afresh each time: a stopped server is not the next one."""
    if AppStatus.should_exit:
        return True
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return AppStatus.enable_automatic_graceful_drain and getattr(server, "should_exit", False) is True


def open_streams() -> OpenStreams:
    """Those of the running loop."""
    loop = asyncio.get_running_loop()
    return _of_loop.setdefault(loop, OpenStreams(loop))


_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, OpenStreams] = WeakKeyDictionary()
