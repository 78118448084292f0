"""HTTP/2 with TLS in the server itself: pages, streams and refusals equal those of HTTP/1.1."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import trustme
from hypercorn.asyncio import serve as hypercorn_serve

from app.embedded.child import Child
from app.embedded.places import Places
from app.server import serve
from tests.pipeline.conftest import Desk
from tests.support.served_desk import run_desk
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a server shows, and who signed it."""
    place, authority = tmp_path_factory.mktemp("certificates"), trustme.CA()
    own = authority.issue_cert("127.0.0.1")
    own.private_key_and_cert_chain_pem.write_to_path(str(place / "own"))
    authority.cert_pem.write_to_path(str(place / "authority"))
    return place


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    redis: str, places: Places, furnished: str, valkey_server: Child, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    async with run_desk("auto", redis, places, furnished, tmp_path_factory.mktemp("http2")) as desk:
        yield desk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(desk: Desk, authority: Path) -> AsyncIterator[str]:
    """Of a second listener for the same desk, by TLS."""
    gate, leaving, started = serve._reject_invalid_targets(desk.app), asyncio.Event(), asyncio.Event()

    async def requests_alone(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await gate(scope, receive, send)

    async def leave() -> None:
        started.set()
        await leaving.wait()

    listener = serve.listening("127.0.0.1", 0)
    base, config = f"https://127.0.0.1:{listener.getsockname()[1]}", serve._config(listener)
    config.certfile = config.keyfile = str(authority / "own")
    serving = asyncio.create_task(hypercorn_serve(requests_alone, config, shutdown_trigger=leave))
    await started.wait()
    yield base
    leaving.set()
    await serving


@pytest_asyncio.fixture(loop_scope="module")
async def client(desk: Desk, address: str, authority: Path) -> AsyncIterator[httpx.AsyncClient]:
    trusted = ssl.create_default_context(cafile=str(authority / "authority"))
    async with httpx.AsyncClient(
        http2=True, verify=trusted, base_url=address, trust_env=False, cookies=desk.cookies, timeout=20
    ) as client:
        yield client


async def test_pages_are_answered_by_http2(client: httpx.AsyncClient) -> None:
    page = await client.get("/symbols", headers={"Accept-Encoding": "br;q=0.1, gzip"})

    assert (page.http_version, page.status_code, page.headers["content-encoding"]) == ("HTTP/2", 200, "gzip")
    assert (await client.head("/symbols")).content == b""
    wrong_method = await client.post("/symbols")
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_a_foreign_authority_is_refused(client: httpx.AsyncClient) -> None:
    for host in ("evil.example", "a_b.evil.test", "evil.test/x"):
        assert (await client.get("/login", headers={"Host": host})).status_code == 400, host


async def test_streams_work_over_http2_and_end_with_their_readers(desk: Desk, client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/stream?topics=status") as stream:
        lines = stream.aiter_lines()
        assert stream.http_version == "HTTP/2"
        assert await anext(lines) == "event: hello"
        assert desk.context.hub.stats.connections == 1
    await client.aclose()  # httpx gives up no stream of a connection that it keeps
    await until(lambda: desk.context.hub.stats.connections == 0)
