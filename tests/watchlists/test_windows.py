"""Two windows that change one list: merged, or refused with what both typed."""

import asyncio
import re
from uuid import UUID

import httpx
import pytest

from app.watchlists.changes import sections
from tests.pipeline.conftest import Desk
from tests.support.list_pages import get, new_list, order_fields, post, rows

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_two_windows_that_change_one_list_lose_no_entry(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL", "BRK.B")

    await asyncio.gather(
        post(alice, path, symbol="GE"),
        post(alice, path, symbol="GM"),
        post(alice, f"{path}/order", up="BRK.B"),
        post(alice, f"{path}/order", **order_fields("AAPL", note="kept")),
    )

    html = await get(alice, f"{path}?cols=note&sort=symbol")
    assert rows(html) == ["AAPL", "BRK.B", "GE", "GM"]
    assert "kept" in html


async def test_a_section_that_another_window_deletes_meanwhile_is_not_there(
    desk: Desk, alice: httpx.AsyncClient
) -> None:
    path, own = await new_list(alice, "Core", "AAPL"), desk.context.pools.own
    await post(alice, f"{path}/sections", name="Energy")
    *_, section = re.findall(r"/sections/([-0-9a-f]{36})", await get(alice, f"{path}/sections"))
    async with own.transaction() as connection, own.acquire() as observer:
        user_id = await connection.fetchval("select user_id from app.watchlists")
        await sections.delete(connection, user_id, "core", UUID(section))
        renamed = asyncio.create_task(post(alice, f"{path}/sections/{section}", 404, name="Oil", before="Energy"))
        while not await observer.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0)

    assert "Nothing is here" in await renamed


async def test_an_import_that_adds_nothing_leaves_the_version(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Core", "AAPL")
    (version,) = re.findall(r'name="version" value="(\d+)"', await get(alice, f"{path}/delete"))

    await post(alice, f"{path}/import/confirm", text="AAPL")

    await post(alice, f"{path}/delete", version=version)


async def test_a_note_that_two_windows_changed_is_shown_twice_and_replaced_on_demand(
    alice: httpx.AsyncClient,
) -> None:
    path = await new_list(alice, "Core", "AAPL", "GE")
    await post(alice, f"{path}/order", **order_fields("AAPL", note="first"))

    html = await post(alice, f"{path}/order", 412, **order_fields("AAPL", note="second"))
    assert "“first”" in html
    assert 'value="second"' in html
    assert 'name="rows-0-before" value="first"' in html
    await post(alice, f"{path}/order", **order_fields("AAPL", before="first", note="second"))

    assert "second" in await get(alice, f"{path}?cols=note")
    await post(alice, f"{path}/order", drop="AAPL")
    html = await post(alice, f"{path}/order", 412, **order_fields("AAPL", before="second", note="third"))
    assert "taken off the list in another window" in html
