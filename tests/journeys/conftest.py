"""One desk with the replay running, one that is fed by the test alone, and a browser for both."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.support.desk_process import Desk
from tests.support.folders import NewFolder
from tests.support.ports import free_port
from tests.support.shared_desk import reset_rate_limits, reset_settings

# Whatever the machine has to do beside this: how fast a page is, is measured in bench/.
expect.set_options(timeout=20_000)

SECONDS_OF_A_JOURNEY = 300
"""With the start of the desks that the first ones share, on a machine that has more to do."""

EMAIL, PASSWORD = "alice@example.org", "trades on a train with one bar"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SECONDS_OF_A_JOURNEY))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One worker at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a desk that was started once, with one administrator and nothing in Redis; to be copied.

    All workers share it: the first one that needs it makes it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with locked(shared / "first-start.lock"):
        if not (shared / "first-start").exists():
            make_first_start(shared / "first-start.part")
            (shared / "first-start.part").rename(shared / "first-start")
    return shared / "first-start"


def make_first_start(data: Path) -> None:
    # What a worker left that failed here.
    shutil.rmtree(data, ignore_errors=True)
    desk = Desk(data, free_port(), {"INGEST": "off"})
    try:
        desk.wait_until_ready()
        desk.create_user(EMAIL, PASSWORD, "admin")
    finally:
        desk.stop()
    shutil.rmtree(data / "valkey")


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
def replaying(first_start: Path, new_folder: NewFolder) -> Iterator[Desk]:
    """As a stranger gets it: history, replay, engine."""
    yield from started(first_start, new_folder("replaying"))


@pytest.fixture(scope="session")
def quiet(first_start: Path, new_folder: NewFolder) -> Iterator[Desk]:
    """History, no feed and no engine but what a test publishes, and room for all pages of one person."""
    alone = {"INGEST": "off", "ENGINE": "off", "TICKSTOCK_LIVE_STREAMS_PER_USER": "40"}
    yield from started(first_start, new_folder("quiet"), **alone)


@pytest.fixture(autouse=True)
def shared_desks_as_at_their_start(request: pytest.FixtureRequest) -> None:
    """A test has no rate limit used up and no settings chosen by the tests that had its desk before."""
    for name in sorted({"quiet", "replaying"}.intersection(request.fixturenames)):
        desk = request.getfixturevalue(name)
        reset_rate_limits(desk)
        reset_settings(desk)


@pytest.fixture(scope="session")
def browsers() -> list[Browser]:
    """Those that are open."""
    return []


@pytest.fixture(scope="session")
def browser(browser_path: str, browsers: list[Browser]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        browsers.append(browser)
        yield browser
        browsers.clear()
        browser.close()


@pytest.fixture(scope="module", autouse=True)
def pages_of_a_module(browsers: list[Browser]) -> Iterator[None]:
    """A page that stays open is live: it counts among the streams of its person, and keeps the machine busy."""
    yield
    close_contexts(browsers, excluded=[])


@pytest.fixture(autouse=True)
def pages_of_a_test(browsers: list[Browser]) -> Iterator[None]:
    """Those that a fixture of the module opened stay."""
    open_before = contexts(browsers)
    yield
    close_contexts(browsers, open_before)


def contexts(browsers: list[Browser]) -> list[BrowserContext]:
    return [context for browser in browsers for context in browser.contexts]


def close_contexts(browsers: list[Browser], excluded: list[BrowserContext]) -> None:
    for context in contexts(browsers):
        if context not in excluded:
            context.close()


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
