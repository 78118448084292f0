"""axe-core finds nothing on any page: signed out, signed in, with errors, narrow, dark, without scripting."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.journeys.conftest import EMAIL, signed_in
from tests.support.axe import LOOKS, findings, findings_wide_and_narrow, remove_repeated_entries
from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser

SIGNED_IN = (
    "/",
    "/symbols",
    "/symbols?q=ZZZZZ",
    "/s/AAPL?range=1y",
    "/s/NOBODY",
    "/market",
    "/patterns",
    "/patterns/search?symbol=NOBODY",
    "/patterns/statistics",
    "/detections/FB/BreakdownLow/daily/2012-08-31T20:00:00Z",
    "/detections/FB/Doji/daily/2012-08-31T20:00:00Z",
    "/admin/wire",
    "/admin/users",
    "/admin/audit",
    "/account",
    "/account/password",
    "/account/tokens",
    "/settings",
    "/account/totp",
    "/account/totp/codes",
    "/account/totp/off",
    "/w",
    "/w/add?symbol=NOBODY",
    "/none",
)
SIGNED_OUT = ("/login", "/forgot", "/register", "/invite/none")


def without_scripting(route: Route) -> None:
    """The page as a browser without scripting reads it, where axe can still run."""
    answer = route.fetch()
    html = re.sub(r"<script\b.*?</script>", "", answer.text())
    route.fulfill(response=answer, body=re.sub(r"<(/?)noscript>", r"<\1div>", html))


@pytest.fixture(scope="module")
def page(browser: Browser, replaying: Desk) -> Iterator[Page]:
    page = signed_in(browser, replaying)
    yield page
    page.context.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("path", SIGNED_IN)
def test_a_page_has_no_accessibility_violation(page: Page, replaying: Desk, path: str) -> None:
    page.goto(f"{replaying.url}{path}")

    assert findings_wide_and_narrow(page) == []


def test_pages_before_the_sign_in_have_no_accessibility_violation(visitor: Page, replaying: Desk) -> None:
    faults = {}
    for path in SIGNED_OUT:
        visitor.goto(f"{replaying.url}{path}")
        faults[path] = findings_wide_and_narrow(visitor)

    assert not any(faults.values()), faults


def wrong_password(page: Page) -> None:
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()


def wrong_current_password(page: Page) -> None:
    page.locator("main input[type=password]").first.fill("not this one")
    for other in page.locator("main input[type=password]").all()[1:]:
        other.fill("short")
    page.locator("main form button").last.click()


def unknown_zone(page: Page) -> None:
    page.locator("#zone").evaluate("select => { select.options[0].value = 'Mars'; select.selectedIndex = 0 }")
    page.get_by_role("button", name="Save settings").click()


@pytest.mark.parametrize(
    ("path", "mistake"),
    [("/login", wrong_password), ("/account/password", wrong_current_password), ("/settings", unknown_zone)],
)
def test_a_form_with_errors_has_no_accessibility_violation(
    page: Page, visitor: Page, replaying: Desk, path: str, mistake: Callable[[Page], None]
) -> None:
    writer = visitor if path == "/login" else page
    writer.goto(f"{replaying.url}{path}")
    mistake(writer)
    writer.locator("main .error").first.wait_for()

    assert findings_wide_and_narrow(writer) == []


@pytest.mark.parametrize("path", ["/", "/s/AAPL"])
def test_a_page_without_scripting_has_no_accessibility_violation(page: Page, replaying: Desk, path: str) -> None:
    page.route(f"{replaying.url}{path}", without_scripting)
    page.goto(f"{replaying.url}{path}")
    remove_repeated_entries(page)

    assert page.locator("footer noscript, script").count() == 0
    assert findings(page) == []


def test_forced_colours_add_no_line_to_the_page(page: Page, replaying: Desk) -> None:
    """There a border that is transparent elsewhere is drawn in the colour of the text."""
    page.goto(f"{replaying.url}/")
    page.emulate_media(forced_colors="active")
    lines = page.evaluate("""[...document.querySelectorAll("a:not([aria-current], .mark)")].filter(link => {
      const style = getComputedStyle(link), ground = getComputedStyle(document.documentElement).backgroundColor
      return parseFloat(style.borderTopWidth) && style.borderTopColor !== ground
    }).map(link => link.outerHTML)""")
    remove_repeated_entries(page)
    faults = findings(page, LOOKS)
    page.emulate_media(forced_colors="none")

    assert lines == []
    assert faults == []


def test_the_pattern_marks_of_a_chart_are_large_enough_to_touch(page: Page, replaying: Desk) -> None:
    page.goto(f"{replaying.url}/s/AAPL?range=1y")
    sizes = page.evaluate("""[...document.querySelectorAll(".graph .mark")].map(pin => {
      const box = pin.getBoundingClientRect()
      return Math.round(Math.min(box.width, box.height))
    })""")

    assert sizes
    assert min(sizes) >= 24
