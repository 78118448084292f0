"""Sign-in with the setup link and with a password, and sign-out; with scripting and without."""

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import EMAIL, PASSWORD, sign_in
from tests.support.desk_process import Desk
from tests.support.folders import NewFolder
from tests.support.ports import free_port

pytestmark = pytest.mark.browser


def test_the_printed_link_creates_the_first_administrator_once(browser: Browser, new_folder: NewFolder) -> None:
    desk = Desk(new_folder("first"), free_port(), {"INGEST": "off", "ENGINE": "off"})
    try:
        desk.wait_until_ready()
        link = desk.sign_in_link()
        page = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}).new_page()

        page.goto(link)
        expect(page.get_by_label("E-mail")).to_be_focused()
        page.keyboard.type("charlie@example.org")
        page.keyboard.press("Tab")
        page.keyboard.type("a long enough phrase to remember")
        page.keyboard.press("Enter")

        page.wait_for_url(f"{desk.url}/")
        scripting = browser.new_context(storage_state=page.context.storage_state()).new_page()
        scripting.goto(f"{desk.url}/")
        expect(scripting.locator("html[data-live=live]")).to_be_attached()
        again = browser.new_context().new_page()
        answer = again.goto(link)
        assert answer is not None
        assert answer.status in {404, 410}
    finally:
        assert desk.stop() == 0


@pytest.mark.parametrize("scripting", [True, False])
def test_a_mistyped_password_gets_an_error_and_the_right_one_signs_in(
    browser: Browser, quiet: Desk, scripting: bool
) -> None:
    page = browser.new_context(java_script_enabled=scripting).new_page()
    page.goto(f"{quiet.url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()

    expect(page.locator("main form")).to_contain_text("do not go together")
    assert "cookie" not in page.locator("body").inner_text().lower()
    expect(page.get_by_label("E-mail")).to_have_value(EMAIL)
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Password")).to_be_focused()
    assert page.url.endswith("/login")

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{quiet.url}/")
    page.context.close()


def test_the_sign_in_returns_to_the_requested_page(browser: Browser, quiet: Desk) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{quiet.url}/s/AAPL")
    assert "/login?next=" in page.url

    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url(f"{quiet.url}/s/AAPL")


@pytest.mark.parametrize("scripting", [True, False])
def test_after_signing_out_no_page_opens(browser: Browser, quiet: Desk, scripting: bool) -> None:
    page = browser.new_context(java_script_enabled=scripting).new_page()
    sign_in(page, quiet)
    cookies = page.context.cookies()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{quiet.url}/login*")

    replayed = browser.new_context(java_script_enabled=scripting)
    replayed.add_cookies(cookies)  # type: ignore[arg-type]
    other = replayed.new_page()
    other.goto(f"{quiet.url}/")

    assert "/login" in other.url
