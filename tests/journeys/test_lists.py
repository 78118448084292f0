"""A watchlist without scripting: create, add, reorder, remove, undo."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import signed_in
from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser


def symbols(page: Page) -> list[str]:
    return page.locator("table.listed tbody th a").all_inner_texts()


def test_a_list_is_kept_by_plain_links_and_forms(browser: Browser, replaying: Desk) -> None:
    page = signed_in(browser, replaying, scripting=False, width=360)
    page.get_by_role("link", name="Lists").click()
    page.get_by_label("Name", exact=True).fill("Core list")
    page.get_by_role("button", name="Create the list").click()
    expect(page).to_have_url(f"{replaying.url}/w/core-list")

    for typed in ("ibm", "AAPL", "Microsoft"):
        page.get_by_label("Symbol or name").last.fill(typed)
        with page.expect_navigation():
            page.get_by_label("Symbol or name").last.press("Enter")
    assert symbols(page) == ["IBM", "AAPL", "MSFT"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name="Order and notes").click()
    page.get_by_role("button", name="Move MSFT up").click()
    page.get_by_label("Note on IBM").fill("Results in April")
    page.get_by_label("Place of IBM").fill("3")
    with page.expect_navigation():
        page.get_by_label("Place of IBM").press("Enter")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Remove AAPL from the list").click()
    expect(page.locator("main")).to_contain_text("AAPL taken off the list.")
    page.get_by_role("button", name="Put back").click()

    assert symbols(page) == ["MSFT", "AAPL", "IBM"]
    page.get_by_role("link", name="Notes", exact=True).click()
    expect(page.locator("main")).to_contain_text("Results in April")
    page.get_by_role("link", name="Last", exact=True).click()
    expect(page).to_have_url(re.compile(r"sort=-last&cols=note"))
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Last")
    page.context.close()
