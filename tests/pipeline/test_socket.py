"""/ws/quotes: who is admitted, what is sent, and how it ends."""

import asyncio
import json
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from wsproto.events import CloseConnection, Ping, TextMessage

from app.live.socket import MOST_A_SECOND
from app.push import Push
from app.settings.load import Settings
from app.wire.events.event import Tick
from tests.pipeline.conftest import Desk
from tests.support.waiting import until
from tests.support.websocket_client import WebSocketReader

MARKET = 1_346_679_000.0
PARTIALS = re.compile(r"(<hx-partial .*</hx-partial>\s*)+", re.S)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Pings come with every fourth beat, and these browsers answer them only while a test reads."""
    live = settings.live.model_copy(update={"beat_seconds": 1.0})
    return settings.model_copy(update={"live": live})


def tick(price: float, second: int = 0) -> Tick:
    return Tick(symbol="AAPL", price=price, volume=100, at=MARKET + second)


def talk(desk: Desk, topics: str, **headers: str | None) -> WebSocketReader:
    """As its own page does; Origin=None leaves that out."""
    cookie = "; ".join(f"{name}={value}" for name, value in desk.cookies.items())
    header_fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebSocketReader(desk.settings.port, f"/ws/quotes?topics={topics}", {"Cookie": cookie, **header_fields})


async def status(talker: WebSocketReader) -> int:
    async with talker:
        return talker.status


def large(number: int) -> Push:
    return Push("symbol:AAPL", "summary", "replace", lambda _view: f"{number}" + "x" * 60_000)


async def fill(desk: Desk, full: Callable[[], object]) -> None:
    """What nobody reads is sent until it is enough."""
    number = 0
    async with asyncio.timeout(60):
        while not full():
            number += 1
            desk.context.hub.publish(large(number))
            await asyncio.sleep(0.01)


async def test_only_signed_in_readers_from_own_pages_are_admitted_and_get_state_topics_only(desk: Desk) -> None:
    own = f"http://127.0.0.1:{desk.settings.port}"
    for origin in ("https://evil.example", "null", "*", f"{own}.evil.example", own.upper(), None):
        assert await status(talk(desk, "quotes", Origin=origin)) == 403, origin
    assert await status(talk(desk, "quotes", Cookie="", Origin="https://evil.example")) == 403
    assert await status(talk(desk, "quotes", Cookie="")) == 401
    for topics in ("patterns", "patterns:AAPL", "quotes,patterns", "", "nonsense", "quotes," * 300):
        assert await status(talk(desk, topics)) == 400, topics
    assert await status(WebSocketReader(desk.settings.port, "/ws/other", {})) == 404
    assert await status(WebSocketReader(desk.settings.port, "?x", {})) == 400
    async with desk.client() as client:
        assert (await client.get("/ws/quotes?topics=quotes")).status_code in (400, 404)

    assert await status(talk(desk, "quotes")) == 101


async def test_a_socket_ignores_unknown_topics_and_says_so_first(desk: Desk) -> None:
    await desk.publish(tick(665.25))
    await until(lambda: desk.context.receiver.ticked_at)

    async with talk(desk, "quotes:AAPL,admin,quotes:..") as talker:
        assert talker.status == 101
        assert json.loads(await talker.text()) == {"unknown_topics": ["admin", "quotes:.."]}
        await talker.containing("665.25")


async def test_a_socket_sends_a_snapshot_and_then_the_newest_changes_uncompressed(desk: Desk) -> None:
    await desk.publish(tick(665.25))
    await until(lambda: desk.context.receiver.ticked_at)

    async with talk(desk, "quotes:AAPL", Sec_WebSocket_Extensions="permessage-deflate") as talker:
        assert "sec-websocket-extensions" not in talker.headers
        assert "665.25" in await talker.text()
        for number in range(200):
            await desk.publish(tick(700 + number, 1 + number))
        await talker.containing("899.00")
        while "{}" not in talker.texts:
            await talker.read()
        assert len(re.findall(r"\d{3}\.\d\d <", "".join(talker.texts))) < 200
        assert [text for text in talker.texts if text != "{}" and not PARTIALS.fullmatch(text)] == []

        talker.sink.write(b"\xc1\x85\0\0\0\0bombs")
        assert await talker.closed() in (1002, None)


async def test_signing_out_closes_a_socket_with_its_own_code_and_every_socket_has_a_maximum_age(desk: Desk) -> None:
    async with talk(desk, "quotes") as talker:
        await until(lambda: any(reader.transport for reader in desk.context.hub.connections))
        for reader in desk.context.hub.connections:
            reader.expires_at = 0
        assert await talker.closed() == 1001

    async with talk(desk, "quotes") as talker:
        async with desk.client() as client:
            await client.post("/logout")
        assert await talker.closed() == 4401
    assert desk.context.hub.stats.ended == {"age": 1, "session-ended": 1}


async def test_a_person_has_a_limit_of_sockets_and_a_closed_one_is_free_again(desk: Desk) -> None:
    talkers = [talk(desk, "quotes") for _ in range(desk.settings.live.streams_per_user)]
    for talker in talkers:
        assert (await talker.__aenter__()).status == 101
    assert desk.context.hub.stats.sockets == len(talkers)

    assert await status(talk(desk, "quotes")) == 409
    async with desk.stream("quotes") as reader:
        assert reader.status == 409
    talkers[0].send(CloseConnection(1000))
    assert await talkers[0].closed() == 1000
    await until(lambda: desk.context.hub.stats.connections == len(talkers) - 1)
    async with talk(desk, "quotes") as another:
        assert another.status == 101

        leaving = asyncio.create_task(desk.context.hub.drain())
        assert [await talker.closed() for talker in (*talkers[1:], another)] == [1012] * len(talkers)
        await leaving
    assert await status(talk(desk, "quotes")) == 503
    await asyncio.wait_for(desk.context.hub.wait_closed(60), 30)


async def test_a_client_message_closes_the_socket_and_so_do_too_many_pings(desk: Desk) -> None:
    async with talk(desk, "quotes:AAPL") as talker:
        talker.send(TextMessage('{"symbol": "AAPL"}'))
        assert await talker.closed() == 1003
    await until(lambda: desk.context.hub.stats.connections == 0)

    async with talk(desk, "quotes") as talker:
        for _ in range(MOST_A_SECOND * 3):
            talker.send(Ping())
        if desk.settings.live.transport == "auto":
            assert await talker.closed() == 1008
        else:
            # Hypercorn answers them one after the other, and reads no further while its answers wait.
            while talker.pongs < MOST_A_SECOND * 3:
                await talker.read()
    await until(lambda: desk.context.hub.stats.connections == 0)


async def test_a_client_that_never_reads_is_disconnected_and_the_others_continue(impatient: Desk) -> None:
    deaf = talk(impatient, "quotes:AAPL,symbol:AAPL")
    async with deaf, talk(impatient, "quotes:AAPL") as talker:
        deaf.sink.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.pause()
        await fill(impatient, lambda: "slow" in impatient.context.hub.stats.ended)

        await impatient.publish(tick(777.25))
        await talker.containing("777.25")
        assert impatient.context.hub.stats.connections == 1


async def test_a_slow_client_that_reads_again_gets_the_newest_state(desk: Desk) -> None:
    await desk.publish(tick(665.25))
    async with talk(desk, "quotes:AAPL,symbol:AAPL") as talker:
        await talker.containing("665.25")
        talker.pause()
        await fill(desk, lambda: desk.context.hub.stats.lagging)

        await desk.publish(tick(888.25, 5))
        talker.resume()
        await talker.containing("888.25")
        await until(lambda: desk.context.hub.stats.lagging == 0)


def files(port: int) -> int:
    """Those that are open, but for the sockets that pools keep for the next who asks."""
    lines = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    ours = {f"socket:[{line[9]}]" for line in lines if f"{port:04X}" in (line[1][-4:], line[2][-4:])}
    targets = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            targets.append(str(each.readlink()))
    return sum(each in ours or not each.startswith("socket:") for each in targets)


async def test_opening_and_closing_sockets_leaves_nothing_behind(desk: Desk) -> None:
    async def once() -> None:
        async with talk(desk, "quotes,symbol:AAPL") as talker:
            while not talker.texts:
                await talker.read()

    def counts() -> tuple[int, int]:
        return len(asyncio.all_tasks()), files(desk.settings.port)

    await once()
    await until(lambda: desk.context.hub.stats.connections == 0)
    await asyncio.sleep(0.1)
    tasks, open_files = counts()

    await asyncio.gather(*(once() for _ in range(5)))
    for _ in range(6):
        await once()

    await until(lambda: desk.context.hub.stats.connections == desk.context.hub.stats.audiences == 0)
    await until(lambda: counts()[0] <= tasks + 1 and counts()[1] <= open_files + 1)
