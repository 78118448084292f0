"""Setting up codes and signing in with one: by keyboard, without scripting, on a small telephone."""

import time
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser

DORA, PASSWORD = "dora@example.org", "four lanterns on the long pier"
TELEPHONE: ViewportSize = {"width": 360, "height": 740}


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url


def send(page: Page, text: str) -> None:
    """Typed where the focus is, as the page set it."""
    expect(page.locator("input:focus")).to_be_visible()
    page.keyboard.type(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    fits(page)


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    fits(page)


def sign_in(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/login")
    page.get_by_label("E-mail").fill(DORA)
    page.get_by_label("Password").focus()
    send(page, PASSWORD)


def test_codes_can_be_set_up_used_and_turned_off(browser: Browser, quiet: Desk) -> None:
    quiet.create_user(DORA, PASSWORD)
    page = browser.new_context(java_script_enabled=False, viewport=TELEPHONE).new_page()
    other = browser.new_context(java_script_enabled=False, viewport=TELEPHONE).new_page()
    sign_in(page, quiet)
    assert urlsplit(page.url).path == "/"
    page.goto(f"{quiet.url}/account")
    fits(page)
    follow(page, "Set up codes")
    send(page, PASSWORD)
    expect(page.get_by_role("img", name="The secret as a picture")).to_be_visible()
    totp = pyotp.TOTP(page.locator("code.secret").inner_text())
    send(page, "000000" if totp.now() != "000000" else "111111")
    expect(page.locator("#code-error")).to_contain_text("not the code of the moment")
    send(page, totp.now())
    recovery = page.locator("li code").all_inner_texts()
    assert len(recovery) == 10
    page.reload()
    expect(page.locator("li code")).to_have_count(0)

    sign_in(other, quiet)
    assert urlsplit(other.url).path == "/login/code"
    other.goto(f"{quiet.url}/account")
    assert urlsplit(other.url).path == "/login"
    other.goto(f"{quiet.url}/login/code")
    send(other, recovery[0])
    assert urlsplit(other.url).path == "/"

    page.goto(f"{quiet.url}/account/totp")
    expect(page.locator("dd")).to_contain_text("9")
    follow(page, "Sign in without codes")
    expect(page.locator("input:focus")).to_be_visible()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    send(page, totp.at(int(time.time()) + 30))
    expect(page.get_by_role("button", name="Set up codes")).to_be_visible()
