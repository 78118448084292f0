"""HTTP/1.0 and 1.1 by RFC 9110 and 9112 on connections to a whole desk."""

import asyncio
import gzip
import logging
import re
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
import pytest_asyncio

from app.embedded.child import Child
from app.embedded.places import Places
from app.web import assets
from tests.pipeline.conftest import Desk
from tests.support.rfc9112_cases import BAD_REQUESTS
from tests.support.served_desk import Answer, cookie, exchange, parse_answer, run_desk
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
PAGES = ("/", "/patterns", "/symbols", "/login", "/nothing", "/api/v1/me", "/health", "/api/v1/openapi.json")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    redis: str, places: Places, furnished: str, valkey_server: Child, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    async with run_desk("auto", redis, places, furnished, tmp_path_factory.mktemp("http")) as desk:
        yield desk


def request(
    desk: Desk, target: str, method: str = "GET", *, version: str = "1.1", host: str | None = "", fields: str = ""
) -> bytes:
    """By who is signed in; the connection ends with it. `host` is our own where it is empty."""
    own = f"127.0.0.1:{desk.settings.port}" if host == "" else host
    lines = [f"{method} {target} HTTP/{version}", f"Cookie: {cookie(desk)}", "Connection: close"]
    return "\r\n".join([*lines, *([f"Host: {own}"] if own else []), "", ""]).encode()[:-2] + fields.encode() + b"\r\n"


async def answer(desk: Desk, *arguments: str, body: bytes = b"", **options: str | None) -> Answer:
    return parse_answer(await exchange(desk, request(desk, *arguments, **options) + body))  # type: ignore[arg-type]


async def test_a_refused_request_closes_the_connection_and_nothing_after_it_is_answered(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    behind = request(desk, "/health")
    cases = {name: case for name, case in BAD_REQUESTS.items() if case[1] != 431}  # here a head may be longer

    answers = await asyncio.gather(*(exchange(desk, data + behind) for data, _ in cases.values()))

    for (name, (_, status)), raw in zip(cases.items(), answers, strict=True):
        parsed = parse_answer(raw)
        assert (parsed.status, parsed.fields["content-length"], parsed.rest) == (status, "0", b""), name
        assert "close" in parsed.fields["connection"], name
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_in_an_absolute_target_its_host_counts_and_not_the_host_header(desk: Desk) -> None:
    own = f"http://127.0.0.1:{desk.settings.port}"
    for path in ("/health", "/symbols?q=a", "/login"):
        by_path, by_address = await answer(desk, path), await answer(desk, own + path, host="evil.example")
        assert by_path.status == by_address.status < 400, path
    for address in ("http://evil.example/login", "http://a_b.evil.test/login", "https://evil.test/login"):
        misdirected = await answer(desk, address)
        assert misdirected.status == 400, address
        assert b"Nothing answers under that name" in text_of(misdirected)
    assert (await answer(desk, "http://pod-7/health")).status == 200


def text_of(response: Answer) -> bytes:
    return gzip.decompress(response.rest) if response.fields.get("content-encoding") == "gzip" else response.rest


@pytest.mark.parametrize(
    "host", ["evil.example", "a_b.evil.test", "127.0.0.1.evil.test", "evil.test:80", "~", "%41", "a,b"]
)
async def test_a_foreign_host_name_is_refused(desk: Desk, host: str) -> None:
    for path in ("/login", "/nothing", "/stream?topics=patterns", "/api/v1/me"):
        assert (await answer(desk, path, host=host)).status == 400, path
    assert (await answer(desk, "/health", host=host)).status == 200


async def test_options_with_an_asterisk_lists_the_methods_of_the_server(desk: Desk) -> None:
    response = await answer(desk, "*", "OPTIONS")

    assert (response.status, response.fields["allow"], response.rest) == (204, "GET, HEAD, OPTIONS, POST", b"")


@pytest.mark.parametrize("path", [*PAGES, "/stream?topics=patterns"])
async def test_a_head_request_has_the_headers_of_the_page_and_no_body(desk: Desk, path: str) -> None:
    head = await answer(desk, path, "HEAD")
    options, wrong = await answer(desk, path, "OPTIONS"), await answer(desk, path, "DELETE")

    assert head.rest == b""
    if "stream" not in path:
        page = await answer(desk, path)
        changing = ("date", "content-security-policy", "content-length")
        ours, theirs = (
            {name: value for name, value in each.fields.items() if name not in changing} for each in (head, page)
        )
        assert (head.status, ours) == (page.status, theirs)
    assert desk.context.hub.stats.connections == 0
    if path != "/nothing":
        assert (options.status, wrong.status) == (200, 405)
        for allowed in (options.fields["allow"], wrong.fields["allow"]):
            assert {"GET", "HEAD", "OPTIONS"} <= set(allowed.split(", "))


async def test_an_http_1_0_answer_has_no_chunks_and_needs_no_host(desk: Desk) -> None:
    for version, host in (("1.0", ""), ("1.0", None), ("1.2", "")):
        response = await answer(desk, "/login", version=version, host=host)
        assert response.status == 303, version
    stream = await open_stream(desk, "1.0")
    assert "transfer-encoding" not in stream.fields


class StreamStart(NamedTuple):
    status: int
    fields: dict[str, str]


async def open_stream(desk: Desk, version: str = "1.1", fields: str = "") -> StreamStart:
    source, sink = await asyncio.open_connection("127.0.0.1", desk.settings.port)
    sink.write(request(desk, "/stream?topics=status", version=version, fields=fields))
    async with asyncio.timeout(20):
        head = parse_answer(await source.readuntil(b"\r\n\r\n"))
        await source.read(1)
    sink.close()
    await until(lambda: desk.context.hub.stats.connections == 0)
    return StreamStart(head.status, head.fields)


async def test_chunked_bodies_are_read_and_pipelined_requests_answered_in_order(desk: Desk) -> None:
    body = b"email=a%40example.org&password=wrong"
    chunks = b"5;a=b\r\n%b\r\n%x\r\n%b\r\n0\r\nX-Sum: 1\r\n\r\n" % (body[:5], len(body) - 5, body[5:])
    fields = FORM + f"Origin: http://127.0.0.1:{desk.settings.port}\r\nTransfer-Encoding: chunked\r\n"
    first = request(desk, "/login", "POST", fields=fields).replace(b"Connection: close\r\n", b"") + chunks
    second = request(desk, "/health").replace(b"Connection: close\r\n", b"")

    answers = await exchange(desk, first + second + request(desk, "/nothing"))

    assert re.findall(rb"HTTP/1\.1 (\d+)", answers) == [b"422", b"200", b"404"]


CODINGS = {
    "gzip;q=0.000": "",
    "br;q=0.1, gzip;q=1": "gzip",
    "gzip\r\nAccept-Encoding: br": "br",
    "x-gzip": "gzip",
    "identity;q=0, br;q=0.5": "br",
    "*;q=0": "",
}


@pytest.mark.parametrize("accepts", CODINGS)
async def test_pages_files_and_streams_follow_the_same_accept_encoding_rule(desk: Desk, accepts: str) -> None:
    fields, coding = f"Accept-Encoding: {accepts}\r\n", CODINGS[accepts]
    for path in ("/symbols", assets.Assets()("live.js").url):
        page = await answer(desk, path, fields=fields)
        assert page.fields.get("content-encoding", "") == coding, path
        assert "Accept-Encoding" in page.fields["vary"].split(", "), path
    small = await answer(desk, "/api/v1/nothing", fields=fields)
    assert small.fields.get("content-encoding", "") == (coding if "identity;q=0" in accepts else "")
    stream = await open_stream(desk, fields=fields)
    assert stream.fields.get("content-encoding", "") == ("gzip" if "gzip" in accepts and coding else "")
