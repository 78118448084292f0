"""The web process shuts down in order, whatever its readers do."""

import asyncio
import re
import signal
import socket
from array import array
from fcntl import ioctl
from termios import FIONREAD

from app.push import Push
from app.settings.load import Settings
from tests.pipeline.conftest import Desk
from tests.support.stream_reader import Reader
from tests.support.waiting import until
from tests.support.web_process import process, seconds_to_exit, signed_in


async def test_every_stream_gets_a_bye_and_the_process_exits_with_0(settings: Settings) -> None:
    async with process(settings) as running:
        headers = await signed_in(settings)
        async with (
            Reader(settings.port, "/stream?topics=patterns,status", headers) as first,
            Reader(settings.port, "/stream?topics=quotes", headers) as second,
        ):
            await first.message("message")
            await second.message("hello")
            leaving = asyncio.create_task(seconds_to_exit(running, signal.SIGTERM))
            byes = [(await reader.end())[-1] for reader in (first, second)]
            took = await leaving

        assert [(bye.event, bye.data) for bye in byes] == [("bye", "drain")] * 2
        assert first.retry
        assert 1000 <= first.retry <= 6000
        assert running.returncode == 0
        assert took < 5


async def test_a_client_that_never_reads_does_not_delay_the_shutdown(settings: Settings) -> None:
    async with process(settings, TICKSTOCK_LIVE_BEAT_SECONDS="0.001") as running:
        headers = await signed_in(settings)
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", settings.port))
        deaf.sendall(
            f"GET /stream?topics=status HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {headers['Cookie']}\r\n\r\n".encode()
        )
        await until_full(deaf)

        took = await seconds_to_exit(running, signal.SIGINT)
        deaf.close()

        assert running.returncode == 0
        assert took < 5


async def until_full(deaf: socket.socket) -> None:
    """Until what waits to be read grows no more."""
    waiting = array("i", [0])
    before = -1
    async with asyncio.timeout(20):
        while waiting[0] != before or not before:
            before = waiting[0]
            await asyncio.sleep(0.3)
            ioctl(deaf, FIONREAD, waiting)


async def test_a_port_in_use_is_a_one_line_error(settings: Settings) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", settings.port))
        listener.listen()
        async with process(settings) as running:
            _, output = await asyncio.wait_for(running.communicate(), 60)

    assert running.returncode == 1
    assert re.fullmatch(rf".*cannot listen on 127.0.0.1:{settings.port}.*\n", output.decode().splitlines(True)[-1])
    assert b"Traceback" not in output


async def test_a_draining_process_is_not_ready_and_refuses_streams(desk: Desk) -> None:
    async with desk.client() as client:
        async with asyncio.timeout(20):
            while (await client.get("/ready")).status_code != 200:  # what it knows of others is a second old
                await asyncio.sleep(0.05)

        await desk.context.hub.drain()

        answer = await client.get("/ready")
        assert (answer.status_code, answer.json()["staying"]) == (503, False)
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/stream?topics=patterns")).status_code == 503


async def test_unusual_requests_get_their_status(desk: Desk) -> None:
    requests = {
        b"GET ?x HTTP/1.1\r\nHost: x\r\n\r\n": b"400",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n": b"204",
        b"GET /%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n": b"404",
        b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n": b"200",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": b"505",
    }
    for request, status in requests.items():
        source, sink = await asyncio.open_connection("127.0.0.1", desk.settings.port)
        sink.write(request)
        async with asyncio.timeout(20):
            assert (await source.readline()).split()[1] == status, request
        sink.close()


async def test_a_reader_that_reads_nothing_loses_its_stream(impatient: Desk) -> None:
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, ("127.0.0.1", impatient.settings.port))
    cookie = "; ".join(f"{name}={value}" for name, value in impatient.cookies.items())
    request = f"GET /stream?topics=patterns HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
    await loop.sock_sendall(deaf, request.encode())
    async with asyncio.timeout(20):
        received = b""
        while (
            b"<hx-partial" not in received
        ):  # before that it would be sent away with what it is still to catch up with
            received += await loop.sock_recv(deaf, 4096)

    large = "x" * 60_000

    def draw(_view: object) -> str:
        return large

    async with asyncio.timeout(60):
        while "slow" not in impatient.context.hub.stats.ended:
            impatient.context.hub.publish(Push("patterns", "feed", "insert", draw))
            await asyncio.sleep(0.02)

    deaf.close()


async def test_opening_and_closing_streams_leaves_nothing_behind(desk: Desk) -> None:
    async def once() -> None:
        async with desk.stream("patterns,status") as reader:
            await reader.message("message")

    await once()
    await until(lambda: desk.context.hub.stats.connections == 0)
    await asyncio.sleep(0.1)
    before = len(asyncio.all_tasks())

    for _ in range(20):
        await once()
    await until(lambda: desk.context.hub.stats == desk.context.hub.stats._replace(connections=0, audiences=0))

    await until(lambda: len(asyncio.all_tasks()) <= before + 1)
