"""Each process is killed in turn under an open page: the page says so and is live again, without a reload."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.embedded.conftest import alive
from tests.journeys.conftest import signed_in, started
from tests.support.axe import LOOKS, findings
from tests.support.desk_children import children
from tests.support.desk_process import Desk, within
from tests.support.folders import NewFolder

pytestmark = [pytest.mark.browser, pytest.mark.streams]

PATIENCE = 30.0
LIVE_AGAIN = 1000 * PATIENCE

WATCH = """of => { window.words = new Set()
new MutationObserver(() => words.add(of === "html" ? document.documentElement.dataset.live
  : document.querySelector(of)?.innerText))
  .observe(document.documentElement, {subtree: true, childList: true, characterData: true, attributes: true}) }"""
"""Keeps what stood there for however short a time: who only looks now and then may miss it."""


@pytest.fixture(scope="module")
def desk(first_start: Path, new_folder: NewFolder) -> Iterator[Desk]:
    yield from started(first_start, new_folder("faults"))


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
    return page.locator(".quotes .last").all_inner_texts()


def prices_move(page: Page) -> None:
    """Some price on the page becomes another one."""
    before = prices(page)
    within(PATIENCE, lambda: prices(page) != before, "another price")


def stood(page: Page, condition: str) -> None:
    within(PATIENCE, lambda: page.evaluate(f"[...words].some(word => word && {condition})"), condition)


@pytest.mark.parametrize(
    ("name", "part", "fallen"),
    [
        ("web", "html", "word !== 'live'"),
        ("ingest", "#ticks", "word.includes('just started')"),
        ("engine", "#engine", "!word.includes('running')"),
    ],
)
def test_a_killed_process_comes_back_under_an_open_page(
    page: Page, desk: Desk, name: str, part: str, fallen: str
) -> None:
    before = desk.run_json()["pids"][name]
    page.evaluate(WATCH, part)

    os.kill(before, signal.SIGKILL)

    stood(page, fallen)
    within(PATIENCE, lambda: desk.run_json()["pids"][name] not in {before, None}, f"a new {name} in run.json")
    expect(page.locator("html[data-live=live]")).to_be_attached(timeout=LIVE_AGAIN)
    expect(page.locator("#ticks")).to_contain_text("live", timeout=LIVE_AGAIN)
    expect(page.locator("#engine")).to_contain_text("running", timeout=LIVE_AGAIN)
    prices_move(page)


@pytest.mark.parametrize(("name", "part"), [("valkey-server", "#redis"), ("postgres", "#database")])
def test_a_killed_server_comes_back_under_an_open_page(page: Page, desk: Desk, name: str, part: str) -> None:
    (before,) = children(desk, name)
    page.evaluate(WATCH, part)

    os.kill(before, signal.SIGKILL)

    within(PATIENCE, lambda: children(desk, name) not in ([], [before]), f"a new {name}")
    stood(page, "word.includes('away')")
    expect(page.locator(part)).not_to_contain_text("away", timeout=LIVE_AGAIN)
    prices_move(page)


PRICED = {"/": ".quotes .last", "/s/IBM": ".headline"}
"""Where a price stands, by the page."""
INK = """of => {
  const shown = getComputedStyle(document.querySelector(of)).color, all = getComputedStyle(document.body).color
  return shown === all
}"""


def expect_silence(page: Page) -> None:
    """The badge counts, and what an administrator can do stands on the page."""
    expect(page.locator("#badge")).to_contain_text("feed silent")
    assert page.locator("html[data-feed=silent]").count() == 1
    assert "No price for" in page.locator("#reason").inner_text()
    expect(page.locator("#remedy")).to_be_visible()
    expect(page.locator("#remedy")).to_contain_text("Start the feed again: tickstock ingest. See Operations.")


def silent_seconds(page: Page) -> int:
    """As the badge counts it, in seconds."""
    return int(page.locator("#condition time").inner_text().removesuffix(" s"))


def test_a_stopped_feed_is_shown_as_silent_on_every_page_until_it_continues(browser: Browser, desk: Desk) -> None:
    pages = {path: signed_in(browser, desk) for path in ("/", "/s/IBM", "/patterns")}
    plain = signed_in(browser, desk, scripting=False)
    for path, page in pages.items():
        page.goto(f"{desk.url}{path}")
        expect(page.locator("html[data-live=live][data-feed=live]")).to_be_attached(timeout=LIVE_AGAIN)
    ink = {path: page.evaluate(INK, PRICED[path]) for path, page in pages.items() if path in PRICED}
    ingest = desk.run_json()["pids"]["ingest"]

    os.kill(ingest, signal.SIGSTOP)
    try:
        for page in pages.values():
            expect_silence(page)
        for path in pages:
            plain.goto(f"{desk.url}{path}")
            expect_silence(plain)
        before = silent_seconds(pages["/"])
        within(PATIENCE, lambda: silent_seconds(pages["/"]) > before, "another second of silence")
        grey = {path: pages[path].evaluate(INK, of) for path, of in PRICED.items()}
        barriers = [fault for path in PRICED for fault in findings(pages[path], LOOKS)]
    finally:
        os.kill(ingest, signal.SIGCONT)

    for page in pages.values():
        expect(page.locator("html[data-feed=live]")).to_be_attached(timeout=LIVE_AGAIN)
        expect(page.locator("#badge")).not_to_contain_text("silent")
        assert not page.locator("#remedy").is_visible()
    plain.reload()
    assert plain.locator("html[data-feed=live]").count() == 1
    assert (set(ink.values()), set(grey.values())) == ({True}, {False})
    assert barriers == []
    for page in [*pages.values(), plain]:
        page.context.close()


def test_killing_the_desk_leaves_no_process(desk: Desk) -> None:
    """The last of this module: nobody starts that desk again."""
    below = [*children(desk, "valkey-server"), *children(desk, "postgres"), *desk.run_json()["pids"].values()]
    assert len(below) == 5

    desk.process.kill()
    desk.process.wait(10)

    within(20, lambda: not any(alive(pid) for pid in below), "the end of all children")
