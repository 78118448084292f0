"""Event streams over real HTTP, read by a parser that is not ours; and how they end."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import httpx
import httpx_sse
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quart import Quart, Response

from quart_sse import EventSourceResponse, ServerSentEvent

HOSTILE = st.text(st.sampled_from("ab: \r\n\0\v\x85\u2028event:data:id:retry:é€\ud800")) | st.text()
FIELDS = st.fixed_dictionaries({"data": HOSTILE, "event": HOSTILE, "id": HOSTILE, "comment": HOSTILE})


class Server:
    """Hypercorn in a thread of its own; each request is answered by what `answer` returns then."""

    def __init__(self) -> None:
        self.answer: Callable[[], Response] = Response
        self.address = f"127.0.0.1:{_free_port()}"
        self.client = httpx.Client(trust_env=False, timeout=30)
        self.ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> "Server":
        self._thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
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
    with Server() as running:
        yield running


def received(server: Server, answer: Callable[[], Response]) -> list[httpx_sse.ServerSentEvent]:
    server.answer = answer
    with httpx_sse.connect_sse(server.client, "GET", f"http://{server.address}/") as source:
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

    events_read = received(server, lambda: EventSourceResponse(cut()))

    def expected(event: Mapping[str, str]) -> tuple[str, str, str, int]:
        data = event["data"].replace("\r\n", "\n").replace("\r", "\n")
        return one_line(event["event"]) or "message", sendable(data), one_line(event["id"]), 7

    assert [(one.event, one.data, one.id, one.retry) for one in events_read] == list(map(expected, events))


@pytest.mark.parametrize("sep", [None, "\n", "\r\n", "\r"])
def test_the_separator_of_the_response_is_that_of_all_it_writes(server: Server, sep: str | None) -> None:
    def items() -> Iterator[object]:
        yield from ("a", 1, {"data": "b", "event": "e", "sep": "\r"}, memoryview(b"data: raw\n\n"), None)

    server.answer = lambda: EventSourceResponse(items(), sep=sep)
    with httpx.Client(trust_env=False, timeout=30) as client:
        body = client.get(f"http://{server.address}/").content

    end = (sep or "\n").encode()
    blocks = [b"data: a", b"data: 1", b"event: e" + end + b"data: b"]
    assert body == b"".join(each + end + end for each in blocks) + b"data: raw\n\n" + b"data: None" + end + end


def test_who_goes_ends_the_stream_of_a_server(server: Server) -> None:
    closed, reported = threading.Event(), threading.Event()

    async def endless() -> AsyncIterator[str]:
        try:
            while True:
                yield "more"
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    async def report(message: object) -> None:
        reported.set()

    server.answer = lambda: EventSourceResponse(endless(), client_close_handler_callable=report)
    with (
        httpx.Client(trust_env=False, timeout=30) as client,
        client.stream("GET", f"http://{server.address}/") as answer,
    ):
        next(answer.iter_lines())

    assert reported.wait(5)
    assert closed.wait(5)


def test_an_error_breaks_the_answer_off(server: Server) -> None:
    async def breaks() -> None:
        raise RuntimeError("the source is gone")

    async def silent() -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield "never"

    server.answer = lambda: EventSourceResponse(silent(), data_sender_callable=breaks)
    with httpx.Client(trust_env=False, timeout=30) as client, pytest.raises(httpx.RemoteProtocolError):
        client.get(f"http://{server.address}/")


def test_head_keeps_the_connection(server: Server) -> None:
    server.answer = lambda: EventSourceResponse(iter(["a"]))
    with httpx.Client(trust_env=False, timeout=30) as client:
        head = client.head(f"http://{server.address}/")
        body = client.get(f"http://{server.address}/").content

    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (head.content, body) == (b"", b"data: a\n\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
