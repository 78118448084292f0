"""Links that show a list to others, and what such a page does not show."""

import re

import httpx
import pytest

from tests.pipeline.conftest import Desk
from tests.support.list_pages import get, new_list, order_fields, post
from tests.support.people_pages import anonymous_client

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_shared_list_is_read_by_its_link_until_that_is_revoked(desk: Desk, alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL", "BF/B")
    await post(alice, f"{path}/order", **order_fields("AAPL", note="private note"))
    html = await get(alice, await post(alice, f"{path}/shares"))
    (link,) = re.findall(r"<code>http://[^/]+(/shared/[A-Za-z0-9_-]{22})</code>", html)
    assert link not in await get(alice, f"{path}/shares")

    async with anonymous_client(desk) as guest:
        answer = await guest.get(link)
        assert answer.status_code == 200
        assert (answer.headers["X-Robots-Tag"], answer.headers["Referrer-Policy"]) == ("noindex", "no-referrer")
        assert "100.00" in answer.text
        for private in ("private note", "alice", "/stream", "/w/"):
            assert private not in answer.text
        (share,) = re.findall(r'action="(/w/core/shares/[0-9a-f-]{36})"', await get(alice, f"{path}/shares"))
        await post(alice, share)
        for address in (link, "/shared/x", "/shared/" + "A" * 5000):
            assert (await guest.get(address)).status_code == 404
    await post(alice, share, 404)
    assert len(re.findall(r"/shares/[0-9a-f-]{36}", await get(alice, f"{path}/shares"))) == 0


async def test_a_list_has_at_most_twenty_links(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    for _ in range(20):
        await post(alice, f"{path}/shares")

    assert "at most 20 links" in await post(alice, f"{path}/shares", 422)
