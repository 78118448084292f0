"""One desk with the replay running, one that is fed by the test alone, and a browser for both."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from app.wire.channels import LIMITS_PREFIX
from tests.support.desk_process import Desk
from tests.support.ports import free_port

# Whatever the machine has to do beside this: how fast a page is, is measured in bench/.
expect.set_options(timeout=20_000)

EMAIL, PASSWORD = "alice@example.org", "trades on a train with one bar"


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a desk that was started once, with one administrator and nothing in Redis; to be copied."""
    data = tmp_path_factory.mktemp("first-start")
    desk = Desk(data, free_port(), {"INGEST": "off"})
    try:
        desk.wait_until_ready()
        desk.create_user(EMAIL, PASSWORD, "admin")
    finally:
        desk.stop()
    shutil.rmtree(data / "valkey")
    return data


def started(first_start: Path, path: Path, port: int = 0, **extra: str) -> Iterator[Desk]:
    """A desk whose database is there already: it is ready in a third of the time."""
    # Not in Python: files keep their owner, as a cluster wants it.
    subprocess.run(["cp", "-a", f"{first_start}/.", path], check=True)
    desk = Desk(path, port or free_port(), extra)
    try:
        desk.wait_until_ready()
        yield desk
    finally:
        desk.stop()


@pytest.fixture(scope="session")
def replaying(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """As a stranger gets it: history, replay, engine."""
    yield from started(first_start, tmp_path_factory.mktemp("replaying"))


@pytest.fixture(scope="session")
def quiet(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """History and engine, no feed but what a test publishes, and room for all pages of one person."""
    room = {"TICKSTOCK_LIVE_STREAMS_PER_USER": "40"}
    yield from started(first_start, tmp_path_factory.mktemp("quiet"), INGEST="off", **room)


@pytest.fixture(autouse=True)
def rate_limits_of_its_own(request: pytest.FixtureRequest) -> None:
    """Tests that share a desk share one address, from which they sign in more often than one reader may."""
    for name in {"quiet", "replaying"}.intersection(request.fixturenames):
        redis = request.getfixturevalue(name).redis()
        for key in redis.scan_iter(f"{LIMITS_PREFIX}*", count=1000):
            redis.delete(key)


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


def sign_in(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{desk.url}/")


def signed_in(browser: Browser, desk: Desk, *, scripting: bool = True, width: int = 1280) -> Page:
    """A page of a browser that is signed in; one form serves them all, for guesses and sign-ins are limited alike."""
    if not desk.signed_in:
        context = browser.new_context()
        sign_in(context.new_page(), desk)
        desk.signed_in = str(desk.data_dir / "signed-in.json")
        context.storage_state(path=desk.signed_in)
        context.close()
    size: ViewportSize = {"width": width, "height": 900}
    page = browser.new_context(storage_state=desk.signed_in, java_script_enabled=scripting, viewport=size).new_page()
    page.goto(f"{desk.url}/")
    return page


def hide(page: Page, hidden: bool) -> None:
    """What a browser does when its tab goes to the background, and when it comes back."""
    page.evaluate(
        """hidden => {
        Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})
        document.dispatchEvent(new Event('visibilitychange')) }""",
        hidden,
    )
