"""The effect of pushes on a page under its content security policy."""

import asyncio

import pytest
from playwright.async_api import Browser, Page

from tests.support.browser_board import open_board
from tests.web.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_every_kind_of_push_is_applied_without_a_csp_violation(page: Page, server: Server) -> None:
    complaints = await open_board(page, server)

    await server.say(
        {"key": "row-brk__2e_b", "op": "cells", "html": '<td class="num rose">2.50</td><td>2.00</td>'},
        {"key": "candle", "html": '<path id="candle" d="M0 0h9v9z"/>'},
        {"key": "axis", "html": '<g id="axis"><text y="5">9</text></g>'},
        {"key": "feed", "op": "insert", "html": '<li id="f-50" data-k="50">entry 50</li>'},
        {"key": "feed", "op": "insert", "html": '<li id="f-49" data-k="49">entry 49</li>'},
        {"key": "feed", "op": "insert", "html": '<li id="f-51" data-k="51">entry 51</li>'},
        {"key": "gone", "op": "remove"},
        {"key": "no-such-element", "html": "<p id='no-such-element'>x</p>"},
    )
    await page.wait_for_selector("#f-51")
    await server.say({"key": "feed", "op": "trim"})
    await page.wait_for_selector("#f-1", state="detached")

    assert await page.inner_text("#row-brk__2e_b") == "BRK.B\t2.50\t2.00\t58 s"
    assert await page.evaluate("[candle.getAttribute('d'), candle.getBBox().width]") == ["M0 0h9v9z", 9]
    assert await page.evaluate("[axis.namespaceURI, axis.parentNode.tagName]") == ["http://www.w3.org/2000/svg", "svg"]
    assert await page.evaluate("[...feed.children].slice(0, 4).map(e => e.dataset.k)") == ["51", "50", "49", "48"]
    assert await page.evaluate("feed.children.length") == 50
    assert await page.query_selector("#gone") is None
    assert await page.evaluate("violations") == []
    assert complaints == []


async def test_a_row_is_copied_as_cells_with_numbers_that_parse(page: Page, server: Server) -> None:
    complaints = await open_board(page, server)
    await server.say({"key": "row-brk__2e_b", "op": "cells", "html": "<td>2.50</td><td>\N{MINUS SIGN}1.25</td>"})
    await page.wait_for_selector("#row-brk__2e_b:has-text('2.50')")

    copied = await page.evaluate("""() => {
        getSelection().selectAllChildren(document.getElementById("row-brk__2e_b"))
        const event = new ClipboardEvent("copy", {clipboardData: new DataTransfer(), bubbles: true, cancelable: true})
        document.dispatchEvent(event)
        return event.clipboardData.getData("text/plain")
    }""")

    assert copied.split("\t")[:3] == ["BRK.B", "2.50", "-1.25"]
    assert complaints == []


async def test_rows_added_later_do_not_move_the_focus(page: Page, server: Server) -> None:
    complaints = await open_board(page, server)
    row = '<tr id="row-{1}"><th><a href="/board">{0}</a></th><td class="num">{2}</td><td></td></tr>'
    await page.focus("#rows a")
    await page.evaluate("window.focused = document.activeElement")

    rows = row.format("A", "a", "4.00") + row.format("BRK.B", "brk__2e_b", "3.00")
    await server.say({"key": "rows", "op": "morph", "html": f'<tbody id="rows">{rows}</tbody>'})
    await page.wait_for_selector("#row-a")

    assert await page.inner_text("#rows") == "A\t4.00\t\nBRK.B\t3.00\t"
    assert await page.evaluate("document.activeElement === window.focused && focused.textContent") == "BRK.B"
    assert complaints == []


async def test_a_repeated_entry_is_replaced_and_not_duplicated(page: Page, server: Server) -> None:
    await open_board(page, server)

    await server.say({"key": "feed", "op": "insert", "html": '<li id="f-7" data-k="7">again</li>'})
    await page.wait_for_selector("#f-7:has-text('again')")

    assert await page.evaluate("feed.children.length") == 48


async def test_neither_script_nor_htmx_attributes_of_a_push_act(page: Page, server: Server) -> None:
    await open_board(page, server)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))

    hostile = """<p id="gone" hx-get="/board" hx-on:click="window.hacked=1">
        <img src=x onerror="window.hacked=1"><b hx-sse:connect="/stream?topics=x" hx-trigger="click">seen</b></p>"""
    await server.say({"key": "gone", "html": hostile})
    await page.click("#gone b")
    # The stream is a queue: what came before has been handled when this arrives.
    await server.say({"key": "feed", "op": "insert", "html": '<li id="f-50" data-k="50">entry 50</li>'})
    await page.wait_for_selector("#f-50")

    assert await page.evaluate("window.hacked") is None
    assert [url for url in requested if "/board" in url or "/stream" in url] == []


async def test_only_an_element_with_the_pages_nonce_makes_a_request(page: Page, server: Server) -> None:
    await open_board(page, server)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))

    request = """nonce => {
        if (nonce) gone.setAttribute("hx-nonce", nonce)
        return htmx.ajax("GET", "/board", {source: gone})
    }"""
    await page.evaluate(request)
    await page.evaluate(request, "another")
    assert requested == []

    await page.evaluate(request, await page.evaluate("document.querySelector('script').nonce"))
    assert requested == [f"{server.url}/board"]


async def test_a_page_reports_a_killed_server_and_reconnects_without_a_reload(page: Page, server: Server) -> None:
    await open_board(page, server)
    assert await page.inner_text("#announce") == ""
    await page.evaluate("window.same = true")

    server.kill()
    await page.wait_for_selector("html[data-live=reconnecting]")
    assert await page.inner_text("#badge") == "reconnecting"
    await page.wait_for_selector("#announce:has-text('reconnecting')")
    server.start()
    await page.wait_for_selector("html[data-live=live]", timeout=60_000)  # a program begins, and is then tried again
    await page.wait_for_selector("#announce:has-text('Live again')")

    await server.say({"key": "gone", "html": '<p id="gone">back</p>'})
    await page.wait_for_selector("#gone:has-text('back')")
    assert await page.evaluate("window.same")


async def test_a_page_whose_first_connection_fails_reconnects(page: Page, server: Server) -> None:
    refusals = []

    async def refuse(route):  # type: ignore[no-untyped-def]
        refusals.append(1)
        await (route.fulfill(status=503, body="away") if len(refusals) == 1 else route.continue_())

    await page.route("**/stream?*", refuse)
    await page.goto(f"{server.url}/board")
    await page.wait_for_selector("html[data-live=live]")

    assert "away" not in await page.inner_text("body")


async def test_slowly_loaded_scripts_still_open_the_stream(page: Page, server: Server) -> None:
    async def slowly(route):  # type: ignore[no-untyped-def]
        await asyncio.sleep(0.5)
        await route.continue_()

    await page.route("**/static/stream*", slowly)

    await open_board(page, server)


async def test_ages_count_up_and_only_one_live_region_announces(page: Page, server: Server) -> None:
    await open_board(page, server)

    await page.wait_for_selector("#age:has-text('1 min')")
    assert await page.locator("[aria-live], [role=status], [role=alert]").count() == 1


async def test_the_first_visit_remembers_the_browsers_zone(browser: Browser, server: Server) -> None:
    context = await browser.new_context(timezone_id="Asia/Kolkata")
    page = await context.new_page()
    await page.goto(f"{server.url}/board")
    await page.wait_for_selector("html[data-live=live]")

    await page.reload()
    assert await page.input_value("#zone") == "Asia/Kolkata"


async def test_without_scripting_the_page_says_so_and_can_reload_itself(browser: Browser, server: Server) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{server.url}/board")

    assert " ".join((await page.inner_text("#badge")).split()) == "live when loaded: reload"
    await page.click("footer a[href$='refresh=10']")
    response = await page.reload()
    assert response is not None
    assert response.headers["refresh"] == "10"
