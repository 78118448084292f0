"""From Redis to the page in a real browser."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import hide, signed_in
from tests.support.desk_process import Desk, within
from tests.support.live_ticks import pattern, tick
from tests.support.stored_bars import PatternRow, store_patterns

pytestmark = [pytest.mark.browser, pytest.mark.streams]


@pytest.fixture
def page(browser: Browser, quiet: Desk) -> Iterator[Page]:
    page = signed_in(browser, quiet)
    expect(page.locator("html[data-live=live]")).to_be_attached()
    yield page
    page.context.close()


def publish(desk: Desk, symbol: str, name: str, *, with_row: bool = False) -> None:
    """With `stored` as an engine does, which puts it into the database first: there a page that is opened finds it."""
    place, message = pattern(symbol, name)
    if with_row:
        url, row = desk.run_json()["engine_database_url"], PatternRow(symbol, name, float(place))
        with ThreadPoolExecutor(1) as beside_the_loop_of_the_browser:
            beside_the_loop_of_the_browser.submit(asyncio.run, store_patterns(url, "1min", [row])).result(30)
    desk.redis().publish("tickstock.events.patterns", message)


def test_a_published_tick_changes_the_page(page: Page, quiet: Desk) -> None:
    for price in ("671.23", "668.04"):
        assert quiet.redis().publish("tickstock.data.raw", tick("AAPL", float(price))) >= 1
        expect(page.locator("#row-aapl .last")).to_contain_text(price)


def test_a_pattern_published_on_redis_appears_in_an_open_page(page: Page, quiet: Desk) -> None:
    publish(quiet, "MSFT", "Hammer")

    first = page.locator("#feed > *").first
    expect(first).to_contain_text("MSFT")
    expect(first).to_contain_text("Hammer")


def test_malformed_messages_stop_no_update(page: Page, quiet: Desk) -> None:
    redis = quiet.redis()
    for poison in (
        b"\xff\xfe",
        b"[" * 100_000,
        b"{}",
        b'{"ticker": 7}',
        b'{"ticker":"\\ud800","price":NaN}',
        b"x" * 70_000,
    ):
        for channel in (
            "tickstock.data.raw",
            "tickstock.events.patterns",
            "tickstock.health.status",
            "tickstock:errors",
        ):
            redis.publish(channel, poison)

    redis.publish("tickstock.data.raw", tick("IBM", 199.87))

    expect(page.locator("#row-ibm .last")).to_contain_text("199.87")


def test_hostile_text_stays_text(page: Page, quiet: Desk) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    name = 'Doji"><img src=x onerror=alert(1)><hx-partial hx-target="body">gone</hx-partial>'

    publish(quiet, "IBM", name)
    publish(quiet, "IBM", "Hammer")

    first = page.locator("#feed > *").first  # when the later one is there, the hostile one came
    expect(first).to_contain_text("IBM")
    expect(first).to_contain_text("Hammer")
    assert page.locator("h1").count() == 1
    assert not [url for url in requests if url.endswith("/x")]


def test_patterns_published_while_a_tab_was_hidden_are_there_on_return(page: Page, quiet: Desk) -> None:
    page.context.set_offline(True)
    publish(quiet, "FB", "ShootingStar", with_row=True)
    page.context.set_offline(False)
    page.reload()

    expect(page.locator("#feed")).to_contain_text("Shooting Star")


def test_an_open_page_catches_up_without_a_reload(page: Page, quiet: Desk) -> None:
    with page.expect_event("requestfailed", lambda request: "/stream" in request.url):
        hide(page, True)
    publish(quiet, "GOOG", "MorningStar")
    quiet.redis().publish("tickstock.data.raw", tick("GOOG", 681.17))

    hide(page, False)

    expect(page.locator("#feed")).to_contain_text("Morning Star")
    expect(page.locator("#row-goog .last")).to_contain_text("681.17")


def test_of_eight_tabs_the_visible_one_is_live(browser: Browser, replaying: Desk) -> None:
    """More than a browser has connections, and more than a person may have streams: hidden tabs hold neither."""
    first = signed_in(browser, replaying)
    pages = [first, *(first.context.new_page() for _ in range(7))]
    for page in pages:
        if page is not first:
            page.goto(f"{replaying.url}/s/IBM")
        expect(page.locator("html[data-live=live]")).to_be_attached()
        hide(page, True)

    for page in pages:
        hide(page, False)
        expect(page.locator("html[data-live=live]")).to_be_attached()
        hide(page, True)
    first.context.close()


def test_the_sixth_window_says_so_and_can_take_over(browser: Browser, replaying: Desk) -> None:
    """All are visible: each holds a connection, and the browser has six."""
    first = signed_in(browser, replaying)
    pages = [first, *(first.context.new_page() for _ in range(5))]
    for before, page in pairwise(pages):
        # A stream that has not begun does not count yet.
        expect(before.locator("html[data-live=live]")).to_be_attached()
        page.goto(f"{replaying.url}/s/IBM")

    expect(pages[5].locator("#announce")).to_contain_text("5 desks of yours are open")
    pages[5].get_by_role("button", name="Take over here").click()

    expect(pages[5].locator("html[data-live=live]")).to_be_attached()
    # Which one is the oldest: a page whose connection was slow for a moment has begun a new stream.
    within(
        30,
        lambda: any(page.locator("html[data-live=paused]").count() for page in pages[:5]) or None,
        "one of them paused",
    )
    first.context.close()


def test_redis_denies_no_command_of_the_processes(replaying: Desk) -> None:
    """By then the feed has played, the engine has found patterns, and people have come and gone."""
    assert {entry["object"] for entry in replaying.redis().acl_log()} == set()
