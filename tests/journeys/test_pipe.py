"""Pages that are hidden, disconnected, paused or under load show every entry once, in order."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.journeys.conftest import hide, signed_in
from tests.support.desk_process import Desk, within
from tests.support.live_ticks import SYMBOLS, pattern, tick

pytestmark = [pytest.mark.browser, pytest.mark.streams]

WATCH = """
window.added = []
window.messages = 0
addEventListener("htmx:sse:after:message", () => messages++, true)
new MutationObserver(changes => changes.forEach(({target, addedNodes}) => {
  if (target.id === "feed") addedNodes.forEach(node => node.dataset && added.push(node.dataset.k))
})).observe(document.body, {subtree: true, childList: true})
"""

FALLS = """
window.fell = false
window.asked = window.again = 0
document.getElementById("live").addEventListener("htmx:config:request", () => asked = Date.now())
new MutationObserver(() => {
  if (document.documentElement.dataset.live !== "live") fell = !(again = 0)
  else if (fell) again ||= asked
}).observe(document.documentElement, {attributes: true})
"""
"""The first pages may be live again before the last one is looked at: each notes when it asked for what came."""

SOON = 10
"""Seconds in which every page asks a server that is there again; how fast twenty are drawn is the machine's affair."""


def live(page: Page) -> None:
    expect(page.locator("html[data-live=live]")).to_be_attached()


@pytest.fixture
def page(browser: Browser, quiet: Desk) -> Iterator[Page]:
    page = signed_in(browser, quiet)
    live(page)
    (place,) = publish(quiet, 1)
    shows(page, place)
    page.evaluate(WATCH)
    yield page
    page.context.close()


def publish(desk: Desk, how_many: int) -> list[str]:
    """Patterns, each a market minute after the one before; answers their places in the feed."""
    pipe = desk.redis().pipeline(transaction=False)
    patterns = [pattern() for _ in range(how_many)]
    for _, message in patterns:
        pipe.publish("tickstock.events.patterns", message)
    pipe.execute()
    return [place for place, _ in patterns]


def shows(page: Page, place: str) -> None:
    page.locator(f"#feed > [data-k='{place}']").wait_for(state="attached", timeout=20_000)


def applies(page: Page, rate: str) -> None:
    """Until the page that comes back is live: the one before is, too."""
    page.get_by_label("Updates").select_option(rate)
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    live(page)


def let_go(page: Page, act: Callable[[], object]) -> None:
    """Does what makes the page give up its stream, and waits until it has."""
    with page.expect_event("requestfailed", lambda request: "/stream" in request.url):
        act()


def feed(page: Page) -> list[str]:
    keys: list[str] = page.evaluate("[...feed.children].map(entry => entry.dataset.k)")
    return keys


def added(page: Page) -> list[str]:
    """What was put into the feed while we watched, in the order in which it was put there."""
    additions: list[str] = page.evaluate("added")
    return additions


@pytest.mark.parametrize("seconds", [1, pytest.param(60, marks=pytest.mark.soak)])
def test_a_tab_hidden_while_patterns_arrive_has_all_of_them_on_return(page: Page, quiet: Desk, seconds: int) -> None:
    let_go(page, lambda: hide(page, True))
    missed = []
    for _ in range(5):
        missed += publish(quiet, 10)
        page.wait_for_timeout(seconds * 200)
    assert added(page) == []

    hide(page, False)
    shows(page, missed[-1])

    assert feed(page)[:50] == missed[::-1]
    assert added(page) == missed


def test_a_page_that_reconnects_repeatedly_shows_nothing_twice(page: Page, quiet: Desk) -> None:
    all_of_them = []
    for _ in range(4):
        all_of_them += publish(quiet, 3)
        shows(page, all_of_them[-1])
        let_go(page, lambda: hide(page, True))
        all_of_them += publish(quiet, 3)
        hide(page, False)
    shows(page, all_of_them[-1])

    assert added(page) == all_of_them


def test_a_paused_page_does_not_change_and_misses_nothing(page: Page, quiet: Desk) -> None:
    before = page.locator("#row-ibm .last").inner_text().split()[0]  # its age counts on
    let_go(page, page.get_by_role("button", name="Pause").click)
    missed = publish(quiet, 20)
    quiet.redis().publish("tickstock.data.raw", tick("IBM", 321.09))
    expect(page.locator("#badge")).to_have_text("paused", use_inner_text=True)
    page.wait_for_timeout(1200)
    assert added(page) == []
    assert page.locator("#row-ibm .last").inner_text().split()[0] == before
    grey = page.evaluate("getComputedStyle(document.querySelector('#row-ibm .last')).color")

    page.get_by_role("button", name="Resume").click()

    shows(page, missed[-1])
    expect(page.locator("#row-ibm .last")).to_contain_text("321.09")
    assert added(page) == missed
    assert page.evaluate("getComputedStyle(document.querySelector('#row-ibm .last')).color") != grey


@pytest.mark.parametrize(("rate", "price"), [("fastest", 101.5), ("1s", 102.5)])
def test_prices_and_patterns_arrive_at_the_rate_that_was_chosen(
    page: Page, quiet: Desk, rate: str, price: float
) -> None:
    applies(page, rate)
    expect(page.get_by_label("Updates")).to_have_value(rate)

    for cents in (0.01, 0.02, 0.03):
        quiet.redis().publish("tickstock.data.raw", tick("MSFT", price + cents))
        (place,) = publish(quiet, 1)
        shows(page, place)

    expect(page.locator("#row-msft .last")).to_contain_text(f"{price + cents:.2f}")


def weight(client: CDPSession) -> dict[str, float]:
    """What the page holds once all that it let go is gone."""
    for _ in range(2):
        client.send("HeapProfiler.collectGarbage")
    metrics = client.send("Performance.getMetrics")["metrics"]
    return {each["name"]: each["value"] for each in metrics}


def flood(page: Page, desk: Desk, patterns: int, together: int) -> None:
    """Patterns, so many in one message, and a tick after each twenty, which are shown before the next."""
    redis = desk.redis()
    for number in range(patterns // 20):
        for _ in range(20 // together):
            last = publish(desk, together)[-1]
            page.wait_for_timeout(12)
        redis.publish("tickstock.data.raw", tick(SYMBOLS[number % 5], 100 + number % 50))
        shows(page, last)
    # What is too much goes by a message of its own.
    within(20, lambda: len(feed(page)) <= 50, "a feed that is cut to its length")


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("patterns", "together"), [(1_000, 20), pytest.param(10_000, 1, marks=pytest.mark.soak)])
def test_a_page_under_heavy_load_has_bounded_memory(page: Page, quiet: Desk, patterns: int, together: int) -> None:
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable")
    page.evaluate("addEventListener('htmx:sse:after:message', () => added.length = 0, true)")
    flood(page, quiet, 100, together)
    before = weight(client)

    flood(page, quiet, patterns, together)
    after = weight(client)

    assert len(feed(page)) <= 50
    assert page.evaluate("messages") >= patterns / together * 0.9
    assert after["Nodes"] <= before["Nodes"] + 100
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 10
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] * 1.1 + 100_000


def test_at_the_fastest_rate_prices_arrive_by_websocket(page: Page, quiet: Desk) -> None:
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda text: frames.append(str(text))))
    applies(page, "fastest")

    quiet.redis().publish("tickstock.data.raw", tick("GOOG", 777.25))

    expect(page.locator("#row-goog .last")).to_contain_text("777.25")
    # Only while it is asked does the browser tell.
    within(20, lambda: page.title() and any("777.25" in text for text in frames), "the price in the socket")


@pytest.fixture(scope="module")
def pages(browser: Browser, quiet: Desk) -> Iterator[Sequence[Page]]:
    """Twenty, each in a browser of its own: one browser holds no more than six connections to a host."""
    all_pages = [signed_in(browser, quiet)]
    all_pages += [browser.new_context(storage_state=quiet.signed_in).new_page() for _ in range(19)]
    for page in all_pages[1:]:
        page.goto(f"{quiet.url}/", wait_until="commit")
    for page in all_pages:
        live(page)
        page.evaluate("window.same = true")
    yield all_pages
    for page in all_pages:
        page.context.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_all_pages_are_live_again_after_the_server_restarted(
    pages: Sequence[Page], quiet: Desk, how: signal.Signals
) -> None:
    def all_of_them(holds: str) -> bool:
        return all(page.evaluate(holds) for page in pages)

    for page in pages:
        page.evaluate(FALLS)

    os.kill(quiet.run_json()["pids"]["web"], how)

    within(30, lambda: all_of_them("window.fell"), "the word on every page")
    quiet.wait_until_ready()
    there = time.time()
    within(30, lambda: all_of_them("window.again"), "twenty live pages")
    waited = [page.evaluate("again") / 1000 - there for page in pages]
    assert max(waited) < SOON
    (place,) = publish(quiet, 1)
    for page in pages:
        shows(page, place)
    assert all_of_them("window.same")
