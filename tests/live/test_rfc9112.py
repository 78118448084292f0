"""Which bytes are a request and which are refused, independent of how they are split."""

from typing import NamedTuple

import h11
import pytest

from app.live.rfc9112 import StrictConnection
from tests.support.rfc9112_cases import BAD_REQUESTS, CHUNKED, HOST, KEY, LARGEST, POST, SOCKET, VERSION, get

SIZES = (1, 7, 100_000)
"""Bytes that come at once."""


class Read(NamedTuple):
    method: bytes
    target: bytes
    body: bytes = b""
    host: bytes = b"desk.example"


X, Y = Read(b"GET", b"/x"), Read(b"GET", b"/y")
HELLO = Read(b"POST", b"/x", b"hello")


INNER = get(b"/", fields=b"Host:a\r\n")
ACCEPTED = {
    "a path": (get(), X),
    "two in one packet": (get() + get(b"/y"), X, Y),
    "an empty line before it": (b"\r\n" + get() + b"\r\n" + get(b"/y"), X, Y),
    "spaces around a value": (get(fields=b"Host: \t desk.example \t\r\n"), X),
    "an empty value": (get(fields=HOST + b"X-Empty:\r\n"), X),
    "a port": (get(fields=b"Host: desk.example:8000\r\n"), X._replace(host=b"desk.example:8000")),
    "IPv6": (get(fields=b"Host: [::1]:8000\r\n"), X._replace(host=b"[::1]:8000")),
    "an underscore": (get(fields=b"Host: a_b.example\r\n"), X._replace(host=b"a_b.example")),
    "no name": (get(fields=b"Host:\r\n"), X._replace(host=b"")),
    "a query that browsers leave as it is": (get(b"/x?a=|{}^`"), X._replace(target=b"/x?a=|{}^`")),
    "an address": (get(b"http://desk.example/x?q"), X._replace(target=b"/x?q")),
    "an address in other letters": (get(b"HTTPS://Desk.Example:80"), Read(b"GET", b"/", host=b"Desk.Example:80")),
    "an address with a query alone": (get(b"http://desk.example?q"), X._replace(target=b"/?q")),
    "an address beside another Host": (get(b"http://other.example/x"), X._replace(host=b"other.example")),
    "the whole server": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", Read(b"OPTIONS", b"*")),
    "the whole server by address": (
        b"OPTIONS http://a HTTP/1.1\r\n" + HOST + b"\r\n",
        Read(b"OPTIONS", b"*", host=b"a"),
    ),
    "HTTP/1.0 without Host": (get(version=b"1.0", fields=b""), X._replace(host=b"")),
    "HTTP/1.0 knows no upgrade": (
        get(version=b"1.0", fields=HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"),
        X,
    ),
    "a newer minor version": (get(version=b"1.9"), X),
    "nothing is read behind the last": (get(fields=HOST + b"Connection: close\r\n") + get(b"/y"), X),
    "a length": (POST + b"Content-Length: 5\r\n\r\nhello" + get(), HELLO, X),
    "no body": (POST + b"Content-Length: 0\r\n\r\n" + get(), HELLO._replace(body=b""), X),
    "chunks": (CHUNKED + b"2\r\nhe\r\n03\r\nllo\r\n0\r\n\r\n" + get(), HELLO, X),
    "chunks with extensions": (CHUNKED + b'5;a;b=c;d="e;\\"f"\r\nhello\r\n0;last\r\n\r\n' + get(), HELLO, X),
    "a trailer": (CHUNKED + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n" + get(), HELLO, X),
    "a chunk that holds a request": (CHUNKED + b"1A\r\n" + INNER + b"\r\n0\r\n\r\n", HELLO._replace(body=INNER)),
    "a handshake": (SOCKET + KEY + VERSION + b"\r\n", Read(b"GET", b"/ws")),
}


def read(data: bytes, size: int) -> tuple[list[Read], int]:
    """The requests that came whole, each answered, and the status that ended it, or 0."""
    connection, whole, request = StrictConnection(LARGEST), [], X
    for place in range(0, len(data), size):
        connection.receive_data(data[place : place + size])
        try:
            while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                match event:
                    case h11.Request():
                        request = Read(event.method, event.target, host=dict(event.headers).get(b"host", b""))
                    case h11.Data():
                        request = request._replace(body=request.body + bytes(event.data))
                    case h11.EndOfMessage():
                        whole.append(request)
                        connection.send(h11.Response(status_code=204, headers=[]))
                        connection.send(h11.EndOfMessage())
                        if connection.our_state is h11.DONE:
                            connection.start_next_cycle()
        except h11.RemoteProtocolError as error:
            assert connection.next_event() is h11.NEED_DATA
            return whole, error.error_status_hint
    return whole, 0


@pytest.mark.parametrize("name", ACCEPTED)
def test_requests_allowed_by_the_standard_are_read(name: str) -> None:
    data, *requests = ACCEPTED[name]

    assert {size: read(bytes(data), size) for size in SIZES} == dict.fromkeys(SIZES, (requests, 0))


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_requests_forbidden_by_the_standard_are_refused_and_nothing_after_them_is_read(name: str) -> None:
    data, status = BAD_REQUESTS[name]

    answers = {size: read(data + get(b"/smuggled"), size) for size in SIZES}

    assert answers == dict.fromkeys(SIZES, ([], status))
