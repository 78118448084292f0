"""What browser benchmarks need: a desk of their own, an account, and Chromium."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.conftest import EMAIL, PASSWORD, free_port, sign_in
from tests.support.desk_process import Desk


def arguments(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    return parser


@contextmanager
def running_desk(role: str = "user", **environment: str) -> Iterator[Desk]:
    """Starts a desk as `make run` does, in a data directory of its own, with one account of this role."""
    with tempfile.TemporaryDirectory() as directory:
        desk = Desk(Path(directory), free_port(), environment)
        try:
            desk.wait_until_ready()
            desk.create_user(EMAIL, PASSWORD, role)
            yield desk
        finally:
            desk.stop()


@contextmanager
def desk_and_browser(browser: str, **environment: str) -> Iterator[tuple[Desk, Browser]]:
    with running_desk(**environment) as desk, running_browser(browser) as chromium:
        yield desk, chromium


@contextmanager
def running_browser(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])


def live_page(desk: Desk, browser: Browser) -> Page:
    """Opens the dashboard and waits until its stream is open."""
    page = browser.new_page()
    sign_in(page, desk)
    page.locator("html[data-live=live]").wait_for(state="attached")
    return page
