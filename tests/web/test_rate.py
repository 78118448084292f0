"""The rate of a page: paused, resumed where it stopped, and the socket of the fastest rate."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.support.browser_board import open_board
from tests.support.page_links import _is, _silent, stream_requests
from tests.web.conftest import Server
from tests.web.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

STATES = """
window.states = []
const root = document.documentElement
new MutationObserver(() => states.push(root.dataset.live)).observe(root, {attributeFilter: ["data-live"]})
"""


@pytest_asyncio.fixture(loop_scope="module")
async def fast(page: Page, server: Server) -> AsyncIterator[Page]:
    """Set to the fastest rate."""
    await page.context.add_cookies([{"name": "rate", "value": "fastest", "url": server.url}])
    yield page
    await server.tell({"code": 404})


async def test_a_paused_page_receives_nothing_and_resumes_where_it_stopped(page: Page, server: Server) -> None:
    await open_board(page, server)
    await server.say({"key": "gone", "html": '<p id="gone">seen</p>', "id": "1-7"})
    await page.wait_for_selector("#gone:has-text('seen')")
    requests = stream_requests(page)

    await page.get_by_role("button", name="Pause").click()
    await until(lambda: _silent(server))
    assert await page.inner_text("#badge") == "paused"
    assert requests == []

    await page.get_by_role("button", name="Resume").click()
    await page.wait_for_selector("html[data-live=live]", state="attached")
    assert [request.headers["last-event-id"] for request in requests] == ["1-7"]
    assert await page.inner_text("#badge") == "live"


async def test_a_pause_holds_on_the_next_page_too(page: Page, server: Server) -> None:
    await open_board(page, server)
    await page.get_by_role("button", name="Pause").click()
    requests = stream_requests(page)

    await page.goto(f"{server.url}/board?again")
    await page.wait_for_selector("html[data-live=paused]")
    await page.wait_for_selector("#announce:has-text('Paused.')", state="attached")

    assert requests == []
    await page.get_by_role("button", name="Resume").click()
    await page.wait_for_selector("html[data-live=live]")


@pytest.mark.parametrize("scripting", [True, False])
async def test_the_rate_is_a_plain_form(browser: Browser, server: Server, scripting: bool) -> None:
    async with await browser.new_context(java_script_enabled=scripting) as context:
        page = await context.new_page()
        await page.goto(f"{server.url}/board?refresh=10")
        await page.get_by_label("Updates").select_option("5s")
        async with page.expect_navigation():
            await page.get_by_role("button", name="Apply").click()

        assert urlsplit(page.url).query == "refresh=10"
        assert await page.get_by_label("Updates").input_value() == "5s"
        assert {each["name"]: each["value"] for each in await context.cookies()}["rate"] == "5s"


async def test_a_page_opened_while_paused_connects_only_when_resumed(page: Page, server: Server) -> None:
    requests = stream_requests(page)
    await page.context.add_cookies([{"name": "rate", "value": "paused", "url": server.url}])
    answer = await page.goto(f"{server.url}/board?refresh=10")
    await page.wait_for_selector("#announce:has-text('Paused.')", state="attached")
    assert answer
    assert "refresh" not in answer.headers
    assert requests == []

    await page.get_by_role("button", name="Resume").click()

    await page.wait_for_selector("html[data-live=live]")
    assert await page.get_by_label("Updates").input_value() == "auto"


async def test_at_the_fastest_rate_prices_arrive_by_websocket(fast: Page, server: Server) -> None:
    await server.tell({"code": 1})
    requests = stream_requests(fast)
    complaints = await open_board(fast, server)

    await server.tell({"key": "row-brk__2e_b", "op": "cells", "html": '<td class="num rose">2.50</td>'})
    await fast.wait_for_selector("#row-brk__2e_b:has-text('2.50')")
    await server.say({"key": "feed", "op": "insert", "html": '<li id="f-50" data-k="50">entry 50</li>'})
    await fast.wait_for_selector("#f-50")

    assert [parse_qs(urlsplit(request.url).query)["topics"] for request in requests] == [["patterns"]]
    assert await fast.evaluate("violations") == []
    assert complaints == []


async def test_a_broken_socket_reconnects(fast: Page, server: Server) -> None:
    await server.tell({"code": 1})
    await open_board(fast, server)
    await fast.evaluate(STATES)

    await server.tell({"code": 1012})
    # It may come back within the same moment.
    await until(lambda: fast.evaluate("states.includes('reconnecting') && states.at(-1) === 'live'"))

    await until(lambda: _is_heard_once(server))
    await fast.wait_for_selector("#gone:has-text('back')")


async def test_a_paused_page_has_no_open_socket(fast: Page, server: Server) -> None:
    await server.tell({"code": 1})
    await open_board(fast, server)

    await fast.get_by_role("button", name="Pause").click()
    await until(lambda: _is_silent(server))
    await fast.get_by_role("button", name="Resume").click()
    await fast.wait_for_selector("html[data-live=live]")

    await until(lambda: _is_heard_once(server))


async def test_a_socket_whose_session_ended_redirects_to_the_sign_in(fast: Page, server: Server) -> None:
    await server.tell({"code": 1})
    await open_board(fast, server)

    await server.tell({"code": 4401})

    await fast.wait_for_url("**/login?next=%2Fboard")


@pytest.mark.parametrize("code", [404, 1008])
async def test_without_a_websocket_the_stream_carries_everything(fast: Page, server: Server, code: int) -> None:
    await server.tell({"code": 1 if code == 1008 else code})
    requests = stream_requests(fast)
    await fast.goto(f"{server.url}/board")
    if code == 1008:
        await fast.wait_for_selector("html[data-live=live]")
        await server.tell({"code": code})

    await until(lambda: _is(len(requests) == 2))
    await fast.wait_for_selector("html[data-live=live]")
    await server.say({"key": "row-brk__2e_b", "op": "cells", "html": '<td class="num rose">2.50</td>'})
    await fast.wait_for_selector("#row-brk__2e_b:has-text('2.50')")

    query = parse_qs(urlsplit(requests[1].url).query)
    assert (query["topics"], query["rate"]) == (["patterns,symbol:BRK.B"], ["auto"])


async def _is_silent(server: Server) -> bool:
    return not await server.tell({"key": "nobody", "html": "<p></p>"})


async def _is_heard_once(server: Server) -> bool:
    """The socket that there was before may take a moment to go."""
    return await server.tell({"key": "gone", "html": '<p id="gone">back</p>'}) == 1
