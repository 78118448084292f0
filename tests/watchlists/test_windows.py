"""Two windows that change one list: merged, or refused with what both typed."""

import asyncio

import httpx
import pytest

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
