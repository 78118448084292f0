"""The bytes of a WebSocket, and its life on a real connection."""

import asyncio
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from app.identity import Rate
from app.live import rfc6455
from app.live.frames import FrameEncoding
from app.live.hub import Hub
from app.live.limits import StreamLimits
from app.live.rfc6455 import ClientFrameParser, WebSocketFrame
from app.live.socket import MOST_A_SECOND, WebSocketTransport
from tests.support.recording_transport import NEW_YORK, PushCounter, markup
from tests.support.topic_rules import RULES

QUOTES = frozenset({"quotes:A"})
CONTROLS = {Ping: rfc6455.PING, Pong: rfc6455.PONG}


@pytest.fixture
def hub() -> Hub:
    return Hub(markup, RULES, shortest=0.02, limits=StreamLimits(connections=20, stalled_seconds=0.05))


class Browser:
    """The other end, by an independent implementation."""

    def __init__(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, ours: WebSocketTransport) -> None:
        self.source, self.sink = source, sink
        self.connection = Connection(ConnectionType.CLIENT)
        self.events: list[Event] = []
        self.ours = ours
        """Our end of it."""

    def send(self, event: Event) -> None:
        self.sink.write(self.connection.send(event))

    async def wait_for_events(self, count: int = 1) -> list[Event]:
        """The first events, once there are so many, or all until the connection is gone."""
        async with asyncio.timeout(5):
            while len(self.events) < count and (data := await self.source.read(65_536)):
                self.connection.receive_data(data)
                self.events += self.connection.events()
        return self.events

    async def code(self) -> int | None:
        """Of the goodbye; None if the connection is gone without one."""
        count = 0
        while count < len(await self.wait_for_events(count + 1)):
            event = self.events[count]
            if isinstance(event, CloseConnection):
                return event.code
            count += 1
        return None


@asynccontextmanager
async def open_browser(hub: Hub, ping_seconds: float = 60) -> AsyncIterator[Browser]:
    here, there = sockets.socketpair()
    _, writer = await asyncio.open_connection(sock=here)
    source, sink = await asyncio.open_connection(sock=there)
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport)
    reader = hub.join(QUOTES, NEW_YORK, Rate.FASTEST, encoding=FrameEncoding.SOCKET)
    ours = WebSocketTransport(transport, writer, reader, ping_seconds)
    transport.set_write_buffer_limits(high=0)
    transport.set_protocol(ours)
    reader.start(ours)
    yield Browser(source, sink, ours)
    sink.close()
    transport.abort()


@given(st.binary(max_size=70_000), st.sampled_from((rfc6455.TEXT, rfc6455.BINARY)))
def test_our_frames_are_readable_by_wsproto_and_by_our_parser(payload: bytes, opcode: int) -> None:
    connection = Connection(ConnectionType.CLIENT)
    framed = rfc6455.frame(rfc6455.BINARY, payload)
    connection.receive_data(framed)

    assert b"".join(bytes(event.data) for event in connection.events() if isinstance(event, BytesMessage)) == payload
    assert rfc6455.unframe(rfc6455.frame(opcode, payload)) == WebSocketFrame(opcode, payload)


saying = st.one_of(
    st.builds(Ping, st.binary(max_size=125)),
    st.builds(Pong, st.binary(max_size=125)),
)


@given(st.lists(saying, max_size=8), st.integers(1, 400))
def test_frames_of_wsproto_are_parsed_however_they_are_split(events: list[Event], size: int) -> None:
    connection = Connection(ConnectionType.CLIENT)
    data = b"".join(connection.send(event) for event in events)
    incoming = ClientFrameParser()

    pieces = [data[first : first + size] for first in range(0, len(data), size)]
    frames = [frame for piece in pieces for frame in incoming.feed(piece)]

    assert frames == [WebSocketFrame(CONTROLS[type(event)], bytes(event.payload)) for event in events]  # type: ignore[attr-defined]


async def test_data_and_invalid_frames_close_the_connection_unread(hub: Hub) -> None:
    """However long it says that it is, nothing of it is kept."""
    endings = {b"\x83": 1002, b"\x82\xff": 1003, b"\x01\x80": 1003, b"\x89\xfe": 1002, b"\x81\x05": 1002}
    for data, code in endings.items():
        async with open_browser(hub) as browser:
            browser.sink.write(data)
            assert await browser.code() == code, data
    assert hub.stats.ended == {"garbled": 3, "message": 2}


async def test_a_ping_during_a_pending_write_is_answered_after_it(hub: Hub) -> None:
    async with open_browser(hub) as browser:
        assert isinstance(browser.sink.transport, asyncio.ReadTransport)
        browser.sink.transport.pause_reading()
        browser.ours._transport.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 4096)
        for _ in range(12):
            browser.ours.queue(rfc6455.frame(rfc6455.TEXT, b"x" * 5000))
        assert browser.ours.pending_bytes()
        browser.ours.data_received(browser.connection.send(Ping(b"first")))
        browser.ours.data_received(browser.connection.send(Ping(b"newest")))
        browser.sink.transport.resume_reading()
        async with asyncio.timeout(5):
            while not any(isinstance(event, Pong) for event in browser.events):
                count = len(browser.events)
                assert len(await browser.wait_for_events(count + 1)) > count

    assert [event for event in browser.events if isinstance(event, Pong)] == [Pong(b"newest")]


async def test_a_client_that_sends_too_much_is_disconnected(hub: Hub) -> None:
    async with open_browser(hub) as browser:
        for _ in range(MOST_A_SECOND * 3):
            browser.send(Ping())
        assert await browser.code() == 1008
    assert hub.stats.ended == {"flood": 1}
    assert browser.events.count(Pong()) <= MOST_A_SECOND


async def test_a_close_frame_is_answered(hub: Hub) -> None:
    async with open_browser(hub) as browser:
        browser.send(CloseConnection(1001, "page navigating away"))
        assert await browser.code() == 1001
        assert browser.connection.state is ConnectionState.CLOSED
    assert hub.stats.ended == {"left": 1}
    assert hub.stats.connections == 0


async def test_a_client_that_answers_no_ping_is_disconnected(hub: Hub) -> None:
    async with open_browser(hub, ping_seconds=0.05) as dead:
        assert await dead.code() is None
    assert hub.stats.ended == {"silent": 1}

    async with open_browser(hub) as lively:
        for number in range(1, 4):
            # By hand: no time to answer in is so long that no machine is slower.
            lively.ours._ping()
            await lively.wait_for_events(number)
            lively.send(Pong())
            async with asyncio.timeout(5):
                while not lively.ours._alive:
                    await asyncio.sleep(0.001)
        assert lively.events == [Ping()] * 3
    assert hub.stats.ended["silent"] == 1


async def test_a_close_waits_for_its_answer_up_to_a_limit(hub: Hub, counter: PushCounter) -> None:
    async with open_browser(hub) as polite, open_browser(hub) as rude:
        hub.publish(counter.push("quotes:A", "a", "1"))
        assert await polite.wait_for_events() == [TextMessage("replace:a:1@America/New_York")]
        await hub.drain()

        assert (await polite.wait_for_events(2))[1].code == 1012  # type: ignore[attr-defined]
        polite.send(CloseConnection(1012))
        assert await polite.code() == 1012
        assert await rude.code() == 1012
        await asyncio.wait_for(hub.wait_closed(60), 30)


async def test_an_idle_socket_gets_an_empty_heartbeat(hub: Hub) -> None:
    async with open_browser(hub) as browser:
        for audience in hub.connections:
            audience.audience.wrote_at = 0
        hub.check()
        assert await browser.wait_for_events() == [TextMessage("{}")]
