"""Slow, large, aborted and lost connections are given up in time and affect no other."""

import asyncio
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from app.server import serve
from app.server.factory import LARGEST_BODY
from app.settings.load import Settings
from tests.pipeline.conftest import Desk, desk, settings
from tests.support.waiting import until

__all__ = ["desk", "settings"]

HEAD = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
LENGTHS = [b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 5, 6", b"Content-Length: -1"]


async def connect(desk: Desk) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", desk.settings.port)


async def status(source: asyncio.StreamReader) -> int:
    async with asyncio.timeout(15):
        return int((await source.readline()).split()[1])


def cookie(desk: Desk) -> str:
    return "; ".join(f"{name}={value}" for name, value in desk.cookies.items())


async def assert_serving(desk: Desk) -> None:
    async with desk.client() as client:
        assert (await client.get("/health")).status_code == 200


async def test_a_body_that_is_too_large_is_refused_before_it_arrives(desk: Desk) -> None:
    source, sink = await connect(desk)
    sink.write(HEAD + b"Content-Length: 2000000000\r\n\r\nemail=")
    assert await status(source) == 413
    sink.close()

    source, sink = await connect(desk)
    sink.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    piece = b"x" * 16_384
    for _ in range(LARGEST_BODY // len(piece) + 1):
        sink.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    assert await status(source) == 413
    sink.close()
    await assert_serving(desk)


async def test_endless_headers_are_refused(desk: Desk) -> None:
    source, sink = await connect(desk)
    sink.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: " + b"x" * 200_000)
    assert await status(source) in (400, 431)
    sink.close()


async def test_an_incomplete_request_head_times_out(desk: Desk) -> None:
    source, sink = await connect(desk)
    sink.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    async with asyncio.timeout(30):
        while await source.read(1000):
            pass
    sink.close()


async def test_a_slowly_sent_body_times_out(desk: Desk) -> None:
    desk.app.config["BODY_TIMEOUT"] = 1
    source, sink = await connect(desk)
    sink.write(HEAD + b"Content-Length: 600\r\n\r\nemail=")

    async def trickle() -> None:
        while not sink.is_closing():
            sink.write(b"x")
            await asyncio.sleep(0.1)

    trickling = asyncio.create_task(trickle())
    assert await status(source) == 408
    trickling.cancel()
    sink.close()


async def test_conflicting_lengths_are_refused_and_nothing_is_smuggled(desk: Desk) -> None:
    for lengths in LENGTHS:
        source, sink = await connect(desk)
        sink.write(HEAD + lengths + b"\r\n\r\nemail")
        assert await status(source) == 400
        sink.close()


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"PROPFIND"])
async def test_unsupported_methods_are_refused(desk: Desk, method: bytes) -> None:
    source, sink = await connect(desk)
    sink.write(method + b" /login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Secret: hunter2\r\n\r\n")
    async with asyncio.timeout(10):
        answer = await source.read(10_000)
    assert answer.split()[1] in (b"400", b"405")
    assert b"hunter2" not in answer
    assert b"server:" not in answer.lower()
    sink.close()


async def test_readers_who_disconnect_in_mid_stream_leave_nothing_behind(desk: Desk) -> None:
    for _ in range(20):
        _, sink = await connect(desk)
        sink.write(f"GET /stream?topics=status HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie(desk)}\r\n\r\n".encode())
        seats = desk.context.hub.stats.connections
        await until(lambda seats=seats: desk.context.hub.stats.connections > seats)  # type: ignore[misc]
        reset(sink)
        await until(lambda: desk.context.hub.stats.connections == 0)
    await assert_serving(desk)


def reset(sink: asyncio.StreamWriter) -> None:
    """Ends it with RST instead of a goodbye."""
    sink.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sink.transport.abort()


async def test_a_stream_outlives_the_time_limit_of_answers(desk: Desk) -> None:
    desk.app.config["RESPONSE_TIMEOUT"] = 1
    async with desk.stream("patterns") as reader:
        beats = [await reader.message("beat") for _ in range(12)]

    assert len(beats) == 12


FAR = """
import socket, sys, time
link = socket.create_connection(("10.213.77.1", int(sys.argv[1])))
link.sendall(sys.stdin.buffer.read())
print(link.recv(12).decode(), flush=True)
time.sleep(60)
"""
AWAY = ["unshare", "--net", "sleep", "60"]


class RemotePeer:
    """Another machine: a network of its own, and a cable that can be pulled out."""

    def __init__(self) -> None:
        self.keeper = Popen(AWAY)
        self.cable = f"far{self.keeper.pid % 100_000}"
        self.client: Popen[bytes] | None = None
        end = time.monotonic() + 10
        while self.keeper.poll() is None and self._is_here() and time.monotonic() < end:
            time.sleep(0.01)

    def _is_here(self) -> bool:
        """The keeper has not left our own network yet: a cable to it would end in this one."""
        own, theirs = (Path(f"/proc/{who}/ns/net") for who in ("self", self.keeper.pid))
        return own.readlink() == theirs.readlink()

    def plug(self) -> bool:
        inner = ["nsenter", "--net", f"--target={self.keeper.pid}", "ip"]
        return all(
            Popen(command.split() if isinstance(command, str) else command, stderr=PIPE).wait(5) == 0
            for command in (
                f"ip link add {self.cable} type veth peer name far netns {self.keeper.pid}",
                f"ip addr add 10.213.77.1/30 dev {self.cable}",
                f"ip link set {self.cable} up",
                [*inner, "addr", "add", "10.213.77.2/30", "dev", "far"],
                [*inner, "link", "set", "far", "up"],
            )
        )

    def ask(self, port: int, request: bytes) -> None:
        command = ["nsenter", "--net", f"--target={self.keeper.pid}", sys.executable, "-c", FAR, str(port)]
        self.client = Popen(command, stdin=PIPE, stdout=PIPE)
        assert self.client.stdin
        self.client.stdin.write(request)
        self.client.stdin.close()

    def pull(self) -> None:
        assert Popen(["ip", "link", "set", self.cable, "down"]).wait(5) == 0

    def end(self) -> None:
        for process in (self.client, self.keeper):
            if process:
                process.send_signal(signal.SIGKILL)
                process.wait(5)
        Popen(["ip", "link", "del", self.cable], stderr=PIPE).wait(5)


@pytest.fixture
def far() -> Iterator[RemotePeer]:
    try:
        peer = RemotePeer()
    except OSError:
        pytest.skip("no `unshare` here: a lost peer cannot be tried")
    if not peer.plug():
        peer.end()
        pytest.skip("no network can be made here (it takes root): a lost peer cannot be tried")
    yield peer
    peer.end()


async def test_a_connection_lost_without_a_close_frees_its_stream(
    settings: Settings, far: RemotePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "STALLED_MS", 1500)
    desk = Desk(settings.model_copy(update={"host": "0.0.0.0"}))
    await desk.start()
    await desk.enter()
    request = f"GET /stream?topics=status HTTP/1.1\r\nHost: 10.213.77.1\r\nCookie: {cookie(desk)}\r\n\r\n"
    far.ask(settings.port, request.encode())
    await until(lambda: desk.context.hub.stats.connections == 1, 30)

    far.pull()

    await until(lambda: desk.context.hub.stats.connections == 0, 15)
    await desk.stop()
