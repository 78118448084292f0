"""Saved screens on a served desk: save, change, order, delete, undo, and what is refused."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from app.owned.names import LONGEST_NAME
from app.rules.presets import GENERAL
from app.scans.screens import changes
from app.scans.screens.screen import MAX_SCREENS, ScreenDefinition
from tests.pipeline.conftest import Desk
from tests.support.list_pages import PAGE, get, new_list, post, rows
from tests.support.list_pages import undo_path as list_undo_path
from tests.support.people_pages import BOB

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULE = "rsi14:..30,close:gt:sma200"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def no_screens(desk: Desk) -> AsyncIterator[None]:
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute("delete from app.screens")
        await connection.execute("delete from app.watchlists")
    yield


def definition(rule: str = RULE, **more: str) -> dict[str, str]:
    return {"q": rule, "in": "", "tf": "d", "sort": "symbol", "cols": "std", **more}


async def save(client: httpx.AsyncClient, name: str, rule: str = RULE, **more: str) -> str:
    """The path of a new screen."""
    return await post(client, "/screens/new", name=name, **definition(rule, **more))


async def order(client: httpx.AsyncClient) -> list[str]:
    """The slugs on the page of all screens."""
    return re.findall(r'<th scope="row"><a href="/screens/([^"]+)"', await get(client, "/screens"))


def undo_path(html: str) -> str:
    (path,) = re.findall(r'action="(/screens/undo/[^"]+)"', html)
    return path


def version(html: str) -> str:
    (number,) = re.findall(r'name="version" value="(\d+)"', html)
    return number


async def test_a_scan_is_saved_and_shown_under_its_name(alice: httpx.AsyncClient) -> None:
    scan = await get(alice, f"/scan?q={RULE}&sort=-relvol&cols=tech&v=1")
    (save_as,) = re.findall(r'href="(/screens/new\?[^"]*)"', scan)
    form = await get(alice, save_as)
    assert f"{RULE}</textarea>" in form
    assert '<option value="-relvol" selected>' in form

    path = await save(alice, "Dips & trends", sort="-relvol", cols="tech")
    assert path == "/screens/dips-trends"
    html = await get(alice, path)

    assert rows(html) == ["BRK.B"]
    assert "<h1>Dips & trends</h1>" in html
    assert "saved screen, changed" in html
    assert f'<li><a href="{path}"' not in html
    assert "Save changes" not in html
    assert 'aria-current="true">Technical' in html
    panel = (await get(alice, "/scan")).partition('id="screens-head"')[2]
    assert re.findall(r'<li><a href="([^"]*)"', panel)[0] == path


async def test_another_rule_at_the_screen_is_saved_only_on_demand(alice: httpx.AsyncClient) -> None:
    path = await save(alice, "Dips")

    typed = await alice.get(f"{path}?q=RSI(14) <= 45", headers=PAGE)
    assert typed.headers["Location"] == f"{path}?q=rsi14:..45&v=1"
    html = await get(alice, typed.headers["Location"])
    assert "<h1>Dips</h1>" in html
    assert rows(html) == ["AAPL", "BF/B", "BRK.B", "GE"]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))
    assert rows(await get(alice, path)) == ["BRK.B"]

    assert await post(alice, f"{path}/rule", **fields) == path
    assert rows(await get(alice, path)) == ["AAPL", "BF/B", "BRK.B", "GE"]
    assert 'href="/screens/dips?q=rsi14:..45&sort=-last&v=1"' in await get(alice, path)


async def test_of_two_windows_that_save_another_rule_the_second_keeps_what_was_typed(alice: httpx.AsyncClient) -> None:
    path = await save(alice, "Dips")
    number = version(await get(alice, f"{path}/rule"))
    await post(alice, f"{path}/rule", version=number, **definition("rsi14:..20"))

    html = await post(alice, f"{path}/rule", 412, version=number, **definition("rsi14:..25", cols="vol"))
    assert "rsi14:..25</textarea>" in html
    assert "“rsi14:..20”" in html
    assert '<option value="vol" selected>' in html
    assert await post(alice, f"{path}/rule", version=version(html), **definition("rsi14:..25")) == path

    assert "rsi14:..25</textarea>" in await get(alice, path)


async def test_screens_have_an_order_of_their_owner(alice: httpx.AsyncClient) -> None:
    for name in ("One", "Two", "Three"):
        await save(alice, name)

    await post(alice, "/screens/order", up="three")
    assert await order(alice) == ["one", "three", "two"]
    await post(alice, "/screens/order", down="one")
    assert await order(alice) == ["three", "one", "two"]
    await post(alice, "/screens/order", screen="two", place="1")
    assert await order(alice) == ["two", "three", "one"]
    await post(alice, "/screens/order", screen="two", place="9" * 30)
    assert await order(alice) == ["three", "one", "two"]
    assert "Places count from 1" in await post(alice, "/screens/order", 422, screen="two", place="0")
    await post(alice, "/screens/order", 404, up="none")


async def test_a_screen_is_renamed_and_its_address_stays(alice: httpx.AsyncClient) -> None:
    path = await save(alice, "Dips")
    await save(alice, "Other")

    assert await post(alice, f"{path}/name", name="Deep dips", before="Dips") == path
    assert "<h1>Deep dips</h1>" in await get(alice, path)
    assert "called OTHER already" in await post(alice, f"{path}/name", 422, name="OTHER", before="Deep dips")
    assert "“Deep dips”" in await post(alice, f"{path}/name", 412, name="Mine", before="Dips")


async def test_a_deleted_screen_comes_back_whole_to_its_place(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    for name in ("One", "Two", "Three"):
        await save(alice, name, cols="perf")
    page = await get(alice, "/screens/two/delete")
    await post(alice, "/screens/two/delete", 412, version="99")

    html = await get(alice, await post(alice, "/screens/two/delete", version=version(page)))
    assert await order(alice) == ["one", "three"]
    path = undo_path(html)
    await get(bob, path, 404)
    await post(bob, path, 404)
    assert await post(alice, path) == "/screens/two"

    assert await order(alice) == ["one", "two", "three"]
    assert 'aria-current="true">Performance' in await get(alice, "/screens/two")
    await post(alice, path, 404)


async def test_a_deleted_screen_whose_name_is_taken_comes_back_under_another(alice: httpx.AsyncClient) -> None:
    await save(alice, "Dips")
    html = await get(alice, await post(alice, "/screens/dips/delete", version="1"))
    await save(alice, "dips", "rsi14:..20")

    assert await post(alice, undo_path(html)) == "/screens/dips-2"
    assert "<h1>Dips 2</h1>" in await get(alice, "/screens/dips-2")


async def test_an_undo_of_a_list_is_none_of_a_screen(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL")
    lists = await get(alice, await post(alice, f"{path}/delete", version=version(await get(alice, f"{path}/delete"))))
    undo = list_undo_path(lists)

    await post(alice, undo.replace("/w/", "/screens/"), 404)
    assert await post(alice, undo) == path


async def test_somebody_elses_screen_is_not_there(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    path = await save(alice, "Dips")

    for part in ("", "/rule", "/name", "/delete", "/shares"):
        await get(bob, path + part, 404)
    await post(bob, f"{path}/rule", 404, version="1", **definition("rsi14:..1"))
    await post(bob, f"{path}/name", 404, name="Mine")
    await post(bob, f"{path}/delete", 404, version="1")
    await post(bob, f"{path}/shares", 404)
    await post(bob, "/screens/order", 404, up="dips")

    assert await order(bob) == []
    assert rows(await get(alice, path)) == ["BRK.B"]


async def test_of_two_transactions_that_create_screens_the_second_waits(desk: Desk) -> None:
    own, low_rsi = desk.context.pools.own, ScreenDefinition(RULE, 1, "", "d", "symbol", "std")
    async with own.acquire() as connection:
        user_id = await connection.fetchval("select id from app.users where email = $1", BOB)

    async def create(name: str) -> str:
        async with own.transaction() as connection:
            return (await changes.create(connection, user_id, name, low_rsi)).slug

    async with own.transaction() as first, own.acquire() as observer:
        await changes.create(first, user_id, "Dips!", low_rsi)
        waiting = asyncio.create_task(create("Dips?"))
        while not await observer.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0)

    assert await waiting == "dips-2"


async def test_a_person_has_at_most_fifty_screens(alice: httpx.AsyncClient) -> None:
    for number in range(MAX_SCREENS - 1):
        await save(alice, f"Screen {number}")

    answers = await asyncio.gather(
        *(alice.post("/screens/new", data={"name": name, **definition()}, headers=PAGE) for name in "ABCDEFGH")
    )
    assert sorted(answer.status_code for answer in answers) == [303, *[422] * 7]
    assert f"You have {MAX_SCREENS} screens" in next(each.text for each in answers if each.status_code == 422)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "Type a name."),
        ({"name": "x" * (LONGEST_NAME + 1)}, "at most 60 characters"),
        ({"q": ""}, "Type a rule."),
        ({"q": "closs:gt:sma200"}, "no field closs; close?"),
        ({"q": "a" * 1001}, "at most 1,000 characters"),
        ({"in": "a" * 1001}, "At most 1,000 characters"),
        ({"in": "\x00"}, "is no name of a universe or a list"),
        ({"tf": "decade"}, "Not a valid choice"),
        ({"sort": "pe"}, "Not a valid choice"),
        ({"cols": "all"}, "Not a valid choice"),
    ],
)
async def test_what_is_no_screen_is_refused_and_what_was_typed_stays(
    alice: httpx.AsyncClient, fields: dict[str, str], message: str
) -> None:
    html = await post(alice, "/screens/new", 422, **{"name": "Typed", **definition(), **fields})

    assert message in html
    assert "Typed" in html or "name" in fields
    assert await order(alice) == []


async def test_a_rule_that_is_understood_no_more_is_shown_and_can_be_corrected(
    desk: Desk, alice: httpx.AsyncClient
) -> None:
    path = await save(alice, "Old")
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute("update app.screens set rule = 'closs:gt:sma200'")

    html = await get(alice, path, 422)
    assert "<mark>closs</mark>" in html
    assert "<h1>Old</h1>" in html
    form = await get(alice, f"{path}/rule")
    assert "closs:gt:sma200</textarea>" in form
    assert "no field closs; close?" in form
    await post(alice, f"{path}/rule", version=version(form), **definition("close:gt:sma200"))

    assert "BRK.B" in rows(await get(alice, path))


async def test_a_screen_of_a_list_that_is_gone_says_so_and_can_be_corrected(alice: httpx.AsyncClient) -> None:
    core = await new_list(alice, "Core", "AAPL", "GE")
    path = await save(alice, "Of a list", "close:0..", **{"in": "list.core"})
    assert rows(await get(alice, path)) == ["AAPL", "GE"]
    await post(alice, f"{core}/delete", version=version(await get(alice, f"{core}/delete")))

    assert "you have no list core" in await get(alice, path, 422)
    assert 'value="list.core"' in await get(alice, f"{path}/rule")


async def test_beside_a_table_stand_a_few_screens_and_without_one_all_of_them(alice: httpx.AsyncClient) -> None:
    for number in range(12):
        await save(alice, f"Screen {number}")

    panel = (await get(alice, f"/scan?q={RULE}&v=1")).partition('id="screens-head"')[2]
    assert re.findall(r'<li><a href="/screens/([^"]*)"', panel) == [f"screen-{number}" for number in range(10)]
    start = (await get(alice, "/scan")).partition('id="screens-head"')[2]
    assert start.count('<li><a href="/screens/') == 12
    assert start.count('<li><a href="/scan?q=') == len(GENERAL)


async def test_the_form_of_conditions_leads_back_to_the_screen(alice: httpx.AsyncClient) -> None:
    path = await save(alice, "Dips")
    (link,) = re.findall(r'href="(/scan/form\?[^"]*)"', await get(alice, path))
    assert '<input type="hidden" name="screen" value="dips">' in await get(alice, link)

    answer = await alice.get(f"{link}&scan=1", headers=PAGE)
    assert answer.headers["Location"].startswith(f"{path}?q=rsi14:..30")
    await get(alice, "/scan/form?screen=../x", 400)
