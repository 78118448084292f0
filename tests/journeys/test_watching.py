"""Forty minutes on a desk whose sessions expire after thirty idle minutes, with a simulated clock in Redis."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from app.wire.channels import SESSION_PREFIX
from tests.journeys.conftest import EMAIL, PASSWORD, hide, sign_in
from tests.support.axe import LOOKS, findings
from tests.support.desk_process import Desk, within

pytestmark = [pytest.mark.browser, pytest.mark.streams]

TWENTY_MINUTES = 20 * 60
ABSOLUTE, FOUR_MINUTES = 12 * 3600, 4 * 60


class Watch(NamedTuple):
    """A page whose session began with it."""

    page: Page
    desk: Desk
    key: str

    def pass_time(self, seconds: int) -> None:
        """What the clock of Redis does with a session, all at once; it ends where its time to live is over."""
        redis = self.desk.redis()
        redis.hincrby(self.key, "created", -seconds)
        redis.hincrby(self.key, "seen", -seconds)
        redis.expire(self.key, redis.ttl(self.key) - seconds)

    def since_use(self) -> float:
        """Seconds."""
        redis = self.desk.redis()
        return float(redis.time()[0] - int(redis.hget(self.key, "seen") or 0))


def sessions(desk: Desk) -> set[str]:
    return {key.decode() for key in desk.redis().keys(f"{SESSION_PREFIX}*")}


@pytest.fixture
def watch(browser: Browser, replaying: Desk, scripting: bool) -> Iterator[Watch]:
    before = sessions(replaying)
    page = browser.new_context(java_script_enabled=scripting).new_page()
    sign_in(page, replaying)
    (key,) = sessions(replaying) - before
    yield Watch(page, replaying, key)
    page.context.close()


@pytest.mark.parametrize("scripting", [True])
def test_a_page_watched_for_forty_minutes_stays_live_and_announces_the_end_of_its_session(watch: Watch) -> None:
    page, url = watch.page, watch.desk.url
    expect(page.locator("html[data-live=live]")).to_be_attached()
    page.evaluate("window.never_reloaded = true")

    watch.pass_time(TWENTY_MINUTES)
    within(30, lambda: watch.since_use() < TWENTY_MINUTES, "use of the session")
    watch.pass_time(TWENTY_MINUTES)
    watch.desk.redis().hincrby(watch.key, "created", -(ABSOLUTE - 2 * TWENTY_MINUTES - FOUR_MINUTES))

    within(30, lambda: watch.since_use() < TWENTY_MINUTES, "use of the session")
    expect(page.locator("html[data-live=live]")).to_be_attached()
    expect(page.locator("#session")).to_contain_text("Your session ends at")
    expect(page.locator("#announce")).to_contain_text("Your session ends at")
    assert page.evaluate("window.never_reloaded") is True
    assert findings(page, LOOKS) == []
    page.get_by_role("button", name="Stay signed in").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(f"{url}/")
    expect(page.locator("#session")).to_contain_text("Signed in until")


@pytest.mark.parametrize("scripting", [True])
def test_a_hidden_page_is_signed_out_and_the_sign_in_returns_to_it(watch: Watch) -> None:
    page, url = watch.page, watch.desk.url
    page.goto(f"{url}/s/IBM")
    expect(page.locator("html[data-live=live]")).to_be_attached()
    with page.expect_event("requestfailed", lambda request: "/stream" in request.url):
        hide(page, True)

    watch.pass_time(TWENTY_MINUTES)
    watch.pass_time(TWENTY_MINUTES)
    hide(page, False)

    page.wait_for_url(f"{url}/login?next=*")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/s/IBM")


@pytest.mark.parametrize("scripting", [False])
def test_without_scripting_a_page_shows_its_end_and_the_sign_in_returns_to_it(watch: Watch) -> None:
    page, url = watch.page, watch.desk.url
    watch.pass_time(TWENTY_MINUTES)
    # Matchers of text pass over what stands in `noscript`.
    assert "any page that you open" in page.locator("#session form").inner_text()
    page.get_by_role("button", name="Stay signed in").click()
    page.wait_for_url(f"{url}/")
    watch.pass_time(TWENTY_MINUTES)
    page.goto(f"{url}/patterns")
    assert page.url == f"{url}/patterns"

    watch.pass_time(TWENTY_MINUTES)
    watch.pass_time(TWENTY_MINUTES)
    page.reload()

    assert page.url == f"{url}/login?next=%2Fpatterns"
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/patterns")
