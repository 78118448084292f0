"""Layout on a telephone, with large text, from 640 to 1600 px, and in print."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import signed_in
from tests.support.browser_forms import post
from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser

PAPER = {"top": "1cm", "bottom": "1cm", "left": "1cm", "right": "1cm"}
CUT = """[...document.querySelectorAll(".quotes .name")].filter(name => {
  const row = name.closest("th")
  return row.scrollWidth > row.clientWidth || name.scrollHeight > name.clientHeight + 1 && name.clientHeight
}).map(name => name.textContent)"""
CONTROLS = """[...document.querySelectorAll("button, input, select, nav")]
  .filter(each => each.checkVisibility()).map(each => each.outerHTML)"""
"""What nobody can use on paper."""

LEFT_OF_CHANGE = """(() => {
  const range = document.createRange()
  range.selectNodeContents(document.querySelector(".quotes .change"))
  return range.getBoundingClientRect().left
})()"""


@pytest.fixture(scope="module")
def page(browser: Browser, replaying: Desk) -> Iterator[Page]:
    page = signed_in(browser, replaying)
    yield page
    page.context.close()


def bottom(page: Page, selector: str) -> float:
    """In CSS px from the top of the page."""
    return float(page.evaluate("what => document.querySelector(what).getBoundingClientRect().bottom", selector))


@pytest.mark.parametrize("path", ["/", "/s/IBM", "/patterns"])
def test_on_a_telephone_the_header_is_one_row_and_the_navigation_is_at_the_bottom(
    page: Page, replaying: Desk, path: str
) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"{replaying.url}{path}")

    assert bottom(page, ".top") <= 52
    assert bottom(page, "nav[aria-label=Main]") == 640
    assert page.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts() == [
        "Desk",
        "Scan",
        "Market",
        "Patterns",
        "Lists",
        "Operations",
        "People",
        "Account",
    ]


def test_on_a_telephone_the_status_names_only_what_is_wrong(page: Page, replaying: Desk) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(f"{replaying.url}/")
    tones = page.evaluate(
        "[...document.querySelectorAll('.status')].filter(li => li.checkVisibility()).map(li => li.className)"
    )

    assert [tone for tone in tones if not re.search(r"\b(warn|bad)\b", tone)] == []


def test_with_large_text_a_telephone_shows_quotes_on_its_first_screen(
    browser: Browser, browser_path: str, replaying: Desk
) -> None:
    """The size of letters that a person chose for all pages, in the settings of the browser."""
    large = browser.browser_type.launch(
        executable_path=browser_path, args=["--no-sandbox", "--disable-gpu", "--blink-settings=defaultFontSize=24"]
    )
    page = signed_in(large, replaying, width=360)
    page.set_viewport_size({"width": 360, "height": 640})
    # Says in a line of its own that the feed has just started.
    expect(page.locator(".status.warn")).to_have_count(0, timeout=60_000)

    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    assert bottom(page, ".quotes tbody tr:nth-child(2)") < bottom(page, "nav[aria-label=Main]") - 72
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(LEFT_OF_CHANGE) >= page.evaluate(
        "document.querySelector('.quotes th').getBoundingClientRect().left"
    )
    large.close()


@pytest.mark.parametrize("width", [700, 960, 1100, 1280, 1600])
def test_no_name_is_truncated_beside_empty_space(page: Page, replaying: Desk, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{replaying.url}/")

    assert page.locator(".quotes .name").count() == 5
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("path", ["/", "/s/AAPL?range=1y"])
def test_a_printed_page_has_address_and_time_and_the_desk_fits_one_sheet(
    page: Page, replaying: Desk, path: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    post(page, replaying, "/w", name="Printed")  # To which a symbol can be added.
    page.goto(f"{replaying.url}{path}")
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=PAPER))
    page.emulate_media(media="print")
    printed = page.locator(".printed").inner_text()
    # Also where the page offers to take over, since a person has too many desks open.
    controls = page.evaluate(f"document.documentElement.dataset.live = 'full', {CONTROLS}")
    page.emulate_media(media="screen")

    assert len(pages) == 1 or path != "/"
    address = re.escape(f"127.0.0.1:{replaying.port}{path}")
    assert re.fullmatch(rf"{address}, loaded \d+ \w+ \d{{4}}, \d\d:\d\d \w+", printed)
    assert controls == []
    assert not page.locator(".printed").is_visible()


def test_the_pattern_marks_of_a_chart_are_printed(page: Page, replaying: Desk) -> None:
    page.goto(f"{replaying.url}/s/AAPL?range=1y")
    page.emulate_media(media="print")

    assert page.locator(".graph .mark").first.is_visible()
    # Looked for and read at once: the chart is drawn anew while it is live.
    style = page.evaluate(
        "['backgroundColor', 'color'].map(each => getComputedStyle(document.querySelector('.graph .mark'))[each])"
    )
    assert style == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    page.emulate_media(media="screen")
