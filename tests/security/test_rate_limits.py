"""Rate limits of requests: the answer says when to retry, and nobody else is affected."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import SecretStr
from quart.testing import WebsocketResponseError
from quart.typing import TestClientProtocol as Client

from app import deps
from app.embedded.child import Child
from app.embedded.places import Places
from app.identity import Role
from app.server.factory import create_app
from app.settings.sections import LimitsSection, RedisSection
from app.web import errors
from tests.conftest import copied
from tests.security.conftest import Site, create_people, settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMITS = LimitsSection(per_user=5, per_address=3, openings_per_user=4, openings_per_address=6)
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sites(
    places: Places, furnished: str, redis: str, valkey_server: Child, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Site, Site]]:
    """Two processes that know of each other by Redis alone."""
    async for name in copied(places, furnished):
        config = settings(redis, places, name, tmp_path_factory.mktemp("traffic"))
        config = config.model_copy(update={"limits": LIMITS, "proxy_hops": 1})
        first, second = create_app(config), create_app(config)
        async with first.test_app(), second.test_app():
            site = await create_people(first)
            yield site, Site(second, site.people)


def headers_from(address: str, **headers: str) -> dict[str, str]:
    return {**PAGE, "X-Forwarded-For": address, **headers}


async def statuses(clients: list[Client], path: str, headers: dict[str, str], times: int) -> list[int]:
    return [(await clients[n % len(clients)].get(path, headers=headers)).status_code for n in range(times)]


async def test_requests_of_a_person_are_counted_over_all_processes(sites: tuple[Site, Site]) -> None:
    clients = [site.app.test_client(False) for site in sites]
    alice, bob = [{"Cookie": sites[0].cookie(await sites[0].new_session(role))} for role in (Role.USER, Role.ADMIN)]

    assert await statuses(clients, "/symbols", headers_from("192.0.2.1", **alice), 7) == [200] * 5 + [429] * 2
    assert await statuses(clients, "/symbols", headers_from("192.0.2.2", **alice), 1) == [429]
    assert await statuses(clients, "/symbols", headers_from("192.0.2.1", **bob), 1) == [200]


async def test_anonymous_requests_are_counted_by_network(sites: tuple[Site, Site]) -> None:
    clients = [site.app.test_client(False) for site in sites]

    assert await statuses(clients, "/login", headers_from("2001:db8::1"), 3) == [200] * 3
    assert await statuses(clients, "/login", headers_from("2001:db8::2"), 1) == [429]
    assert await statuses(clients, "/login", headers_from("2001:db8:0:1::1"), 1) == [200]
    assert await statuses(clients, "/login", headers_from("2001:db8:0:2::1, 2001:db8::3"), 1) == [429]


async def test_a_rate_limited_answer_has_retry_after(sites: tuple[Site, Site]) -> None:
    client = sites[0].app.test_client(False)
    await statuses([client], "/login", headers_from("192.0.2.9"), 3)

    page = await client.get("/login", headers=headers_from("192.0.2.9"))
    part = await client.get("/login", headers={"X-Forwarded-For": "192.0.2.9", "HX-Request": "true"})

    for answer in (page, part):
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert "Too many tries" in await page.get_data(as_text=True)
    assert part.headers["HX-Retarget"] == "#announce"


async def handshake_status(site: Site, cookie: str, address: str) -> int:
    """The status of a socket's handshake that names no topic: 400 where it was let through."""
    headers = headers_from(address, Cookie=cookie, Origin=deps.context_of(site.app).settings.public_url)
    with pytest.raises(WebsocketResponseError) as raised:
        async with site.app.test_client(False).websocket("/ws/quotes", headers=headers) as socket:
            await socket.receive()
    status: int = raised.value.response.status_code
    return status


async def test_opening_streams_and_sockets_has_its_own_rate_limit(sites: tuple[Site, Site]) -> None:
    """By person in all processes, and by address; the pages of the same person go on."""
    clients = [site.app.test_client(False) for site in sites]
    first = sites[0].cookie(await sites[0].new_session(Role.ADMIN))
    second = sites[0].cookie(await sites[0].new_session(Role.USER, other=True))

    mine = headers_from("192.0.2.30", Cookie=first)
    assert await statuses(clients, "/stream", mine, 3) == [400] * 3
    assert await handshake_status(sites[1], first, "192.0.2.30") == 400
    assert await statuses(clients, "/stream", headers_from("192.0.2.31", Cookie=first), 1) == [429]
    assert await handshake_status(sites[0], first, "192.0.2.31") == 429
    limited = await clients[0].get("/stream", headers={**mine, "Accept": "text/event-stream"})
    assert (limited.status_code, limited.headers["HX-Reswap"]) == (429, "none")
    assert 1 <= int(limited.headers["Retry-After"]) <= 61
    assert await statuses(clients, "/symbols", mine, 1) == [200]

    assert await statuses(clients, "/stream", headers_from("192.0.2.30", Cookie=second), 2) == [400, 429]
    assert await statuses(clients, "/stream", headers_from("192.0.2.40", Cookie=second), 1) == [400]


async def test_health_checks_and_static_files_are_not_rate_limited(sites: tuple[Site, Site]) -> None:
    client = sites[0].app.test_client(False)
    for path in ("/health", "/ready", "/static/none", "/stream"):
        assert 429 not in await statuses([client], path, headers_from("192.0.2.20"), 5)

    assert await statuses([client], "/login", headers_from("192.0.2.20"), 1) == [200]


async def test_without_redis_a_public_page_is_served_without_counting(
    places: Places, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = settings("redis://127.0.0.1:1", places, "nothing", tmp_path_factory.mktemp("away"))
    away = create_app(
        config.model_copy(update={"limits": LIMITS, "redis": RedisSection(url=SecretStr("redis://127.0.0.1:1"))})
    )

    assert await statuses([away.test_client(False)], "/login", PAGE, 5) == [200] * 5


WAITS = {
    0.2: "1 second",
    12.2: "13 seconds",
    120: "120 seconds",
    121: "3 minutes",
    299.5: "5 minutes",
    86300: "24 hours",
}


@pytest.mark.parametrize(("seconds", "wait"), WAITS.items())
async def test_the_page_for_too_many_requests_says_how_long_to_wait(
    sites: tuple[Site, Site], seconds: float, wait: str
) -> None:
    async with sites[0].app.test_request_context("/"):
        answer = await errors.answer(429, retry_after=seconds)
        other = await errors.answer(429, "One thing at a time.", retry_after=seconds)

    assert f"Try again in {wait}." in await answer.get_data(as_text=True)
    assert "One thing at a time." in await other.get_data(as_text=True)
