"""axe-core finds nothing on an empty desk, for every role, on error pages, and while disconnected."""

import os
import signal
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import EMAIL, PASSWORD
from tests.support.axe import LOOKS, findings
from tests.support.desk_children import children
from tests.support.desk_process import Desk
from tests.support.folders import NewFolder
from tests.support.ports import free_port

pytestmark = pytest.mark.browser

BARE = {
    "INGEST": "off",
    "ENGINE": "off",
    "REGISTRATION": "on",
    "MAIL_HOST": "127.0.0.1",
    "MAIL_FROM": "desk@example.org",
    "TICKSTOCK_LIVE_STREAMS_PER_USER": "1",
}
BOB = "bob@example.org"
SUBMIT = """([action, fields]) => {
  const form = Object.assign(document.createElement("form"), {method: "post", action})
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement("input"), {name, value}))
  document.body.append(form)
  form.submit()
}"""


class DeskAndPages(NamedTuple):
    """The pages of who is not signed in, of a user and of an administrator; dark and narrow."""

    desk: Desk
    stranger: Page
    user: Page
    admin: Page

    def page(self, who: str) -> Page:
        return {"stranger": self.stranger, "user": self.user, "admin": self.admin}[who]


def submit(page: Page, url: str, fields: Mapping[str, str]) -> int:
    """The last status after a form whose fields are these, whatever the page offers."""
    with page.expect_navigation() as answer:
        page.evaluate(SUBMIT, [url, dict(fields)])
    return answer.value.status


def sign_in(page: Page, desk: Desk, email: str) -> None:
    page.goto(f"{desk.url}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{desk.url}/")


@pytest.fixture(scope="module")
def desk_and_pages(browser: Browser, new_folder: NewFolder) -> Iterator[DeskAndPages]:
    desk = Desk(new_folder("bare"), free_port(), BARE)
    size = {"width": 360, "height": 640}
    try:
        desk.wait_until_ready()
        contexts = [browser.new_context(color_scheme="dark", viewport=size) for _ in range(3)]  # type: ignore[arg-type]
        desk_and_pages = DeskAndPages(desk, *(context.new_page() for context in contexts))
        desk.create_user(BOB, PASSWORD)
        yield desk_and_pages
        for context in contexts:
            context.close()
    finally:
        desk.stop()


def test_the_pages_of_the_first_setup_have_no_accessibility_violation(desk_and_pages: DeskAndPages) -> None:
    desk, page = desk_and_pages.desk, desk_and_pages.admin
    page.goto(f"{desk.url}/login")
    expect(page.locator("main")).to_contain_text("administrator")
    faults = {"nobody administers": findings(page)}
    page.goto(desk.sign_in_link())
    faults["first administrator"] = findings(page)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button").first.click()
    page.wait_for_url(f"{desk.url}/")
    expect(page.locator("html[data-feed=absent]")).to_be_attached()
    faults["empty desk"] = findings(page)
    sign_in(desk_and_pages.user, desk, BOB)
    faults["empty desk of a user"] = findings(desk_and_pages.user)

    assert not any(faults.values()), faults


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("user", "/symbols", 200),
        ("user", "/patterns/search", 200),
        ("user", "/account", 200),
        ("user", "/account/tokens", 200),
        ("user", "/admin/wire", 403),
        ("user", "/patterns?color=red", 400),
        ("user", "/s/NOBODY", 404),
        ("admin", "/admin/wire", 200),
        ("admin", "/account/confirm", 200),
    ],
)
def test_pages_of_an_empty_desk_have_no_accessibility_violation(
    desk_and_pages: DeskAndPages, who: str, path: str, status: int
) -> None:
    page = desk_and_pages.page(who)
    answer = page.goto(f"{desk_and_pages.desk.url}{path}")

    assert answer is not None
    assert answer.status == status
    assert findings(page) == []


@pytest.mark.parametrize(
    ("who", "path", "fields", "status"),
    [
        ("stranger", "/login", {"email": "nobody"}, 422),
        ("stranger", "/register", {"email": "nobody"}, 422),
        ("stranger", "/forgot", {"email": "nobody"}, 422),
        ("stranger", "/account", {}, 405),
        ("stranger", "/account/tokens", {}, 200),
        ("user", "/account/password", {"new": "short"}, 422),
        ("user", "/account/tokens", {"name": ""}, 422),
        ("user", "/account/totp", {"password": "wrong"}, 422),
        ("user", "/symbols", {}, 405),
        ("admin", "/admin/users", {"email": "nobody", "role": "king"}, 422),
        ("admin", "/account/confirm", {"password": "wrong"}, 422),
    ],
)
def test_the_answer_to_an_invalid_form_has_no_accessibility_violation(
    desk_and_pages: DeskAndPages, who: str, path: str, fields: dict[str, str], status: int
) -> None:
    page = desk_and_pages.page(who)
    page.goto(f"{desk_and_pages.desk.url}/account")

    assert submit(page, f"{desk_and_pages.desk.url}{path}", fields) == status
    assert findings(page) == []


def test_pages_to_invite_view_and_delete_a_person_have_no_accessibility_violation(desk_and_pages: DeskAndPages) -> None:
    desk, page = desk_and_pages.desk, desk_and_pages.admin
    page.goto(f"{desk.url}/admin/users")
    submit(page, f"{desk.url}/admin/users", {"email": "carol@example.org", "role": "user"})
    expect(page.locator("main")).to_contain_text("An invitation for")
    faults = {"invited": findings(page)}
    desk_and_pages.stranger.goto(page.locator("main code").inner_text())
    faults["invitation"] = findings(desk_and_pages.stranger)
    page.get_by_role("link", name=BOB).click()
    faults["person"] = findings(page)
    page.goto(f"{page.url}/delete")
    faults["deletion"] = findings(page)

    assert not any(faults.values()), faults


def test_a_disconnected_or_printed_desk_has_no_accessibility_violation(desk_and_pages: DeskAndPages) -> None:
    desk, first = desk_and_pages.desk, desk_and_pages.user
    first.goto(f"{desk.url}/")
    expect(first.locator("html[data-live=live]")).to_be_attached()
    second = first.context.new_page()
    second.goto(f"{desk.url}/")
    expect(second.locator("html[data-live=full]")).to_be_attached()
    faults = {"too many desks": findings(second)}
    second.close()

    first.emulate_media(media="print")
    faults["paper"] = findings(first, LOOKS)
    first.emulate_media(media="screen")
    first.get_by_role("button", name="Pause").click()
    expect(first.locator("html[data-live=paused]")).to_be_attached()
    faults["paused"] = findings(first)
    first.get_by_role("button", name="Resume").click()
    first.context.set_offline(True)
    expect(first.locator("html[data-live=offline]")).to_be_attached()
    faults["offline"] = findings(first)
    first.context.set_offline(False)

    assert not any(faults.values()), faults


def test_the_page_for_too_many_attempts_has_no_accessibility_violation(desk_and_pages: DeskAndPages) -> None:
    page, url = desk_and_pages.stranger, f"{desk_and_pages.desk.url}/forgot"
    page.goto(url)
    for _ in range(5):
        page.request.post(url, form={"email": "dave@example.org"}, headers={"Origin": desk_and_pages.desk.url})

    assert submit(page, url, {"email": "dave@example.org"}) == 429
    assert findings(page) == []


def test_the_error_page_while_redis_hangs_has_no_accessibility_violation(desk_and_pages: DeskAndPages) -> None:
    (valkey,) = children(desk_and_pages.desk, "valkey-server")
    page = desk_and_pages.admin
    os.kill(valkey, signal.SIGSTOP)
    try:
        answer = page.goto(f"{desk_and_pages.desk.url}/patterns")
        assert answer is not None
        assert answer.status == 503
        faults = findings(page)
    finally:
        os.kill(valkey, signal.SIGCONT)

    assert faults == []
