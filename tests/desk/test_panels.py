"""The panels of the desk: chosen and ordered by a form, drawn into columns, on one stream."""

import re

import httpx
import pytest

from app.desk.panels.panel import MOST_PANELS, USUAL_PANELS
from app.web.filters import dom_id
from tests.pipeline.conftest import Desk
from tests.scans.conftest import alice, bob, desk
from tests.security.conftest import redis
from tests.support.list_pages import get, new_list, post
from tests.support.quote_samples import OPEN, tick

__all__ = ["alice", "bob", "desk", "redis"]

pytestmark = pytest.mark.asyncio(loop_scope="module")
PANELS = "/desk/panels"


def version(page: str) -> str:
    return re.findall(r'name="version" value="(\d+)"', page)[0]


def keys(page: str) -> list[str]:
    return re.findall(r'name="up" value="([^"]*)"', page)


def headings(page: str) -> list[str]:
    return [re.sub(r"<[^>]*>", "", text).split(" ")[0] for text in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]


async def send(client: httpx.AsyncClient, status: int = 303, **fields: str) -> str:
    return await post(client, PANELS, status, version=version(await get(client, PANELS)), **fields)


async def choose(client: httpx.AsyncClient, *panels: tuple[str, str]) -> None:
    """These panels alone, as (choice, symbol)."""
    for key in keys(await get(client, PANELS)):
        await send(client, drop=key)
    for panel, symbol in panels:
        assert await send(client, panel=panel, symbol=symbol) == PANELS


def listed(page: str, name: str) -> str:
    (key,) = re.findall(rf'<option value="([^"]*)"[^>]*>{name}</option>', page)
    return key


async def test_a_person_who_never_chose_has_the_usual_panels(bob: httpx.AsyncClient) -> None:
    page = await get(bob, "/")

    assert headings(page) == ["Quotes", "AAPL", "Movers", "Detected", "Breadth"]
    assert keys(await get(bob, PANELS)) == [panel.key for panel in USUAL_PANELS]


async def test_panels_are_moved_removed_and_forgotten_by_buttons(alice: httpx.AsyncClient) -> None:
    await choose(alice, ("breadth", ""), ("movers", ""), ("detections", ""))
    assert headings(await get(alice, "/")) == ["Breadth", "Movers", "Detected"]

    await send(alice, up="movers")
    await send(alice, down="breadth")
    assert headings(await get(alice, "/")) == ["Movers", "Detected", "Breadth"]
    await send(alice, drop="detections")
    assert headings(await get(alice, "/")) == ["Movers", "Breadth"]

    await send(alice, usual="1")
    assert keys(await get(alice, PANELS)) == [panel.key for panel in USUAL_PANELS]


async def test_a_desk_may_have_no_panel(alice: httpx.AsyncClient) -> None:
    await choose(alice)

    assert '<a href="/desk/panels#add">Add one</a>' in await get(alice, "/")


async def test_a_list_a_screen_and_a_chart_are_panels_on_one_stream(desk: Desk, alice: httpx.AsyncClient) -> None:
    await new_list(alice, "Two of mine", "AAPL", "BF/B")
    await post(alice, "/screens/new", q="rsi14:..30", name="Low RSI", v="1")
    page = await get(alice, PANELS)
    panels = (listed(page, "List Two of mine"), listed(page, "Screen Low RSI"))
    await choose(alice, *((panel, "") for panel in panels), ("chart", "brk.b"))

    page = await get(alice, "/")

    assert headings(page) == ["Two", "Low", "BRK.B"]
    (topics,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', page)
    assert {"quotes:AAPL", "quotes:BF%2FB", "quotes:BRK.B", "quotes:GE", "chart:BRK.B:cmFuZ2U9M20"} <= set(
        topics.split(",")
    )
    assert len(re.findall(r'<tr id="row-', page)) == 4
    assert f'In another panel: <a href="#{dom_id("row", "AAPL")}">AAPL</a>' in page
    async with desk.stream(topics) as reader:
        await reader.message("hello")
        await desk.publish(tick("BF/B", 51.75, OPEN + 600))
        assert "51.75" in (await reader.containing("51.75")).data


async def test_a_panel_whose_list_was_deleted_says_so(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Short lived", "GE")
    await choose(alice, (listed(await get(alice, PANELS), "List Short lived"), ""))
    await post(alice, f"{path}/delete", version=version(await get(alice, f"{path}/delete")))

    assert 'The list of this panel was deleted. <a href="/desk/panels#add">Choose another</a>' in await get(alice, "/")
    page = await get(alice, PANELS)
    assert "List that was deleted" in page
    await send(alice, drop=keys(page)[0])
    assert keys(await get(alice, PANELS)) == []


async def test_a_list_of_somebody_else_is_no_panel(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    await new_list(alice, "Not for Bob", "GE")
    key = listed(await get(alice, PANELS), "List Not for Bob")

    assert "Not for Bob" not in await get(bob, PANELS)
    assert "Choose one of these." in await send(bob, 422, panel=key)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"panel": "nothing"}, "Choose one of these."),
        ({"panel": "state"}, "Choose one of these."),
        ({"panel": "list:x"}, "Choose one of these."),
        ({"panel": "chart"}, "Type the symbol of the chart."),
        ({"panel": "chart", "symbol": "NOBODY"}, "There is no such symbol."),
        ({"panel": "chart", "symbol": "<b>"}, "There is no such symbol."),
        ({"panel": "movers"}, "The desk has this panel already."),
        ({"drop": "list:x"}, "This panel is no longer there."),
        ({}, "Choose one of these."),
    ],
)
async def test_what_cannot_be_a_panel_is_refused(alice: httpx.AsyncClient, fields: dict[str, str], words: str) -> None:
    await choose(alice, ("movers", ""))

    assert words in await send(alice, 422, **fields)

    assert keys(await get(alice, PANELS)) == ["movers"]


async def test_a_desk_has_so_many_panels_at_most(alice: httpx.AsyncClient) -> None:
    lists = [f"Of many {number}" for number in range(MOST_PANELS)]
    for name in lists:
        await new_list(alice, name)
    page = await get(alice, PANELS)
    await choose(alice, *((listed(page, f"List {name}"), "") for name in lists))

    assert f"at most {MOST_PANELS} panels" in await send(alice, 422, panel="movers")
    assert (await get(alice, "/")).count("No symbol is on this list yet.") == MOST_PANELS


async def test_an_older_window_changes_nothing(alice: httpx.AsyncClient) -> None:
    await choose(alice, ("movers", ""))
    older = version(await get(alice, PANELS))
    await send(alice, panel="breadth")

    assert "changed in another window" in await post(alice, PANELS, 412, version=older, drop="movers")

    assert keys(await get(alice, PANELS)) == ["movers", "breadth"]
