"""Event streams over real HTTP, read by a parser that is not ours; and how they end."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from shutil import copy
from subprocess import run
from sys import executable
from typing import Any

import httpx
import httpx_sse
import pytest
from app.live.sse import AppStatus, EventSourceResponse, ServerSentEvent
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quart import Quart, Response
from tests.live.whatwg import parse

from app.live import sse
from tests.ports import free_port

HOSTILE = st.text(st.sampled_from("ab: \r\n\0\v\x85\u2028event:data:id:retry:é€\ud800")) | st.text()
FIELDS = st.fixed_dictionaries({"data": HOSTILE, "event": HOSTILE, "id": HOSTILE, "comment": HOSTILE})
LEAVING = pytest.mark.usefixtures("staying_after")


class Server:
    """Hypercorn in a thread of its own; each request is answered by what `answer` returns then."""

    def __init__(self) -> None:
        self.answer: Callable[[], Response] = Response
        self.address = f"127.0.0.1:{free_port()}"
        self.ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> "Server":
        self._thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        app, config = Quart(__name__), Config()
        app.add_url_rule("/", "stream", lambda: self.answer())
        config.bind, config.errorlog = [self.address], logging.getLogger("hypercorn.test")

        async def trigger() -> None:
            self.ready.set()
            await self._over.wait()

        await serve(app, config, shutdown_trigger=trigger)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as found:
        yield found


@pytest.fixture
def staying_after() -> Iterator[None]:
    yield
    AppStatus.should_exit = False


def received(server: Server, answer: Callable[[], Response]) -> list[httpx_sse.ServerSentEvent]:
    server.answer = answer
    with (
        httpx.Client(trust_env=False, timeout=30) as client,
        httpx_sse.connect_sse(client, "GET", f"http://{server.address}/") as source,
    ):
        return list(source.iter_sse())


def one_line(text: str) -> str:
    return sendable("".join(text.replace("\r", "").replace("\n", "").replace("\0", "")))


def sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(events=st.lists(FIELDS, max_size=5), sep=st.sampled_from(["\n", "\r\n", "\r"]), pieces=st.integers(1, 7))
def test_another_parser_reads_the_same_from_the_network(
    server: Server, events: list[dict[str, str]], sep: str, pieces: int
) -> None:
    encoded = b"".join(ServerSentEvent(**event, retry=7, sep=sep).encode() for event in events)

    async def cut() -> AsyncIterator[bytes]:
        for start in range(0, len(encoded), pieces):
            yield encoded[start : start + pieces]

    found = received(server, lambda: EventSourceResponse(cut()))

    def expected(event: Mapping[str, str]) -> tuple[str, str, str, int]:
        data = event["data"].replace("\r\n", "\n").replace("\r", "\n")
        return one_line(event["event"]) or "message", sendable(data), one_line(event["id"]), 7

    assert [(one.event, one.data, one.id, one.retry) for one in found] == list(map(expected, events))


@pytest.mark.parametrize("sep", [None, "\n", "\r\n", "\r"])
def test_the_separator_of_the_response_is_that_of_all_it_writes(server: Server, sep: str | None) -> None:
    def items() -> Iterator[object]:
        yield from ("a", 1, {"data": "b", "event": "e", "sep": "\r"}, memoryview(b"data: raw\n\n"), None)

    server.answer = lambda: EventSourceResponse(items(), sep=sep)
    with httpx.Client(trust_env=False, timeout=30) as client:
        body = client.get(f"http://{server.address}/").content

    end = (sep or "\n").encode()
    written = [b"data: a", b"data: 1", b"event: e" + end + b"data: b"]
    assert body == b"".join(each + end + end for each in written) + b"data: raw\n\n" + b"data: None" + end + end


def test_headers_are_those_of_a_stream_and_the_rest_is_ones_own(server: Server) -> None:
    asked = {"Cache-Control": "public, max-age=29", "X-Accel-Buffering": "yes", "X-Room": "7"}
    server.answer = lambda: EventSourceResponse(iter(()), 203, headers=asked, media_type="application/x-stream")
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.get(f"http://{server.address}/")

    assert answer.status_code == 203
    assert answer.headers["content-type"] == "application/x-stream"
    assert answer.headers["cache-control"] == "public, max-age=29"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["x-room"] == "7"


def test_who_asks_for_the_head_is_given_no_stream(server: Server) -> None:
    begun, after = threading.Event(), threading.Event()

    async def endless() -> AsyncIterator[str]:
        begun.set()
        while True:
            yield "more"

    async def background() -> None:
        after.set()

    server.answer = lambda: EventSourceResponse(endless(), background=background)
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.head(f"http://{server.address}/")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert after.wait(5)
    assert not begun.is_set()


def test_pings_come_while_there_is_traffic_too(server: Server) -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in range(6):
            await asyncio.sleep(0.05)
            yield number

    server.answer = lambda: EventSourceResponse(numbers(), ping=0.1, sep="\r\n")
    with httpx.Client(trust_env=False, timeout=30) as client:
        text = client.get(f"http://{server.address}/").text

    assert text.count(": ping - ") >= 2
    assert [message.data for message in parse(text).messages] == list("012345")


def test_a_sender_that_breaks_ends_its_stream(server: Server) -> None:
    async def breaks() -> None:
        raise RuntimeError("the source is gone")

    async def silent() -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield "never"

    server.answer = lambda: EventSourceResponse(silent(), data_sender_callable=breaks)
    with httpx.Client(trust_env=False, timeout=30) as client, pytest.raises(httpx.RemoteProtocolError):
        client.get(f"http://{server.address}/")


@LEAVING
@pytest.mark.parametrize("cooperative", [True, False])
def test_content_is_told_that_the_server_leaves_and_may_say_goodbye(server: Server, cooperative: bool) -> None:
    told: list[str] = []

    def stream() -> Response:
        leaving = asyncio.Event()

        async def content() -> AsyncIterator[str]:
            try:
                yield "hello"
                AppStatus.handle_exit()
                await (leaving if cooperative else asyncio.Event()).wait()
                yield "goodbye"
            except asyncio.CancelledError:
                told.append("cancelled")
                raise

        return EventSourceResponse(content(), shutdown_event=leaving, shutdown_grace_period=5 if cooperative else 0.2)

    found = [event.data for event in received(server, stream)]

    assert found == (["hello", "goodbye"] if cooperative else ["hello"])
    assert told == ([] if cooperative else ["cancelled"])


@LEAVING
async def test_streams_end_by_hand_alone_where_that_is_asked_for() -> None:
    AppStatus.disable_automatic_graceful_drain()
    try:
        AppStatus.handle_exit()
        assert not AppStatus.should_exit
    finally:
        AppStatus.enable_automatic_graceful_drain_mode()
    AppStatus.handle_exit()
    assert AppStatus.should_exit


async def test_content_that_does_not_close_is_left(caplog: pytest.LogCaptureFixture) -> None:
    async def stubborn() -> AsyncIterator[str]:
        try:
            yield "one"
        finally:
            await asyncio.Event().wait()

    body = EventSourceResponse(stubborn(), ping=0, cleanup_timeout=0.05)
    async with body.response as blocks:
        async for _ in blocks:
            break

    assert "not closed within 0.05 seconds" in caplog.text


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"ping": -1}, ValueError),
        ({"ping": "15"}, TypeError),
        ({"sep": "\n\n"}, ValueError),
        ({"sep": ""}, ValueError),
        ({"shutdown_grace_period": -1}, ValueError),
        ({"cleanup_timeout": -1}, ValueError),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(asked: dict[str, Any], refused: type[Exception]) -> None:
    with pytest.raises(refused):
        EventSourceResponse(iter(()), **asked)


def test_the_file_works_alone_wherever_it_is_copied(tmp_path: Path) -> None:
    copy(sse.__file__, tmp_path / "quart_sse.py")
    script = (
        "import asyncio, sys, quart, quart_sse\n"
        "app = quart.Quart('alone')\n"
        "app.add_url_rule('/', 'stream', lambda: quart_sse.EventSourceResponse(iter('ab')))\n"
        "async def main(): print(await (await app.test_client().get('/')).get_data())\n"
        "asyncio.run(main())\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('app', 'hypercorn_h11', 'redis', 'msgspec')])\n"
    )

    finished = run([executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert finished.stdout.splitlines() == ["b'data: a\\n\\ndata: b\\n\\n'", "[]"]
