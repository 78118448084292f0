"""Plain HTTP, another address or blocked cookies: the sign-in page explains why signing in does not last."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import EMAIL, PASSWORD, started
from tests.support.desk_process import Desk
from tests.support.folders import NewFolder
from tests.support.ports import free_port

pytestmark = pytest.mark.browser

NAME = "desk.test"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def proxied(first_start: Path, new_folder: NewFolder) -> Iterator[Desk]:
    """It believes that TLS stands before it."""
    port = free_port()
    light = {"INGEST": "off", "ENGINE": "off", "PUBLIC_URL": f"https://{NAME}:{port}"}
    yield from started(first_start, new_folder("proxied"), port, **light)


@pytest.fixture(scope="module")
def elsewhere(browser: Browser, browser_path: str) -> Iterator[Browser]:
    """A browser on another machine, as far as it knows."""
    rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
    instance = browser.browser_type.launch(executable_path=browser_path, args=[*ARGUMENTS, rules])
    yield instance
    instance.close()


def try_sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("scripting", [True, False])
def test_a_visit_by_plain_http_names_the_https_address(elsewhere: Browser, proxied: Desk, scripting: bool) -> None:
    page = elsewhere.new_context(java_script_enabled=scripting).new_page()

    try_sign_in(page, f"http://{NAME}:{proxied.port}")

    expect(page.locator("main")).to_contain_text(f"https://{NAME}:{proxied.port}")
    expect(page.locator("main")).to_contain_text("plain http")
    assert not [cookie for cookie in page.context.cookies() if cookie.get("name", "").endswith("ts")]


def test_a_visit_under_another_address_gets_a_warning_before_the_form_is_filled_in(
    elsewhere: Browser, proxied: Desk
) -> None:
    page = elsewhere.new_context().new_page()

    page.goto(f"{proxied.url}/login")

    expect(page.locator("main .error")).to_contain_text(f"Sign in at https://{NAME}:{proxied.port}")


def test_a_browser_without_cookies_gets_an_explanation_at_the_sign_in(
    browser: Browser, chromium_path: str, quiet: Desk, tmp_path: Path
) -> None:
    (tmp_path / "Default").mkdir()
    forbidden = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(forbidden))
    context = browser.browser_type.launch_persistent_context(tmp_path, executable_path=chromium_path, args=ARGUMENTS)
    try:
        page = context.new_page()
        try_sign_in(page, quiet.url)

        expect(page.locator("main .error")).to_contain_text("did not keep the cookie")
        expect(page.get_by_label("Password")).to_have_value("")
        assert context.cookies() == []
    finally:
        context.close()
