"""Links that show a screen to others, and what such a page does not show."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.pipeline.conftest import Desk
from tests.support.list_pages import get, new_list, post
from tests.support.people_pages import anonymous_client

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def no_screens(desk: Desk) -> AsyncIterator[None]:
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute("delete from app.screens")
        await connection.execute("delete from app.watchlists")
    yield


@pytest_asyncio.fixture(loop_scope="module")
async def guest(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with anonymous_client(desk) as client:
        yield client


async def save(client: httpx.AsyncClient, rule: str, **more: str) -> str:
    fields = {"name": "Shared dips", "q": rule, "in": "", "tf": "d", "sort": "-relvol", "cols": "tech", **more}
    return await post(client, "/screens/new", **fields)


async def link(client: httpx.AsyncClient, path: str) -> str:
    html = await get(client, await post(client, f"{path}/shares"))
    (address,) = re.findall(r"<code>http://[^/]+(/shared/[A-Za-z0-9_-]{22})</code>", html)
    assert address not in await get(client, f"{path}/shares")
    return address


def symbols(html: str) -> list[str]:
    return re.findall(r'<tr id="row-[^"]*">\s*<th scope="row"><b>([^<]+)</b>', html)


async def test_a_shared_screen_is_read_by_its_link_until_that_is_revoked(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    path = await save(alice, "rsi14:..30")
    address = await link(alice, path)

    answer = await guest.get(address)
    assert answer.status_code == 200
    assert (answer.headers["X-Robots-Tag"], answer.headers["Referrer-Policy"]) == ("noindex", "no-referrer")
    assert symbols(answer.text) == ["BRK.B", "AAPL", "GE"]
    assert "RSI 14 at most 30" in answer.text
    for private in ("alice", "/stream", "/screens", "/scan"):
        assert private not in answer.text
    for parameter in ("page=2", "page=x", "q=close:1..", "sort=last"):
        assert (await guest.get(f"{address}?{parameter}")).status_code in (400, 404)

    (share,) = re.findall(r'action="(/screens/shared-dips/shares/[0-9a-f-]{36})"', await get(alice, f"{path}/shares"))
    await post(bob, share, 404)
    await post(alice, share)
    assert (await guest.get(address)).status_code == 404


async def test_a_link_follows_the_screen_that_is_changed_deleted_and_put_back(
    alice: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    path = await save(alice, "rsi14:..30")
    address = await link(alice, path)
    fields = {"q": "rsi14:..5", "in": "", "tf": "d", "sort": "symbol", "cols": "std", "version": "1"}

    await post(alice, f"{path}/rule", **fields)
    assert symbols((await guest.get(address)).text) == ["GE"]
    html = await get(alice, await post(alice, f"{path}/delete", version="2"))
    assert (await guest.get(address)).status_code == 404
    (undo,) = re.findall(r'action="(/screens/undo/[^"]+)"', html)
    await post(alice, undo)

    assert symbols((await guest.get(address)).text) == ["GE"]


async def test_a_shared_screen_looks_at_its_owners_list_and_does_not_name_it(
    alice: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    watchlist = await new_list(alice, "Secret plans", "AAPL", "BF/B")
    address = await link(alice, await save(alice, "close:0..", **{"in": "list.secret-plans"}))

    html = (await guest.get(address)).text
    assert sorted(symbols(html)) == ["AAPL", "BF/B"]
    assert "in a list" in html
    assert "ecret" not in html
    await post(alice, watchlist, symbol="BRK.B")
    assert "BRK.B" in symbols((await guest.get(address)).text)

    await post(alice, f"{watchlist}/delete", version="4")
    answer = await guest.get(address)
    assert answer.status_code == 404
    assert "ecret" not in answer.text


@pytest.mark.parametrize("rule", ["closs:1..", "sector:Nonsense"])
async def test_a_rule_that_cannot_be_answered_shows_nothing(
    desk: Desk, alice: httpx.AsyncClient, guest: httpx.AsyncClient, rule: str
) -> None:
    address = await link(alice, await save(alice, "close:0.."))
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute("update app.screens set rule = $1", rule)

    answer = await guest.get(address)
    assert answer.status_code == 404
    assert "cannot be answered now" in answer.text


async def test_a_rule_that_looks_back_is_computed_for_whoever_has_the_link(
    alice: httpx.AsyncClient, guest: httpx.AsyncClient
) -> None:
    answer = await guest.get(await link(alice, await save(alice, "in5(rsi14:..30)")))

    assert answer.status_code == 200
    assert "Being computed" in answer.text
    assert answer.headers["Refresh"] == "10"
