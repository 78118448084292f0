"""How a page reconnects to its server, without a reload and without flooding it."""

import pytest
from playwright.async_api import Page, Route

from tests.support.browser_board import open_board
from tests.support.page_links import _is, _silent, stream_requests
from tests.web.conftest import Server
from tests.web.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

STREAM = "**/stream?*"
EVENTS = {"Content-Type": "text/event-stream"}


async def seconds_pass(page: Page, seconds: int) -> None:
    """On the page's clock, with time for answers in between."""
    for _ in range(seconds):
        await page.clock.run_for(1000)
        await page.evaluate("fetch('/static/none')")


async def open_board_with_fixed_clock(page: Page, server: Server) -> None:
    """The board on a clock that stands unless told, with its stream open."""
    await page.clock.install()
    await page.goto(f"{server.url}/board")
    await page.wait_for_selector("html[data-live=live]", state="attached")
    # Until it is told to, it goes on by itself.
    await page.clock.pause_at(await page.evaluate("Date.now()") / 1000 + 1)


def answer(status: int, text: str = "", **headers: str):  # type: ignore[no-untyped-def]
    """As the server says it: a refusal is plain text."""
    kind = EVENTS if status == 200 else {"Content-Type": "text/plain; charset=utf-8"}

    async def fulfil(route: Route) -> None:
        await route.fulfill(status=status, body=text, headers=kind | headers)

    return fulfil


async def test_an_ended_session_redirects_to_the_sign_in(page: Page, server: Server) -> None:
    await open_board(page, server)

    await server.say({"event": "session-ended"})

    await page.wait_for_url("**/login?next=%2Fboard")


@pytest.mark.parametrize("first", [True, False])
async def test_a_stream_refused_as_unauthorized_redirects_to_the_sign_in(
    page: Page, server: Server, first: bool
) -> None:
    if not first:
        await open_board(page, server)
    await page.route(STREAM, answer(401))

    await (page.goto(f"{server.url}/board") if first else server.say({"event": "bye", "retry": 1}))

    await page.wait_for_url("**/login?next=%2Fboard")


async def test_an_answer_that_is_no_stream_never_reaches_the_page(page: Page, server: Server) -> None:
    portal = (
        '<title>Portal</title><hx-partial hx-target="main">log in</hx-partial><p id="gone" hx-swap-oob="true">x</p>'
    )
    await page.route(STREAM, answer(200, portal, **{"Content-Type": "text/html", "HX-Redirect": "/portal"}))
    requests = stream_requests(page)

    await page.goto(f"{server.url}/board")
    await until(lambda: _is(len(requests) > 1))

    assert await page.title() == "Board · TickStock"
    assert await page.inner_text("#gone") == "soon gone"


@pytest.mark.parametrize(
    ("trouble", "most"),
    [
        pytest.param(answer(200, "event: hello\ndata: 5\n\n"), 10, id="accepts and closes"),
        pytest.param(answer(204), 10, id="has nothing"),
        pytest.param(answer(200, "<p>", **{"Content-Type": "text/html"}), 10, id="is no stream"),
        pytest.param(answer(503, **{"Retry-After": "2"}), 8, id="is full"),
        pytest.param(answer(409, **{"Retry-After": "5"}), 6, id="has too many of ours"),
        pytest.param(lambda route: route.abort(), 30, id="is not there"),
    ],
)
async def test_a_page_reconnects_with_growing_pauses(page: Page, server: Server, trouble, most: int) -> None:  # type: ignore[no-untyped-def]
    await open_board_with_fixed_clock(page, server)
    requests = stream_requests(page)
    await page.route(STREAM, trouble)

    await server.say({"event": "bye", "retry": 1})
    await page.wait_for_selector("html:not([data-live=live])", state="attached")
    await seconds_pass(page, 60)

    assert 3 <= len(requests) <= most
    await page.unroute(STREAM)
    before = len(requests)
    # The longest pause, and the one that an attempt under way at that moment may still begin; no more, for on a clock
    # that outruns the server an open stream would be silent.
    for _ in range(30):
        if len(requests) > before or await page.query_selector("html[data-live=live]"):
            break
        await seconds_pass(page, 1)
    await page.wait_for_selector("html[data-live=live]", state="attached")


async def test_a_page_beyond_the_stream_limit_reconnects_after_retry_after(page: Page, server: Server) -> None:
    await open_board_with_fixed_clock(page, server)
    requests = stream_requests(page)
    await page.route(STREAM, answer(429, **{"Retry-After": "30"}))

    # Not before it is answered: on a clock that outruns the answer the page asks again.
    async with page.expect_response(STREAM):
        await server.say({"event": "bye", "retry": 1})
        await seconds_pass(page, 2)
    await seconds_pass(page, 25)
    assert len(requests) == 1

    await seconds_pass(page, 18)
    assert len(requests) == 2


async def test_a_page_beyond_the_limit_can_take_over_and_the_replaced_one_stays_disconnected(
    page: Page, server: Server
) -> None:
    await open_board_with_fixed_clock(page, server)
    await page.route(STREAM, answer(409, **{"Retry-After": "5"}))
    await server.say({"event": "bye", "retry": 1})
    await seconds_pass(page, 5)

    await page.wait_for_selector("html[data-live=full]", state="attached")
    assert "close one, or take over" in await page.inner_text("#announce")
    assert await page.get_by_role("button", name="Take over here").is_visible()

    await page.unroute(STREAM)
    # No longer than it takes: on a clock that outruns the server an open stream would be silent.
    for _ in range(22):
        if await page.query_selector("html[data-live=live]"):
            break
        await seconds_pass(page, 1)
    await page.wait_for_selector("html[data-live=live]", state="attached")
    assert not await page.get_by_role("button", name="Take over here").is_visible()
    requests = stream_requests(page)
    await server.say({"event": "taken-over", "html": "Another desk of yours took over."})
    await server.say({"event": "bye", "retry": 1})
    await seconds_pass(page, 30)
    assert requests == []
    await page.get_by_role("button", name="Resume").click()
    await seconds_pass(page, 2)
    await page.wait_for_selector("html[data-live=live]", state="attached")


async def test_a_disconnected_page_reconnects_when_the_server_says(page: Page, server: Server) -> None:
    await open_board_with_fixed_clock(page, server)
    requests = stream_requests(page)

    await server.say({"event": "bye", "html": "drain", "retry": 4000})
    await page.wait_for_selector("html[data-live=reconnecting]", state="attached")
    await seconds_pass(page, 3)
    assert requests == []

    await seconds_pass(page, 4)
    assert len(requests) == 1
    await page.wait_for_selector("html[data-live=live]", state="attached")


async def test_a_silent_connection_is_closed_and_reopened(page: Page, server: Server) -> None:
    await open_board(page, server)
    requests = stream_requests(page)

    await server.say({"event": "hello", "html": "0.01", "id": "1-5"})
    await until(lambda: _is(bool(requests)))

    assert requests[0].headers["last-event-id"] == "1-5"


async def test_every_message_counts_as_activity(page: Page, server: Server) -> None:
    await open_board_with_fixed_clock(page, server)
    requests = stream_requests(page)
    await server.say({"event": "hello", "html": "1"})

    for turn in range(5):
        await page.clock.run_for(2000)
        await server.say({"key": "gone", "html": f'<p id="gone">{turn}</p>'})
        await page.wait_for_selector(f"#gone:has-text('{turn}')")

    assert requests == []


async def test_coming_back_online_reconnects_at_once(page: Page, server: Server) -> None:
    await open_board_with_fixed_clock(page, server)
    await page.route(STREAM, lambda route: route.abort())
    await server.say({"event": "bye", "retry": 60000})
    await page.wait_for_selector("html[data-live=reconnecting]", state="attached")
    await page.unroute(STREAM)

    await page.evaluate("dispatchEvent(new Event('online'))")

    await page.wait_for_selector("html[data-live=live]", state="attached")


async def test_a_hidden_tab_disconnects_and_resumes_at_its_position(page: Page, server: Server) -> None:
    await open_board(page, server)
    await server.say({"key": "gone", "html": '<p id="gone">seen</p>', "id": "1-7"})
    await page.wait_for_selector("#gone:has-text('seen')")
    requests = stream_requests(page)

    await hide(page, True)
    await until(lambda: _silent(server))
    assert requests == []
    await hide(page, False)
    await page.wait_for_selector("html[data-live=live]", state="attached")

    assert [request.headers["last-event-id"] for request in requests] == ["1-7"]


async def test_an_update_that_cannot_be_applied_is_requested_again_and_then_the_whole_list(
    page: Page, server: Server
) -> None:
    await open_board(page, server)
    await server.say({"key": "gone", "html": '<p id="gone">whole</p>', "id": "1-7"})
    await page.wait_for_selector("#gone:has-text('whole')")
    requests = stream_requests(page)

    def cursors() -> list[str]:
        """What was asked for; a busy machine may lose a connection more."""
        return list(dict.fromkeys(request.headers["last-event-id"] for request in requests))

    async def led_to(expected: list[str]) -> bool:
        before = len(requests)
        await server.say({"key": "no..selector", "html": "<p>x</p>", "id": "1-8"})
        await until(lambda: _is(len(requests) > before))
        await page.wait_for_selector("html[data-live=live]", state="attached")
        return cursors() == expected

    await until(lambda: led_to(["1-7"]))
    await until(lambda: led_to(["1-7", "?"]))
    await server.say({"key": "gone", "html": '<p id="gone">goes on</p>', "id": "1-9"})
    await page.wait_for_selector("#gone:has-text('goes on')")

    assert cursors() == ["1-7", "?"]


async def hide(page: Page, hidden: bool) -> None:
    await page.evaluate(
        """hidden => {
        Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})
        document.dispatchEvent(new Event('visibilitychange')) }""",
        hidden,
    )
