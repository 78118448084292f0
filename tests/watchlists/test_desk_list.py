"""The desk of a person who chose a list for it."""

import re
from urllib.parse import quote as quoted
from urllib.parse import unquote

import httpx
import pytest

from app.web.filters import dom_id
from tests.pipeline.conftest import Desk
from tests.support.list_pages import get, new_list, post, rows
from tests.support.quote_samples import AWKWARD, OPEN, tick

pytestmark = pytest.mark.asyncio(loop_scope="module")


BESIDE = ("breadth", "movers:5-100000", "patterns", "status")
"""Topics of the other panels."""


def topics(html: str) -> list[str]:
    (address,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', html)
    return unquote(address).split(",")


async def test_the_desk_shows_the_chosen_list_and_subscribes_to_its_rows_alone(
    desk: Desk, alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    listed = ["X:BTCUSD", "BRK.B", "GONE", "BF/B"]
    assert "quotes" in topics(await get(alice, "/"))
    await post(alice, await new_list(alice, "Mine <b>", "X:BTCUSD", "BRK.B", "GM", "BF/B") + "/desk")
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute("update app.watchlist_entries set symbol = 'GONE' where symbol = 'GM'")

    html = await get(alice, "/")

    assert rows(html) == listed
    assert sorted(topics(html)) == sorted(
        [*BESIDE, "chart:X:BTCUSD:cmFuZ2U9M20", *(f"quotes:{symbol}" for symbol in listed)]
    )
    assert '<a href="/w/mine-b">Mine <b></a>' in html
    (unpriced,) = re.findall(rf'<tr id="{dom_id("row", "GONE")}">.*?</tr>', html, re.S)
    assert unpriced.count(">-</td>") == 3
    async with desk.stream(",".join(map(quoted, topics(html)))) as reader:
        await reader.message("hello")
        await desk.publish(tick("AAPL", 101.25, OPEN + 600))
        await desk.publish(tick("BF/B", 51.25, OPEN + 600))
        assert "101.25" not in (await reader.containing("51.25")).data

    assert "Mine" not in await get(bob, "/")
    assert "quotes" in topics(await get(bob, "/"))


async def test_the_way_back_to_the_most_active_leads_to_the_desk(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", *AWKWARD)
    await post(alice, f"{path}/desk")
    (action,) = re.findall(r'<form action="(/w/core/desk)" method="post"><button', await get(alice, "/"))

    assert await post(alice, action, off="desk") == "/"

    assert "quotes" in topics(await get(alice, "/"))
    assert '<h2 id="quotes-head">Quotes</h2>' in await get(alice, "/")


async def test_the_desk_says_that_a_list_is_empty_and_follows_its_deletion(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    await post(alice, f"{path}/desk")
    assert "No symbol is on this list yet." in await get(alice, "/")

    await post(alice, f"{path}/delete", version="1")

    assert '<h2 id="quotes-head">Quotes</h2>' in await get(alice, "/")


async def test_the_first_sixty_of_a_long_list_are_shown_by_section(desk: Desk, alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    await post(alice, f"{path}/sections", name="Energy & oil")
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute(
            "insert into app.watchlist_entries (watchlist_id, symbol, section_id, rank)"
            " select section.watchlist_id, 'S' || (case when name = '' then 0 else 40 end + n), section.id, n"
            " from app.watchlist_sections as section, generate_series(1, 40) as n"
        )
    await post(alice, f"{path}/desk")

    html = await get(alice, "/")

    assert rows(html) == [f"S{number}" for number in range(1, 61)]
    assert "60 of 80" in html
    assert 'scope="colgroup">Energy & oil <span class="tiny quiet">40</span>' in html
