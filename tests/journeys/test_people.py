"""An administrator invites, changes and deletes a person without scripting, by keyboard, on a small telephone."""

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.journeys.conftest import EMAIL, signed_in
from tests.support.desk_process import Desk
from tests.support.people_journeys import fits, follow, press

pytestmark = pytest.mark.browser

BOB, PASSWORD = "bob.with-a-rather-long-name@subsidiary.example.org", "a kettle hums above the harbour"
TELEPHONE: ViewportSize = {"width": 360, "height": 740}


def test_a_person_can_be_invited_sign_in_change_role_and_be_deleted(browser: Browser, quiet: Desk) -> None:
    alice = signed_in(browser, quiet, scripting=False, width=360)
    bob = browser.new_context(java_script_enabled=False, viewport=TELEPHONE).new_page()

    follow(alice, "People")
    fits(alice)
    alice.get_by_label("E-mail").focus()
    alice.keyboard.type(BOB)
    press(alice, "Make a one-time link")
    fits(alice)
    address = alice.locator("code").inner_text()

    bob.goto(address)
    fits(bob)
    expect(bob.get_by_label("E-mail")).to_have_value(BOB)
    bob.get_by_label("New password").focus()
    bob.keyboard.type(PASSWORD)
    bob.keyboard.press("Enter")
    bob.wait_for_url(f"{quiet.url}/")

    alice.reload()
    expect(alice.locator("code")).to_have_count(0)
    follow(alice, BOB)
    fits(alice)
    press(alice, "Make an administrator")
    expect(alice.locator(".facts")).to_contain_text("administrator")
    bob.reload()
    assert "/login" in bob.url

    follow(alice, "Delete the account …")
    fits(alice)
    alice.get_by_label("Their e-mail address").fill(EMAIL)
    press(alice, "Delete the account for good")
    expect(alice.locator(".error")).to_contain_text("Nothing was deleted")
    fits(alice)
    alice.get_by_label("Their e-mail address").fill(BOB)
    press(alice, "Delete the account for good")
    expect(alice.get_by_role("link", name=BOB)).to_have_count(0)

    follow(alice, "Audit")
    fits(alice)
    expect(alice.locator("tbody tr").first).to_contain_text("delete user")
