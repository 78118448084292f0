"""Adding the symbols of a table to a list: the links of tables, and the form that they lead to."""

import re
from collections.abc import AsyncIterator
from urllib.parse import unquote

import httpx
import pytest
import pytest_asyncio

from app.watchlists.watchlist import MAX_ENTRIES
from app.wire.events.event import IndicatorAlert
from tests.api.conftest import market
from tests.pipeline.conftest import Desk
from tests.support.list_pages import get, new_list, post, rows, undo_path
from tests.support.quote_samples import AWKWARD, OPEN

__all__ = ["market"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALERT = IndicatorAlert(
    symbol="X:BTCUSD", alert="RSI_OVERSOLD", indicator="RSI14", timeframe="hourly", value=28.5, at=OPEN
)
FORM = "/w/add/symbols?symbols=BRK.B,BF/B,X:BTCUSD"


@pytest_asyncio.fixture(loop_scope="module")
async def alice(market: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of hers; she has no list when a test begins."""
    async with market.context.pools.own.acquire() as connection:
        await connection.execute("delete from app.watchlists")
    async with market.client() as client:
        yield client


def links(html: str) -> list[str]:
    return re.findall(r'href="(/w/add/[^"]*)"', html)


async def offered(client: httpx.AsyncClient, link: str) -> list[str]:
    """The symbols that are chosen on the form to which the link of a table leads."""
    answer = await client.get(link)
    assert (answer.status_code, answer.headers["Location"][:23]) == (303, "/w/add/symbols?symbols=")
    html = await get(client, answer.headers["Location"])
    return re.findall(r'type="checkbox" name="symbols" value="([^"]*)" checked', html)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("/", [[*AWKWARD], [*AWKWARD]]),
        ("/symbols?q=b", [["BF/B", "BRK.B"]]),
        ("/patterns/search?pattern=Doji&limit=2", [["BF/B", "BRK.B"]]),
        ("/patterns", [[*AWKWARD], [], [], ["X:BTCUSD"]]),
    ],
)
async def test_every_table_leads_to_the_form_with_its_symbols(
    market: Desk, alice: httpx.AsyncClient, page: str, expected: list[list[str]]
) -> None:
    async with market.stream("signals") as reader:
        await reader.message("message")
        await market.publish(ALERT)
        await reader.containing("X:BTCUSD")

    symbol_sets = [sorted(await offered(alice, link)) for link in links(await get(alice, page))]

    assert symbol_sets == [sorted(symbols) for symbols in expected]


async def test_a_list_offers_the_rows_of_its_page_in_their_order(alice: httpx.AsyncClient) -> None:
    await new_list(alice, "Many")
    many = ",".join(f"MANY{number:03}" for number in range(120))
    await post(alice, f"/w/add/symbols?symbols={many}", watchlist="many", symbols=many.split(","))
    html = await get(alice, "/w/many?sort=-symbol&page=2")

    (link,) = links(html)
    assert await offered(alice, link) == [f"MANY{number:03}" for number in reversed(range(20))]
    await get(alice, "/w/add/list/many?page=3", 404)
    await get(alice, "/w/add/list/none", 404)


async def test_the_chosen_symbols_are_added_and_taken_off_again(alice: httpx.AsyncClient) -> None:
    await new_list(alice, "Core", "BF/B")
    assert '<option value="core">Core</option>' in await get(alice, FORM)

    html = await get(alice, await post(alice, FORM, watchlist="core", symbols=["BRK.B", "BF/B"]))
    assert rows(html) == ["BF/B", "BRK.B"]
    assert "BRK.B added." in html
    await post(alice, undo_path(html))

    assert rows(await get(alice, "/w/core")) == ["BF/B"]


async def test_a_new_list_is_made_of_them(alice: httpx.AsyncClient) -> None:
    target = await post(alice, FORM, watchlist="", name="From the desk", symbols=[*AWKWARD])

    assert target.startswith("/w/from-the-desk?undo=")
    html = await get(alice, f"{target}&cols=note")
    assert rows(html) == [*AWKWARD]
    assert "3 symbols added." in html


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"watchlist": "core", "symbols": []}, "Choose at least one."),
        ({"watchlist": "core", "symbols": ["AAPL"]}, "Choose one of these."),
        ({"watchlist": "other", "symbols": ["BRK.B"]}, "Choose one of these."),
        ({"watchlist": "", "symbols": ["BRK.B"]}, "Type a name."),
        ({"watchlist": "", "name": "core", "symbols": ["BRK.B"]}, "You have a list called"),
        ({"watchlist": "core", "name": "Another", "symbols": ["BRK.B"]}, "This is for a new list"),
    ],
)
async def test_what_is_no_choice_is_marked_and_changes_nothing(
    alice: httpx.AsyncClient, sent: dict[str, str | list[str]], message: str
) -> None:
    await new_list(alice, "Core")
    html = await post(alice, FORM, 422, **sent)

    assert message in html
    checked = re.findall(r'value="([^"]*)" checked', html)
    assert checked == [symbol for symbol in sent["symbols"] if symbol in unquote(FORM)]
    assert rows(await get(alice, "/w/core")) == []
    assert "/w/another" not in await get(alice, "/w")


async def test_an_address_without_symbols_says_so_and_one_of_no_symbols_is_refused(alice: httpx.AsyncClient) -> None:
    assert "The table has no symbol now" in await get(alice, "/w/add/symbols")
    await get(alice, "/w/add/symbols?symbols=a b", 400)
    await get(alice, f"/w/add/symbols?symbols={','.join(f'A{number}' for number in range(MAX_ENTRIES + 1))}", 400)
    await get(alice, "/w/add/flow/weekly", 404)
