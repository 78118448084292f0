"""The same pages at the same addresses in a browser without scripting."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import signed_in
from tests.support.desk_process import Desk, within

pytestmark = pytest.mark.browser

PRICE = r"^\D*\d[\d,]*\.\d\d"


@pytest.fixture
def page(browser: Browser, replaying: Desk) -> Iterator[Page]:
    page = signed_in(browser, replaying, scripting=False)
    yield page
    page.context.close()


def feed_is_told_of(page: Page) -> bool:
    page.reload()
    return "replay of real daily bars, intraday path simulated" in page.locator("body").inner_text().lower()


def test_the_desk_shows_prices_without_scripting(page: Page) -> None:
    for symbol in ("aapl", "goog", "ibm", "msft", "fb"):
        assert page.locator(f"#row-{symbol} .last").inner_text().strip(" ▲▼+-\u2212\n") != ""
    # The desk is ready before its feed has announced itself, and such a page does not change.
    within(30, lambda: feed_is_told_of(page), "the feed's word on the page")


def links(address: str, html: str) -> list[str]:
    return [urljoin(address, unescape(href)) for href in re.findall(r'<a\b[^>]*?\shref="([^"]*)"', html)]


def test_every_link_of_the_desk_opens_a_page(page: Page, replaying: Desk) -> None:
    """Asked for with the cookies of the browser, which would draw sixty pages."""
    visited: set[str] = set()
    waiting = [f"{replaying.url}/"]
    assert links(page.url, page.content()) == page.eval_on_selector_all(
        "a[href]", "links => links.map(link => new URL(link.getAttribute('href'), document.baseURI).href)"
    )
    while waiting and len(visited) < 60:
        address = waiting.pop().split("#")[0]
        if address in visited or not address.startswith(replaying.url) or "refresh=" in address:
            continue
        visited.add(address)
        answer = page.request.get(address, headers={"Accept": "text/html"})
        assert answer.status == 200, address
        if answer.headers["content-type"].startswith("text/html"):
            html = answer.text()
            assert html.count("<h1") == 1, address
            waiting += links(address, html)

    assert len(visited) >= 8


def test_a_chart_is_drawn_by_the_server(page: Page, replaying: Desk) -> None:
    page.goto(f"{replaying.url}/s/AAPL")

    assert page.locator("main svg path").count() >= 2
    expect(page.locator(".graph li")).to_have_count(120)


def test_an_unknown_symbol_is_a_404_with_near_matches(page: Page, replaying: Desk) -> None:
    answer = page.goto(f"{replaying.url}/s/AAPK")

    assert answer is not None
    assert answer.status == 404
    expect(page.locator("main a", has_text="AAPL")).not_to_have_count(0)


def test_settings_are_chosen_by_a_plain_form(page: Page, replaying: Desk) -> None:
    page.goto(f"{replaying.url}/")
    page.get_by_role("link", name="Settings").click()
    zone = page.get_by_label("Time zone").input_value()
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_label("dark").check()
    page.get_by_label("1\u202f234,56").check()
    page.get_by_role("button", name="Save settings").click()

    expect(page.locator("main")).to_contain_text("Saved.")
    expect(page.locator("html")).to_have_class("dark")
    expect(page.locator("main")).to_contain_text("JST")
    expect(page.locator("main table")).to_contain_text("1\u202f186,61")
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    # Other tests share the person.
    page.get_by_label("Time zone").select_option(zone)
    page.get_by_label("as the system").check()
    page.get_by_label("1,234.56").check()
    page.get_by_role("button", name="Save settings").click()
    expect(page.locator("html")).not_to_have_class("dark")
