"""The account page by keyboard, on a small telephone, without scripting."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser

EMAIL, PASSWORD, NEW = "charlie@example.org", "a long enough phrase to remember", "quite another phrase of some length"


def small(browser: Browser) -> Page:
    return browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}).new_page()


def tab_to(page: Page, words: str) -> None:
    """Tabs until what has the focus says these words."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if words in (page.locator(":focus").inner_text() if page.locator(":focus").count() else ""):
            return
    pytest.fail(f"no way to {words!r} by the keyboard")


def sign_in(page: Page, desk: Desk, password: str) -> None:
    page.goto(f"{desk.url}/login?next=/account")
    type_both(page, password)


def type_both(page: Page, password: str) -> None:
    page.bring_to_front()
    expect(page.locator("input[name=email]")).to_be_focused()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def test_sessions_and_password_can_be_managed_by_keyboard(browser: Browser, quiet: Desk) -> None:
    quiet.create_user(EMAIL, PASSWORD)
    here, there = small(browser), small(browser)
    here.goto(f"{quiet.url}/login")
    type_both(here, PASSWORD)
    here.wait_for_url(f"{quiet.url}/")
    sign_in(there, quiet, PASSWORD)
    there.wait_for_url(f"{quiet.url}/account")

    tab_to(here, "Account")
    here.keyboard.press("Enter")
    here.wait_for_url(f"{quiet.url}/account")
    expect(here.locator("main li")).to_have_count(2)
    tab_to(here, "Sign out the others")
    here.keyboard.press("Enter")
    expect(here.locator("main li")).to_have_count(1)
    there.reload()
    assert "/login" in there.url

    tab_to(here, "Change password")
    here.keyboard.press("Enter")
    here.wait_for_url(f"{quiet.url}/account/password")
    expect(here.get_by_label("Current password")).to_be_focused()
    for words in ("not the password", NEW, NEW):
        here.keyboard.type(words)
        here.keyboard.press("Tab")
    here.keyboard.press("Enter")
    expect(here.locator("#current-error")).to_be_visible()
    expect(here.get_by_label("Current password")).to_be_focused()
    assert here.evaluate("document.documentElement.scrollWidth") <= 360
    for words in (PASSWORD, NEW, NEW):
        here.keyboard.type(words)
        here.keyboard.press("Tab")
    here.keyboard.press("Enter")
    here.wait_for_url(f"{quiet.url}/account")
    expect(here.locator("main li")).to_contain_text("when the password was changed")

    sign_in(there, quiet, NEW)
    there.wait_for_url(f"{quiet.url}/account")
    expect(there.locator("main li")).to_have_count(2)
