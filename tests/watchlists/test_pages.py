"""The pages of lists, on a served desk: what a person without scripting does with links and forms."""

import re
from urllib.parse import unquote

import httpx
import pytest

from app.web.filters import dom_id
from tests.pipeline.conftest import Desk
from tests.support.list_pages import LONG_NAME, get, new_list, order_fields, post, rows, undo_path
from tests.support.quote_samples import AWKWARD, OPEN, tick

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_list_is_created_filled_and_shown(alice: httpx.AsyncClient) -> None:
    assert "You have no list yet" in await get(alice, "/w")
    path = await new_list(alice, "Chips & cloud", *AWKWARD)

    html = await get(alice, path)

    assert path == "/w/chips-cloud"
    assert rows(html) == [*AWKWARD]
    assert LONG_NAME in html
    assert "85.50" in html
    assert f'id="{dom_id("row", "X:BTCUSD")}"' in html
    assert "chips-cloud" in await get(alice, "/w")


async def test_the_page_subscribes_to_the_quotes_of_its_rows_and_pushes_reach_them(
    desk: Desk, alice: httpx.AsyncClient
) -> None:
    html = await get(alice, await new_list(alice, "Core", "AAPL", *AWKWARD))
    (topics,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', html)
    assert sorted(unquote(topics).split(",")) == sorted(
        ["status", "quotes:AAPL", *(f"quotes:{each}" for each in AWKWARD)]
    )

    async with desk.stream(topics) as reader:
        await reader.message("message")
        await desk.publish(tick("BF/B", 51.75, OPEN + 600))
        pushed = (await reader.containing("51.75")).data

    (target,) = re.findall(r'hx-target="#([^"]+)" hx-swap="cells"', pushed)
    (row,) = re.findall(rf'<tr id="{target}">.*?</tr>', html, re.S)
    cells = re.findall(r'<td class="(last|change|percent)', row)
    assert "BF/B" in row
    assert cells == ["last", "change", "percent"]


async def test_names_are_refused_beside_their_field_and_stay_typed(alice: httpx.AsyncClient) -> None:
    await new_list(alice, "Core")

    assert "You have a list called core already." in (html := await post(alice, "/w", 422, name="core"))
    assert 'value="core"' in html
    assert "Type a name." in await post(alice, "/w", 422, name=" ")
    assert "at most 60 characters" in await post(alice, "/w", 422, name="x" * 61)
    await new_list(alice, "Other")
    assert "called CORE already" in await post(alice, "/w/other/name", 422, name="CORE", before="Other")
    assert await post(alice, "/w/other/name", name="Second", before="Other") == "/w/other"
    assert "<h1>Second</h1>" in await get(alice, "/w/other")


@pytest.mark.parametrize(
    ("typed", "status", "text"),
    [
        ("aapl", 303, "row-aapl"),
        ("NASDAQ:MSFT", 303, "row-msft"),
        ("microsoft", 303, "row-msft"),
        ("general", 422, "can mean several symbols"),
        ("microsift", 422, "Nothing is called"),
        ("zzzzz", 422, "Nothing known is near to it"),
        ("", 422, "Type a symbol or a name."),
        ("BRK-B", 422, "BRK.B is on the list already."),
    ],
)
async def test_symbols_are_added_by_search(alice: httpx.AsyncClient, typed: str, status: int, text: str) -> None:
    path = await new_list(alice, "Core", "BRK.B")

    assert text in await post(alice, path, status, symbol=typed)


async def test_one_of_several_matches_is_added_by_its_button(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    html = await post(alice, path, 422, symbol="general")

    assert re.findall(r'name="symbol" value="([^"]+)"', html) == ["GE", "GM"]
    await post(alice, path, symbol="GM")
    assert rows(await get(alice, path)) == ["GM"]


async def test_an_entry_keeps_its_day_and_price(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL", "GE")
    await post(alice, f"{path}/order", **order_fields("AAPL", note="Above 410 & rising"))

    html = await get(alice, f"{path}?cols=note")

    assert re.search(r'<td class="num then">100\.00</td><td class="num since flat">0\.00', html)
    assert '<td class="num then">-</td>' in html
    assert "Above 410 & rising" in html


async def test_order_is_changed_by_plain_forms(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL", *AWKWARD)
    html = await get(alice, f"{path}/order")
    assert re.findall(r'name="rows-\d-place" type="number" value="(\d)"', html) == ["1", "2", "3", "4"]

    await post(alice, f"{path}/order", up="BF/B")
    assert rows(await get(alice, path)) == ["AAPL", "BF/B", "BRK.B", "X:BTCUSD"]
    await post(alice, f"{path}/order", down="AAPL")
    await post(alice, f"{path}/order", **order_fields("X:BTCUSD", place="3", note="moved too"))
    assert rows(await get(alice, path)) == ["BF/B", "AAPL", "X:BTCUSD", "BRK.B"]
    for place in ("0", "x", "-1"):
        await post(alice, f"{path}/order", 422, **order_fields("AAPL", place=place, note=""))


async def test_a_removed_entry_is_put_back_without_scripting(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL", *AWKWARD)
    html = await get(alice, await post(alice, f"{path}/order", drop="BF/B"))

    assert "BF/B taken off the list." in html
    assert rows(html) == ["AAPL", "BRK.B", "X:BTCUSD"]
    undo = undo_path(html)
    assert "Put back" in await get(alice, undo)
    await get(bob, undo, 404)
    await post(bob, undo, 404)
    assert await post(alice, undo) == path
    assert rows(await get(alice, path)) == ["AAPL", *AWKWARD]
    await post(alice, undo, 404)


async def test_a_deleted_list_is_put_back(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL")
    (version,) = re.findall(r'name="version" value="(\d+)"', await get(alice, f"{path}/delete"))
    await post(alice, path, symbol="GE")

    html = await post(alice, f"{path}/delete", 412, version=version)
    assert "Core has 2 symbols" in html
    await post(alice, f"{path}/delete", 412, version="x")
    (version,) = re.findall(r'name="version" value="(\d+)"', html)
    html = await get(alice, await post(alice, f"{path}/delete", version=version))
    await get(alice, path, 404)

    assert await post(alice, undo_path(html)) == path
    assert rows(await get(alice, path)) == ["AAPL", "GE"]


async def test_sections_group_the_rows(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL", "GE", "GM")
    await post(alice, f"{path}/sections", name="Energy")
    assert "a section called ENERGY already" in await post(alice, f"{path}/sections", 422, name="ENERGY")
    html = await get(alice, path)
    sections = dict(re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>([^<]+)</option>', html))
    ids = {name: section_id for section_id, name in sections.items()}
    assert list(ids) == ["No section", "Energy"]

    await post(alice, path, symbol="BRK.B", section=ids["Energy"])
    await post(alice, f"{path}/sections", move="1", symbol="AAPL", to=ids["Energy"])
    html = await get(alice, path)
    assert rows(html) == ["GE", "GM", "BRK.B", "AAPL"]
    assert 'Energy <span class="tiny quiet">2</span>' in html
    await post(alice, f"{path}/sections", 422, move="1", symbol="NONE", to=ids["Energy"])
    await post(alice, f"{path}/sections/{ids['Energy']}", name="Oil", before="Energy")
    html = await post(alice, f"{path}/sections/{ids['Energy']}", 412, name="Gas", before="Energy")
    assert "“Oil”" in html
    assert 'value="Gas"' in html
    await post(alice, f"{path}/sections/{ids['Energy']}", delete="1")
    assert rows(await get(alice, path)) == ["GE", "GM", "BRK.B", "AAPL"]
    await post(alice, f"{path}/sections/{ids['Energy']}", 404, delete="1")


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("symbol", ["AAPL", "BF/B", "BRK.B", "GE", "X:BTCUSD"]),
        ("-symbol", ["X:BTCUSD", "GE", "BRK.B", "BF/B", "AAPL"]),
        ("last", ["BF/B", "BRK.B", "AAPL", "GE", "X:BTCUSD"]),
        ("-last", ["AAPL", "BRK.B", "BF/B", "GE", "X:BTCUSD"]),
        ("chg", ["BRK.B", "AAPL", "BF/B", "GE", "X:BTCUSD"]),
        ("-chg", ["AAPL", "BRK.B", "BF/B", "GE", "X:BTCUSD"]),
        ("since", ["AAPL", "BF/B", "BRK.B", "GE", "X:BTCUSD"]),
        ("", ["X:BTCUSD", "GE", "BRK.B", "BF/B", "AAPL"]),
    ],
)
async def test_rows_are_sorted_by_the_address(alice: httpx.AsyncClient, sort: str, order: list[str]) -> None:
    path = await new_list(alice, "Core", "X:BTCUSD", "GE", "BRK.B", "BF/B", "AAPL")

    html = await get(alice, f"{path}?sort={sort}&cols=note")

    assert rows(html) == order
    assert html.count("aria-sort=") == bool(sort)
    assert all("cols=note" in link for link in re.findall(r'href="(/w/core\?sort=[^"]*)">(?:Symbol|Last|%)<', html))


@pytest.mark.parametrize("query", ["sort=x", "cols=pe", "page=0", "page=x", "page=2", "page=1&page=1", "other=1"])
async def test_a_crafted_address_is_refused(alice: httpx.AsyncClient, query: str) -> None:
    path = await new_list(alice, "Core", "AAPL")

    answer = await alice.get(f"{path}?{query}", headers={"Accept": "text/html"})

    assert answer.status_code == (404 if query in ("page=0", "page=2") else 400)


async def test_another_persons_list_is_not_there(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL")
    section = re.findall(r"/sections/([0-9a-f-]{36})", await get(alice, f"{path}/sections"))[0]

    for below in ("", "/name", "/delete", "/order", "/sections", f"/sections/{section}", "/shares", "/desk"):
        await get(bob, f"{path}{below}", 404)
        fields = {"name": "Mine", "symbol": "GE", "drop": "AAPL", "version": "2"}
        await post(bob, f"{path}{below}", 404, **fields)
    await post(bob, "/w/add", 422, symbol="GE", watchlist="core")
    await post(bob, "/w/order", 404, up="core")
    assert rows(await get(alice, path)) == ["AAPL"]
    assert "Core" not in await get(bob, "/w")


async def test_lists_are_ordered_and_one_is_chosen_for_the_desk(alice: httpx.AsyncClient) -> None:
    for name in ("A", "B", "C"):
        await new_list(alice, name)
    await post(alice, "/w/order", up="c")
    await post(alice, "/w/order", down="a")

    assert re.findall(r'<th scope="row"><a href="/w/(.)">', await get(alice, "/w")) == ["c", "a", "b"]
    await post(alice, "/w/c/desk")
    assert "Take off the desk" in await get(alice, "/w/c")
    await post(alice, "/w/c/desk", off="1")
    assert "Show on the desk" in await get(alice, "/w/c")


async def test_a_symbols_page_adds_it_to_a_list(alice: httpx.AsyncClient) -> None:
    assert "Add to list" not in await get(alice, "/s/BF/B")
    path = await new_list(alice, "Core")
    html = await get(alice, "/s/BF/B")
    (symbol,) = re.findall(r'<input type="hidden" name="symbol" value="([^"]+)">', html)

    assert await post(alice, "/w/add", symbol=symbol, watchlist="core") == f"{path}#{dom_id('row', 'BF/B')}"
    assert "on the list already" in await post(alice, "/w/add", 422, symbol=symbol, watchlist="core")
    assert "Choose one of these." in await post(alice, "/w/add", 422, symbol=symbol, watchlist="none")
    assert rows(await get(alice, path)) == ["BF/B"]


async def test_a_page_has_a_hundred_rows_and_their_topics(desk: Desk, alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core")
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute(
            "insert into app.watchlist_entries (watchlist_id, symbol, section_id, rank)"
            " select list.id, 'S' || n, section.id, n from app.watchlists as list"
            " join app.watchlist_sections as section on section.watchlist_id = list.id, generate_series(1, 500) as n"
        )

    html = await get(alice, f"{path}?page=5")

    assert rows(html) == [f"S{number}" for number in range(401, 501)]
    assert html.count("quotes:S") == 100
    assert "500 entries" in await post(alice, path, 422, symbol="AAPL")
