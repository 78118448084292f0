"""Pages of lists, screens and scans with the longest names: axe-core finds nothing, and no page is wider than a small
telephone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from app.scans.columns import SETS
from tests.journeys.conftest import signed_in
from tests.support.axe import findings_wide_and_narrow
from tests.support.browser_forms import post
from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser

LONG_NAME = "The longest name that a list can have with sixty characters."
UNBROKEN = "Unbreakable" * 5
LIST = "/w/the-longest-name-that-a-list-can-have-with-sixty-characters"
NOTE = f"A note that goes on and on, with {UNBROKEN * 4}"
SCREEN = "/screens/every-symbol"
RULE = "any(rsi14:..90,close:gt:sma200),not(industry:Biotechnology),close:1..100k,chg:-50..50"
PATHS = (
    LIST,
    f"{LIST}?cols=note",
    f"{LIST}/order",
    f"{LIST}/sections",
    f"{LIST}/import",
    f"{LIST}/shares",
    "/w",
    "/w/add/symbols?symbols=AAPL,BRK.B,BF/B,X:BTCUSD,IBM",
    "/screens",
    SCREEN,
    "/scan?q=closs:gt:sma200,rsi14:..",
)

BETWEEN = (320, 360, 641, 760, 930, 1100)
"""Widths of windows beside those at which columns are left out."""


@pytest.fixture(scope="module")
def page(browser: Browser, replaying: Desk) -> Iterator[Page]:
    page = signed_in(browser, replaying)
    for name in (LONG_NAME, UNBROKEN):
        post(page, replaying, "/w", name=name)
    for symbol in ("IBM", "AAPL"):
        post(page, replaying, LIST, symbol=symbol)
    post(page, replaying, f"{LIST}/sections", name=LONG_NAME)
    row = {"symbol": "IBM", "before": "", "note": NOTE}
    post(page, replaying, f"{LIST}/order", first="1", **{f"rows-0-{name}": text for name, text in row.items()})
    definition = {"in": "", "tf": "d", "sort": "symbol", "cols": "std"}
    post(page, replaying, "/screens/new", name="Every symbol", q="close:0..", **definition)
    post(page, replaying, "/screens/new", name=LONG_NAME, q=RULE, **definition)
    yield page
    page.context.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_filled_page_is_accessible_and_narrow_enough(page: Page, replaying: Desk, path: str) -> None:
    page.goto(f"{replaying.url}{path}")

    assert findings_wide_and_narrow(page) == []
    assert widths(page) == [320, 360]


@pytest.mark.parametrize("path", [LIST, SCREEN])
def test_the_page_behind_a_link_is_accessible_and_narrow_enough(page: Page, replaying: Desk, path: str) -> None:
    answer = page.request.post(f"{replaying.url}{path}/shares", headers={"Origin": replaying.url})
    (link,) = re.findall(r"/shared/[\w-]+", answer.text())
    page.goto(f"{replaying.url}{link}")

    assert findings_wide_and_narrow(page) == []
    assert widths(page) == [320, 360]


@pytest.mark.parametrize("columns", [*SETS, "note"])
def test_no_set_of_columns_is_wider_than_the_window(page: Page, replaying: Desk, columns: str) -> None:
    for path in (LIST, SCREEN) if columns in SETS else (LIST,):
        page.goto(f"{replaying.url}{path}?cols={columns}")
        assert widths(page, *BETWEEN) == [*BETWEEN]


def widths(page: Page, *windows: int) -> list[int]:
    """Of the document in these windows, by default two telephones."""
    measured = []
    for width in windows or (320, 360):
        page.set_viewport_size({"width": width, "height": 740})
        measured.append(page.evaluate("document.documentElement.scrollWidth"))
    return measured
