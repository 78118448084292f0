"""Links to the picture of a chart: made, read without signing in, ended and revoked."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.api.conftest import get as get_as_program
from tests.api.conftest import market
from tests.pipeline.conftest import Desk
from tests.support.list_pages import get, post
from tests.support.people_pages import BOB, add, anonymous_client, signed_in
from tests.support.quote_samples import LONG_NAME

__all__ = ["market"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = "/account/charts"
LINK = re.compile(r"<code>(http://[^/]+)(/shared/[A-Za-z0-9_-]{22})</code>")
REVOKE = re.compile(rf'action="({HERE}/[0-9a-f-]{{36}})"')
UNKNOWN = "/shared/AAAAAAAAAAAAAAAAAAAAAA"
NONCE = re.compile(r'nonce="[^"]*"|/shared/[\w.-]+')


@pytest_asyncio.fixture(loop_scope="module")
async def alice(market: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with market.client() as client:
        yield client
    async with market.context.pools.own.acquire() as connection:
        await connection.execute("delete from app.shares")


@pytest_asyncio.fixture(loop_scope="module")
async def guest(market: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with anonymous_client(market) as client:
        yield client


async def share(client: httpx.AsyncClient, symbol: str = "BF/B", **fields: str) -> str:
    html = await get(client, await post(client, HERE, symbol=symbol, **fields))
    ((_, address),) = LINK.findall(html)
    assert address not in await get(client, HERE)
    return address


async def test_the_picture_of_a_link_is_read_without_signing_in(
    alice: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    address = await share(alice, "bf/b", settings="?range=1m", days="30")
    picture = await guest.get(f"{address}.png")

    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")
    assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.headers["Cache-Control"] == "private, no-cache"
    assert picture.headers["X-Robots-Tag"] == "noindex"
    unchanged = await guest.get(f"{address}.png", headers={"If-None-Match": picture.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_the_page_of_a_link_has_what_previews_read(
    market: Desk, alice: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    address = await share(alice, settings="range=1m")
    html = await get(guest, address)
    tags = dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)"', html))
    base = f"http://127.0.0.1:{market.settings.port}"

    assert tags["og:title"].startswith("BF/B 4")
    assert tags["og:image"] == f"{base}{address}.png"
    assert tags["og:url"] == f"{base}{address}"
    assert tags["og:description"]
    assert (tags["og:image:width"], tags["og:image:height"]) == ("1200", "630")
    assert tags["twitter:card"] == "summary_large_image"
    assert f'<img src="{address}.png"' in html
    assert 'href="/s/BF%2FB?range=1m"' in html
    assert LONG_NAME in html
    for private in ("alice", "/stream", HERE):
        assert private not in html


async def test_a_link_shows_the_picture_alone(market: Desk, alice: httpx.AsyncClient, guest: httpx.AsyncClient) -> None:
    address = await share(alice)

    for suffix in ("json", "csv", "txt", "svg"):
        assert (await guest.get(f"{address}.{suffix}")).status_code == 404
    for accept in ("application/json", "text/csv", "text/plain"):
        assert (await guest.get(address, headers={"Accept": accept})).status_code == 404
    assert (await guest.get("/s/BF%2FB.png", headers={"Accept": "image/png"})).status_code == 401
    assert (await get_as_program(market, "/s/BF%2FB.png", address.rpartition("/")[2])).status_code == 401


async def test_a_revoked_link_an_expired_one_and_an_unknown_one_are_alike(
    market: Desk, alice: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    revoked = await share(alice)
    (path,) = REVOKE.findall(await get(alice, HERE))
    assert await post(alice, path) == HERE
    await post(alice, path, 404)
    expired = await share(alice, days="7")
    async with market.context.pools.own.acquire() as connection:
        await connection.execute("update app.shares set expires_at = now() - interval '1 second' where not revoked")

    for suffix in ("", ".png"):
        answers = [await guest.get(f"{address}{suffix}") for address in (UNKNOWN, revoked, expired)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({NONCE.sub("", answer.text) for answer in answers}) == 1
    assert "No link shows a chart" in await get(alice, HERE)


async def test_links_are_listed_and_those_of_somebody_else_are_not(market: Desk, alice: httpx.AsyncClient) -> None:
    address = await share(alice, "X:BTCUSD", days="")
    await share(alice, "BRK.B", settings="range=1y", days="365")
    html = await get(alice, HERE)
    first, _ = REVOKE.findall(html)

    assert re.findall(r'<a href="(/s/[^"]*)"', html) == ["/s/BRK.B?range=1y", "/s/X%3ABTCUSD"]
    assert "works until it is revoked" in html
    await add(market, BOB)
    async with signed_in(market, BOB) as bob:
        await post(bob, first, 404)
        assert REVOKE.findall(await get(bob, HERE)) == []
        assert address not in await get(bob, HERE)
    assert len(REVOKE.findall(await get(alice, HERE))) == 2


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"symbol": ""}, "Type a symbol."),
        ({"symbol": "NONE"}, "No symbol is spelt so."),
        ({"symbol": "<b>"}, "No symbol is spelt so."),
        ({"symbol": "BF/B", "settings": "range=9z"}, "range"),
        ({"symbol": "BF/B", "settings": "colour=red"}, "colour"),
        ({"symbol": "BF/B", "settings": "x" * 501}, "500 letters"),
        ({"symbol": "BF/B", "days": "8"}, "Choose one of these."),
    ],
)
async def test_what_is_no_chart_is_refused_beside_its_field(
    alice: httpx.AsyncClient, fields: dict[str, str], problem: str
) -> None:
    html = await post(alice, HERE, 422, **fields)

    assert problem in html
    assert "No link shows a chart" in html
    if settings := fields.get("settings"):
        assert f'value="{settings}"' in html


async def test_the_form_begins_with_the_chart_from_which_it_was_opened(alice: httpx.AsyncClient) -> None:
    html = await get(alice, f"{HERE}?symbol=BF%2FB&settings=range%3D1m")

    assert 'value="BF/B"' in html
    assert 'value="range=1m"' in html


async def test_a_person_has_at_most_fifty_links(alice: httpx.AsyncClient) -> None:
    for _ in range(50):
        await post(alice, HERE, symbol="BF/B")

    assert "You have 50 links" in await post(alice, HERE, 422, symbol="BF/B")
    (path, *_) = REVOKE.findall(await get(alice, HERE))
    await post(alice, path)
    await post(alice, HERE, symbol="BF/B")
