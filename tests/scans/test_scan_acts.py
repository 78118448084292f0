"""What can be done with the symbols of a scan, on a market with more matches than a list can have."""

import random
import re
from collections.abc import AsyncIterator

import brotli
import httpx
import pytest
import pytest_asyncio

from app.desk.scan.results import PAGE_ROWS
from app.embedded.places import Places
from app.rules.latest_columns import EVERY
from app.scans.columns import SETS
from app.watchlists.watchlist import MAX_ENTRIES, MAX_LISTS
from tests.pipeline.conftest import Desk
from tests.scans.conftest import AT, market_link
from tests.support.latest_rows import latest_row, put_latest
from tests.support.list_pages import PAGE, get, new_list, post, rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 600
OVERSOLD = "q=rsi14:..30,close:gt:sma200&v=1"


@pytest_asyncio.fixture(autouse=True, loop_scope="module", scope="module")
async def many_symbols(desk: Desk, places: Places) -> None:
    """No two values are the same."""
    numbers = random.Random(1)
    every = [{name: numbers.uniform(1, 300) for name in EVERY} for _ in range(MANY)]
    async with market_link(desk, places) as link:
        await put_latest(
            link,
            [
                latest_row(
                    f"MANY{number:03}", {**values, "relvol": 7 + number, "rsi14": 60 + number / 100}, at=AT.timestamp()
                )
                for number, values in enumerate(every)
            ],
        )


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def no_lists(desk: Desk) -> AsyncIterator[None]:
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute("delete from app.watchlists")
    yield


async def test_the_symbols_of_a_scan_can_be_copied(alice: httpx.AsyncClient) -> None:
    scan = await get(alice, "/scan?q=rsi14:..30&sort=-rsi14&v=1")
    (path,) = re.findall(r'href="(/scan/symbols\?[^"]*)"', scan)

    assert ">AAPL,BRK.B,GE</textarea>" in await get(alice, path)
    html = await get(alice, "/scan/symbols?q=relvol:7..&sort=-rsi14&v=1")
    assert f"the first of {MANY}" in html
    (text,) = re.findall(r"readonly>([^<]*)</textarea>", html)
    assert text.split(",") == [f"MANY{number:03}" for number in range(MANY - 1, MANY - MAX_ENTRIES - 1, -1)]


async def test_matches_are_saved_as_a_list_with_their_prices(alice: httpx.AsyncClient) -> None:
    assert "Create the list" in await get(alice, f"/scan/list?{OVERSOLD}")

    target = await post(alice, f"/scan/list?{OVERSOLD}", name="Oversold now")
    html = await get(alice, f"{target}&cols=note")
    assert target.startswith("/w/oversold-now?undo=")
    assert rows(html) == ["BRK.B"]
    assert "85.50" in html
    assert "BRK.B added." in html
    (undo,) = re.findall(r'action="(/w/undo/[^"]+)"', html)
    await post(alice, undo)

    assert rows(await get(alice, "/w/oversold-now")) == []


async def test_a_list_of_more_matches_than_it_can_have_says_what_is_left_out(alice: httpx.AsyncClient) -> None:
    html = await get(alice, await post(alice, "/scan/list?q=relvol:7..&v=1", name="Many"))

    assert f"{MAX_ENTRIES} symbols added." in html
    assert f"{MANY - MAX_ENTRIES} more matches: a list has at most {MAX_ENTRIES} entries" in html


async def test_matches_are_added_to_a_list_beside_what_is_there(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    await new_list(alice, "Core", "AAPL", "BF/B")
    assert '<option value="core">Core</option>' in await get(alice, "/scan/add?q=rsi14:..30&v=1")

    html = await get(alice, await post(alice, "/scan/add?q=rsi14:..30&v=1", watchlist="core"))
    assert rows(html) == ["AAPL", "BF/B", "BRK.B", "GE"]
    await post(bob, "/scan/add?q=rsi14:..30&v=1", 422, watchlist="core")
    assert "You have no list yet" in await get(bob, "/scan/add?q=rsi14:..30&v=1")

    full = await get(alice, await post(alice, "/scan/add?q=relvol:7..&v=1", watchlist="core"))
    assert f"{MAX_ENTRIES - 4} symbols added." in full
    assert "MANY599: the list is full" not in full
    assert f"MANY499: the list is full with {MAX_ENTRIES} entries" in full


@pytest.mark.parametrize("act", ["symbols", "list", "add"])
async def test_the_symbols_of_no_scan_are_refused(alice: httpx.AsyncClient, act: str) -> None:
    for query, status in (
        ("", 422),
        ("q=closs:1..", 422),
        ("q=sector:Tech", 422),
        ("q=close:0..&cols=all", 400),
        ("q=close:0..&in=list.none", 404),
        ("q=in5(rsi14:..30)", 503),
    ):
        await get(alice, f"/scan/{act}?{query}", status)
        if act != "symbols":
            await post(alice, f"/scan/{act}?{query}", status, name="New", watchlist="core")

    assert "You have no list yet" in await get(alice, "/w")


async def test_a_name_that_is_refused_creates_no_list(alice: httpx.AsyncClient) -> None:
    await new_list(alice, "Core")

    assert "called CORE already" in await post(alice, f"/scan/list?{OVERSOLD}", 422, name="CORE")
    assert "Type a name." in await post(alice, f"/scan/list?{OVERSOLD}", 422, name=" ")
    for number in range(MAX_LISTS - 1):
        await new_list(alice, f"List {number}")
    assert f"You have {MAX_LISTS} lists" in await post(alice, f"/scan/list?{OVERSOLD}", 422, name="One more")


@pytest.mark.parametrize("columns", SETS)
async def test_a_full_page_of_different_values_is_small(alice: httpx.AsyncClient, columns: str) -> None:
    await post(alice, "/screens/new", name=f"Many {columns}", q="relvol:7..", tf="d", cols=columns)
    answer = await alice.get(f"/screens/many-{columns}", headers=PAGE)

    assert len(rows(answer.text)) == PAGE_ROWS
    assert len(brotli.compress(answer.content, quality=5)) < 7_000
