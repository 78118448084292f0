"""Answers 503 to new connections when no file descriptor is left, and logs it once a second."""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from app.logs import OncePerSecond

logger = logging.getLogger(__name__)

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE})
SPARE = 8
"""Descriptors kept in reserve for these answers; the number of simultaneous ones."""

READ_SECONDS = 0.1
PAUSE_SECONDS = 1.0
"""asyncio's own pause after a failed accept."""

LARGEST_HEAD = 65_536
RETRY_SECONDS = 5

HEALTH_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\nConnection: close\r\n\r\n"
    b'{"alive":true}'
)
UNAVAILABLE_RESPONSE = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: %d\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 42\r\nConnection: close\r\n\r\nToo many connections. Try again in a bit.\n" % RETRY_SECONDS
)
HEALTH = (b"GET /health ", b"HEAD /health ")


def exhausted(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in EXHAUSTED


@contextmanager
def answer_when_exhausted(listener: socket.socket) -> Iterator[None]:
    """Meanwhile, connections of `listener` for which there is no descriptor get an answer."""
    loop = asyncio.get_running_loop()
    refusals = OverloadResponder(listener.dup())
    before = loop.get_exception_handler()
    loop.set_exception_handler(refusals.handle)
    try:
        yield
    finally:
        loop.set_exception_handler(before)
        refusals.close()


class OverloadResponder:
    """After a failed accept asyncio pauses for a second; in this time connections are accepted and answered here."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._spare: list[int] = []
        self._answering: set[socket.socket] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._until = 0.0
        self._log = OncePerSecond(logger)
        self._refill()

    def handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """asyncio calls it once per waiting connection."""
        if not exhausted(context.get("exception")):
            loop.default_exception_handler(context)
            return
        self._log.error("no file descriptor is left: raise the limit of open files, or allow fewer streams")
        if loop.time() > self._until:
            self._until = loop.time() + PAUSE_SECONDS
            self._refill()
            loop.add_reader(self._listener, self._refuse_next)
            loop.call_later(PAUSE_SECONDS, self._leave_to_asyncio)

    def _leave_to_asyncio(self) -> None:
        loop = asyncio.get_running_loop()
        if self._listener.fileno() >= 0 and loop.time() >= self._until:
            loop.remove_reader(self._listener)

    def _refuse_next(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._spare:
            # Until one of the answered connections is closed.
            loop.remove_reader(self._listener)
            return
        os.close(self._spare.pop())
        connection = self._accept()
        if connection:
            self._answering.add(connection)
            task = loop.create_task(self._answer(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._refill()

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener)
        for task in self._tasks:
            task.cancel()
        while self._spare:
            os.close(self._spare.pop())
        self._listener.close()

    def _accept(self) -> socket.socket | None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return None
        connection.setblocking(False)
        return connection

    async def _answer(self, connection: socket.socket) -> None:
        """Reserves the released descriptor again in the same turn of the loop, before asyncio accepts a connection."""
        try:
            await _answer(connection)
        finally:
            connection.close()
            self._answering.discard(connection)
            self._take_back()

    def _take_back(self) -> None:
        if self._listener.fileno() < 0:
            return
        self._refill()
        loop = asyncio.get_running_loop()
        if loop.time() < self._until:
            loop.add_reader(self._listener, self._refuse_next)

    def _refill(self) -> None:
        # A descriptor that other code took is missing from the reserve until it is free again.
        with suppress(OSError):
            while len(self._spare) + len(self._answering) < SPARE:
                self._spare.append(os.open(os.devnull, os.O_RDONLY))


async def _answer(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(READ_SECONDS):
            head = await loop.sock_recv(connection, LARGEST_HEAD)
            await loop.sock_sendall(connection, HEALTH_RESPONSE if head.startswith(HEALTH) else UNAVAILABLE_RESPONSE)
        connection.shutdown(socket.SHUT_WR)
