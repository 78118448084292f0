"""Creating, copying and revoking a token by keyboard, on a small telephone, without scripting."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import EMAIL, signed_in
from tests.support.desk_process import Desk
from tests.support.people_journeys import fits, follow, press

pytestmark = pytest.mark.browser

NAME = "a-rather-long-name-of-a-program-that-runs-every-night-at-two"


def test_a_token_can_be_created_used_and_revoked_by_keyboard(browser: Browser, quiet: Desk) -> None:
    alice = signed_in(browser, quiet, scripting=False, width=360)
    alice.goto(f"{quiet.url}/account")
    follow(alice, "API tokens")
    fits(alice)

    alice.get_by_role("textbox", name="Name", exact=True).focus()
    alice.keyboard.type(f"{NAME}, or at three")
    press(alice, "Make the token")
    expect(alice.locator(".error")).to_have_text("60 letters at most.")
    expect(alice.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    fits(alice)
    alice.get_by_role("textbox", name="Name", exact=True).fill(NAME)
    alice.get_by_role("radio", name="Read what the pages show").focus()
    alice.keyboard.press("ArrowDown")
    press(alice, "Make the token")
    fits(alice)
    token = alice.locator("code").inner_text()
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{quiet.url}/api/v1/me", headers=headers, trust_env=False, timeout=30)
    assert (answer.json()["email"], answer.json()["scope"]) == (EMAIL, "jobs")

    alice.reload()
    expect(alice.locator("code")).to_have_count(0)
    follow(alice, f"Revoke {NAME} …")
    fits(alice)
    press(alice, "Revoke the token")
    expect(alice.locator(".tokens")).to_contain_text("None yet.")
    fits(alice)
