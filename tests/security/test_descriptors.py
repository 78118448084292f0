"""A process without a free file descriptor answers 503 and logs it once a second."""

import asyncio
import gc
import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.pipeline.conftest import Desk, desk, settings
from tests.support.waiting import loop_clock

__all__ = ["desk", "settings"]

CLIENTS = 40
"""More than can be answered at a time."""

ALIVE_SECONDS = 0.25
COMPLAINT = "no file descriptor is left"


async def test_requests_without_a_free_file_descriptor_are_answered_and_the_log_stays_short(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    usual = await wait_for_health(desk, socket.socket())
    clients = [socket.socket() for _ in range(CLIENTS)]
    open_client = socket.socket()
    assert (await send_request(desk, open_client, "/health")).startswith(b"HTTP/1.1 200")

    began = time.monotonic()
    with no_descriptor_left():
        answers = await asyncio.gather(*(send_request(desk, client, "/login") for client in clients[:-3]))
        assert {answer.splitlines()[0] for answer in answers} == {b"HTTP/1.1 503 Service Unavailable"}
        assert all(b"\r\nRetry-After: 5\r\n" in answer for answer in answers)
        for client in clients[-3:]:
            assert await wait_for_health(desk, client) < ALIVE_SECONDS + usual
        open_client.sendall(request("/health"))
        assert (await answer_to(open_client)).startswith(b"HTTP/1.1 200")
    lasted = time.monotonic() - began

    async with asyncio.timeout(10):
        while not (await send_request(desk, socket.socket(), "/login")).startswith(b"HTTP/1.1 200"):
            await asyncio.sleep(0.05)
    open_client.close()
    complaints = [record for record in caplog.records if COMPLAINT in record.message]
    assert 1 <= len(complaints) <= lasted + 1
    assert not [record for record in caplog.records if record.name == "asyncio"]


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    gc.collect()  # so that nothing that other tests left open is closed meanwhile
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors: list[int] = []
    highest = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, limits[1]))
    try:
        with suppress(OSError):
            while True:
                descriptors.append(os.open(os.devnull, os.O_RDONLY))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for number in descriptors:
            os.close(number)


def request(path: str, fields: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n".encode()


async def send_request(desk: Desk, client: socket.socket, path: str, fields: str = "") -> bytes:
    """The beginning of the answer to a request over this socket, which is connected for it."""
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", desk.settings.port))
    await loop.sock_sendall(client, request(path, fields))
    return await answer_to(client)


async def answer_to(client: socket.socket) -> bytes:
    async with asyncio.timeout(10):
        return await asyncio.get_running_loop().sock_recv(client, 65_536)


async def wait_for_health(desk: Desk, client: socket.socket) -> float:
    """Seconds in which nothing else was done."""
    async with loop_clock() as clock:
        assert (await send_request(desk, client, "/health", "Connection: close\r\n")).startswith(b"HTTP/1.1 200")
        lasted = clock()
    # What the server closes later would be a descriptor for somebody else.
    while await answer_to(client):
        pass
    client.close()
    return lasted
