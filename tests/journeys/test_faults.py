"""Each process is killed in turn under an open page: the page says so and is live again, without a reload."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import free_port, signed_in, started
from tests.journeys.desk import Desk, within

pytestmark = pytest.mark.browser

LIVE_AGAIN = 10_000


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    yield from started(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    page = signed_in(browser, desk)
    expect(page.locator("html[data-live=live]")).to_be_attached()
    page.evaluate("window.never_reloaded = true")
    prices_move(page)
    yield page
    assert page.evaluate("window.never_reloaded") is True
    page.context.close()


def prices(page: Page) -> list[str]:
    return page.locator("[id^=last-]").all_inner_texts()


def prices_move(page: Page) -> None:
    """Some price on the page becomes another one."""
    before = prices(page)
    within(LIVE_AGAIN / 1000, lambda: prices(page) != before, "another price")


def children(desk: Desk, name: str) -> list[int]:
    """Processes below the desk whose executable is `name`; the servers have no place in run.json."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            if parent == desk.process.pid and Path(command).name.startswith(name):
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("name", ["web", "ingest", "engine"])
def test_a_killed_process_comes_back_under_an_open_page(page: Page, desk: Desk, name: str) -> None:
    before = desk.run_json()["pids"][name]

    os.kill(before, signal.SIGKILL)

    if name == "web":
        expect(page.locator("html:not([data-live=live])")).to_be_attached(timeout=LIVE_AGAIN)
    if name == "ingest":
        expect(page.locator("#ticks")).to_contain_text("just started", timeout=LIVE_AGAIN)
        expect(page.locator("#ticks")).to_contain_text("live", timeout=LIVE_AGAIN)
    if name == "engine":
        expect(page.locator("#engine")).not_to_contain_text("running", timeout=LIVE_AGAIN)
        expect(page.locator("#engine")).to_contain_text("running", timeout=LIVE_AGAIN)
    expect(page.locator("html[data-live=live]")).to_be_attached(timeout=LIVE_AGAIN)
    prices_move(page)
    within(10, lambda: desk.run_json()["pids"][name] not in {before, None}, f"a new {name} in run.json")


@pytest.mark.parametrize(("name", "part"), [("valkey-server", "#redis"), ("postgres", "#database")])
def test_a_killed_server_comes_back_under_an_open_page(page: Page, desk: Desk, name: str, part: str) -> None:
    (before,) = children(desk, name)
    page.evaluate(
        """part => { window.words = new Set();
        new MutationObserver(() => window.words.add(document.querySelector(part)?.innerText))
          .observe(document.body, {subtree: true, childList: true, characterData: true}) }""",
        part,
    )

    os.kill(before, signal.SIGKILL)
    killed = time.monotonic()

    within(10, lambda: children(desk, name) not in ([], [before]), f"a new {name}")
    within(
        10, lambda: page.evaluate("[...window.words].some(words => words?.includes('away'))"), "the word on the page"
    )
    expect(page.locator(part)).not_to_contain_text("away", timeout=LIVE_AGAIN)
    prices_move(page)
    assert time.monotonic() - killed < 10 + 2


def test_nothing_is_left_when_the_desk_itself_is_killed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, free_port())
    desk.wait_until_ready()
    below = [*children(desk, "valkey-server"), *children(desk, "postgres"), *desk.run_json()["pids"].values()]
    assert len(below) == 5

    desk.process.kill()
    desk.process.wait(5)

    within(5, lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "the end of all children")
