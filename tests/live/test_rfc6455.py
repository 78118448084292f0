"""The WebSocket's answer to every case of the public list, on a real connection."""

import asyncio
import socket as sockets
from collections.abc import Iterable

import pytest
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Ping, Pong

from app.identity import Rate
from app.live import rfc6455, socket
from app.live.frames import FrameEncoding
from app.live.http1 import PushConnection
from app.live.hub import Hub
from app.live.socket import WebSocketTransport
from tests.support.recording_transport import NEW_YORK, markup
from tests.support.rfc6455_cases import CASES, Case, ping
from tests.support.topic_rules import RULES

LAST = b"is this still a connection?"


async def answer_to(pieces: Iterable[bytes]) -> bytes:
    """All that comes back until the connection is closed, or until a last ping is answered."""
    hub = Hub(markup, RULES, shortest=0.02)
    here, there = sockets.socketpair()
    there.setblocking(False)
    _, writer = await asyncio.open_connection(sock=here)
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport)
    reader = hub.join(frozenset({"quotes:A"}), NEW_YORK, Rate.FASTEST, encoding=FrameEncoding.SOCKET)
    ours = WebSocketTransport(transport, writer, reader, 60)
    transport.set_protocol(ours)
    reader.start(ours)
    for piece in (*pieces, ping(LAST)):
        ours.data_received(piece)

    answer = b""
    async with asyncio.timeout(5):
        while not answer.endswith(LAST) and (data := await asyncio.get_running_loop().sock_recv(there, 65_536)):
            answer += data
    transport.abort()
    there.close()
    return answer


def expected_answer(case: Case) -> bytes:
    pongs = (*case.pongs, LAST) if case.code is None else case.pongs
    answer = b"".join(rfc6455.frame(rfc6455.PONG, payload) for payload in pongs)
    if case.code is None:
        return answer
    return answer + (rfc6455.close(case.code) if case.code else rfc6455.frame(rfc6455.CLOSE, b""))


@pytest.mark.parametrize("case", CASES, ids=[case.number for case in CASES])
async def test_every_case_is_answered_as_in_the_standard(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "CLOSING_SECONDS", 0.001)
    data = b"".join(case.frames)
    pieces = (data[place : place + 1] for place in range(len(data))) if case.octets else case.frames

    answer = await answer_to(pieces)

    assert answer == expected_answer(case)


def answered_by_hypercorn(case: Case) -> bytes:
    """The same without a connection, as Hypercorn handles what PushConnection says of it."""
    connection, answer, data = PushConnection(ConnectionType.SERVER, []), b"", b"".join(case.frames)
    pieces = [data[place : place + 1] for place in range(len(data))] if case.octets else case.frames
    for piece in (*pieces, ping(LAST)):
        connection.receive_data(piece)
        for event in connection.events():
            assert isinstance(event, Ping | Pong | CloseConnection)
            if isinstance(event, Ping) or connection.state is ConnectionState.REMOTE_CLOSING:
                answer += connection.send(event.response())  # type: ignore[union-attr]
            if isinstance(event, CloseConnection):
                return answer
    return answer


def test_the_plain_transport_answers_alike_except_where_wsproto_decides_first() -> None:
    """It reads a text before it says that there is one, and holds 1014 for no code."""
    wrong = rfc6455.close(1007)
    differing = {
        case.number: answered_by_hypercorn(case)
        for case in CASES
        if answered_by_hypercorn(case) != expected_answer(case)
    }

    assert differing.pop("7.7.12") == rfc6455.close(1002)
    assert differing == {case.number: wrong for case in CASES if case.number.endswith("invalid text")}


def test_the_list_of_cases_is_complete() -> None:
    numbers = [case.number for case in CASES]

    assert len(set(numbers)) == len(numbers)
    assert {number.partition(".")[0] for number in numbers} >= {"1", "2", "3", "4", "5", "6", "7", "9", "10"}
