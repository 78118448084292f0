"""Every WebSocket handshake gets one answer, whatever follows it, and leaves nothing behind."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Literal, NamedTuple

import pytest
import pytest_asyncio

from app import wire
from app.embedded.child import Child
from app.embedded.places import Places
from app.live import rfc6455, socket
from tests.pipeline.conftest import Desk
from tests.support.rfc6455_cases import CLOSE, PONG, TEXT, closing, frame, ping
from tests.support.served_desk import Answer, cookie, exchange, parse_answer, run_desk
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANNERS: tuple[Mapping[str, str], ...] = (
    {},
    {"Accept": "text/html"},
    {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"},
    {"Accept": "application/json"},
    {"Accept": "text/event-stream"},
    {"Accept": "*/*", "HX-Request": "true", "HX-Current-URL": "http://127.0.0.1/x"},
    {"Expect": "100-continue", "Authorization": "Bearer ts_none"},
)
BEHIND = (b"", ping(b"early"), closing(1000), b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 500)


class Refusal(NamedTuple):
    status: int
    path: str = "/ws/quotes?topics=quotes"
    fields: Mapping[str, str | None] = {}


REFUSALS = {
    "no topics": Refusal(400, "/ws/quotes?topics="),
    "no key": Refusal(400, fields={"Sec-WebSocket-Key": None}),
    "another version": Refusal(426, fields={"Sec-WebSocket-Version": "8"}),
    "a body": Refusal(400, fields={"Content-Length": "3"}),
    "a broken Host": Refusal(400, fields={"Host": "127.0.0.1/x"}),
    "a stranger": Refusal(401, fields={"Cookie": None}),
    "another origin": Refusal(403, fields={"Origin": "https://evil.example"}),
    "another name": Refusal(403, fields={"Host": "a_b.evil.test"}),
    "no such path": Refusal(404, "/ws/nothing"),
    "nobody is let in": Refusal(503),
    "Redis is away": Refusal(503),
}


@pytest.fixture(scope="module", params=["auto", "plain"])
def transport(request: pytest.FixtureRequest) -> Literal["auto", "plain"]:
    setting: Literal["auto", "plain"] = request.param
    return setting


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    transport: Literal["auto", "plain"],
    redis: str,
    places: Places,
    furnished: str,
    valkey_server: Child,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Desk]:
    async with run_desk(transport, redis, places, furnished, tmp_path_factory.mktemp("handshakes")) as desk:
        yield desk


def handshake(desk: Desk, path: str = "/ws/quotes?topics=quotes", **fields: str | None) -> bytes:
    own = f"127.0.0.1:{desk.settings.port}"
    headers = {
        "Host": own,
        "Origin": f"http://{own}",
        "Cookie": cookie(desk),
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Version": "13",
        **fields,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode()


def unavailable(*_: object) -> None:
    raise wire.RedisUnavailable("away")


@pytest.mark.parametrize("name", REFUSALS)
async def test_every_refused_handshake_gets_one_answer_and_leaves_nothing_behind(
    desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = REFUSALS[name]
    if name == "nobody is let in":
        monkeypatch.setattr(desk.context.hub, "draining", True)
    if name == "Redis is away":
        monkeypatch.setattr(desk.context.recovery, "missed_parts", unavailable)
    requests = [
        handshake(desk, refusal.path, **{**manner, **refusal.fields}) + behind
        for manner in MANNERS
        for behind in BEHIND
    ]

    few = asyncio.Semaphore(5)  # one person may hold six

    async def send(data: bytes) -> Answer:
        async with few:
            answer = parse_answer(await exchange(desk, data))
            await until(lambda: desk.context.hub.stats.connections < 6)
            return answer

    answers = await asyncio.gather(*map(send, requests))

    assert {answer.status for answer in answers} == {refusal.status}
    for answer in answers:
        assert len(answer.rest) == int(answer.fields["content-length"])
        assert "close" in answer.fields["connection"]
        assert "location" not in answer.fields
        assert refusal.status != 426 or answer.fields["sec-websocket-version"] == "13"
    await until(lambda: desk.context.hub.stats.connections == 0)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


EARLY = {
    "a ping": ((ping(b"early"), closing(1000)), rfc6455.frame(PONG, b"early") + rfc6455.close(1000)),
    "a close": ((frame(CLOSE),), rfc6455.frame(CLOSE, b"")),
    "a message": ((frame(TEXT, b"hello"), ping()), rfc6455.close(1003)),
    "what breaks the protocol": ((b"\x8f\x80\0\0\0\0", ping()), rfc6455.close(1002)),
    "what is no UTF-8": ((closing(1000, b"\xff"),), rfc6455.close(1007)),
}


@pytest.mark.parametrize("name", EARLY)
async def test_frames_in_the_packet_of_the_handshake_are_read_after_its_answer(
    desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "CLOSING_SECONDS", 0.05)
    frames, last_frame = EARLY[name]

    answer = parse_answer(await exchange(desk, handshake(desk, "/ws/quotes?topics=quotes:NONE") + b"".join(frames)))

    assert answer.status == 101
    assert answer.rest.replace(rfc6455.frame(TEXT, b"{}"), b"").endswith(last_frame)
    await until(lambda: desk.context.hub.stats.connections == 0)


async def test_frames_during_the_handshake_are_kept_and_a_client_that_leaves_is_dropped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering, missed_parts = asyncio.Event(), desk.context.recovery.missed_parts

    async def slow(*arguments: object) -> object:
        await answering.wait()
        return await missed_parts(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.context.recovery, "missed_parts", slow)
    links = [await asyncio.open_connection("127.0.0.1", desk.settings.port) for _ in range(2)]
    for _, sink in links:
        sink.write(handshake(desk, "/ws/quotes?topics=quotes:NONE"))
    await until(lambda: desk.context.hub.stats.connections == 2)
    links[1][1].close()
    await until(lambda: desk.context.hub.stats.connections == 1)

    (source, sink), _ = links
    for payload in (b"one", b"two"):
        sink.write(ping(payload))
        await sink.drain()
    answering.set()
    async with asyncio.timeout(20):
        answer = await source.readuntil(rfc6455.frame(PONG, b"two"))
    assert rfc6455.frame(PONG, b"one") in answer
    sink.write(closing(1001))
    assert (await source.read(-1)).endswith(rfc6455.close(1001))
    await until(lambda: desk.context.hub.stats.connections == 0)


async def test_data_after_a_request_for_a_stream_keeps_nothing_alive(desk: Desk) -> None:
    """Streams are taken over as sockets are, and nothing follows them. Plain sends notice who is gone by a beat."""
    request = f"GET /stream?topics=status HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie(desk)}\r\n\r\n".encode()

    def connections() -> int:
        return sum("_server_callback" in repr(task.get_coro()) for task in asyncio.all_tasks())

    before, links = connections(), []
    for behind in (request, b"\0", b"\0" * 100_000, request * 2):
        source, sink = await asyncio.open_connection("127.0.0.1", desk.settings.port)
        sink.write(request + behind)
        async with asyncio.timeout(20):
            assert b" 200 " in await source.readline()
            await source.readuntil(b"event: hello")
        links.append(sink)
    assert desk.context.hub.stats.connections == len(links)
    for sink in links:
        sink.close()

    await until(lambda: desk.context.hub.stats.connections == 0)
    await until(lambda: connections() <= before)
