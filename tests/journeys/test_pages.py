"""Every page: a title, one h1, a language, a skip link, one polite status region, nothing inline."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import signed_in
from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/symbols",
    "/symbols?q=A",
    "/s/AAPL",
    "/s/AAPL?range=1y",
    "/chart",
    "/chart?symbol=AAPL&overlays=sma:20",
    "/market",
    "/indicators",
    "/desk/panels",
    "/patterns",
    "/patterns/search",
    "/scan",
    "/scan/form",
    "/scan/fields",
    "/screens",
    "/screens/new",
    "/w",
    "/w/add",
    "/w/add/symbols",
    "/patterns/statistics",
    "/detections/FB/BreakdownLow/daily/2012-08-31T20:00:00Z",
    "/s/NOBODY",
    "/admin/wire",
    "/market/session",
    "/admin/users",
    "/admin/audit",
    "/account",
    "/account/password",
    "/account/charts",
    "/settings",
    "/none",
)


@pytest.fixture(scope="module")
def page(browser: Browser, replaying: Desk) -> Page:
    return signed_in(browser, replaying)


@pytest.fixture(scope="module")
def telephone(browser: Browser, replaying: Desk) -> Iterator[Page]:
    page = signed_in(browser, replaying, width=320)
    yield page
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_without_errors(page: Page, replaying: Desk, path: str) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))

    page.goto(f"{replaying.url}{path}")
    # Asked for a second time: a browser may never hand out the body of a page that it goes on to work with.
    html = page.request.get(f"{replaying.url}{path}", headers={"Accept": "text/html"}).text()

    assert "</html>" in html
    assert page.title().strip()
    assert page.locator("h1").count() == 1
    assert page.locator("html[lang=en]").count() == 1
    assert page.locator("[role=status], [aria-live]").count() == 1
    assert page.locator("a[href='#main']").count() == 1
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
    ids = re.findall(r'\sid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert [text for text in problems if "404" not in text] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_small_telephone(telephone: Page, replaying: Desk, path: str) -> None:
    telephone.goto(f"{replaying.url}{path}")

    assert telephone.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_first_load_of_the_desk_is_light(browser: Browser, replaying: Desk) -> None:
    from bench.page_weight import weigh

    weights = weigh(browser, replaying)

    assert len(weights) >= 3
    assert sum(weights.values()) <= 30_000, weights


def test_nothing_is_loaded_from_elsewhere(browser: Browser, replaying: Desk) -> None:
    page = signed_in(browser, replaying)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for path in PAGES:
        page.goto(f"{replaying.url}{path}")

    assert requests
    assert [address for address in requests if not address.startswith(replaying.url)] == []
    page.context.close()
