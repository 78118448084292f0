"""The desk in Firefox: live by stream and by socket, the back button, and without scripting."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import EMAIL, PASSWORD
from tests.support.desk_process import Desk, within
from tests.support.firefox import FIREFOX, Tab, running_firefox

pytestmark = pytest.mark.streams

ENTER = "\ue007"
LIVE = "document.documentElement.dataset.live === 'live'"
ON_DESK = f"location.pathname === '/' && {LIVE}"
ON_SYMBOL = f"location.pathname.startsWith('/s/') && {LIVE}"
PUSHED = "document.querySelector('.quotes .new') !== null"
SOCKET_OPEN = "document.getElementById('fast')?._htmx?.ws?.connection?.socket?.readyState === 1"


@pytest.fixture(scope="module", autouse=True)
def _firefox_is_here() -> None:
    if FIREFOX is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no Firefox on this machine")


def sign_in(tab: Tab, desk: Desk) -> None:
    tab.go(f"{desk.url}/login")
    tab.type("#email", EMAIL)
    tab.type("#password", PASSWORD + ENTER)
    tab.wait_for("location.pathname === '/' && document.readyState === 'complete'")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory, replaying: Desk) -> Iterator[Tab]:
    with running_firefox(tmp_path_factory.mktemp("firefox") / "profile") as tab:
        sign_in(tab, replaying)
        yield tab


def test_the_desk_is_live_also_after_the_back_button_and_leaving_logs_no_error(tab: Tab) -> None:
    tab.wait_for(ON_DESK)
    tab.wait_for(PUSHED)
    tab.click(".quotes th a")
    tab.wait_for(ON_SYMBOL)
    tab.back()
    tab.wait_for(ON_DESK)
    tab.wait_for(PUSHED)

    assert tab.errors == []


def test_the_fastest_rate_uses_the_socket_also_after_the_back_button(tab: Tab, replaying: Desk) -> None:
    tab.go(f"{replaying.url}/")
    tab.evaluate("document.getElementById('rate').value = 'fastest'")
    tab.click("footer button")
    tab.wait_for(SOCKET_OPEN)
    tab.wait_for(PUSHED)
    tab.click(".quotes th a")
    tab.wait_for(ON_SYMBOL)
    tab.back()
    tab.wait_for(SOCKET_OPEN)
    tab.wait_for(PUSHED)

    assert tab.errors == []


def test_leaving_a_page_while_its_stream_connects_logs_no_error(tab: Tab, replaying: Desk) -> None:
    for _ in range(5):
        tab.go(f"{replaying.url}/")
        tab.wait_for(LIVE)
        tab.click("#pause")
        tab.wait_for("!document.getElementById('live')._htmx.sse")
        tab.evaluate("document.getElementById('pause').click(), document.querySelector('.quotes th a').click()")
        tab.wait_for(ON_SYMBOL)

    assert tab.errors == []


def test_a_download_leaves_the_page_live(tab: Tab, replaying: Desk) -> None:
    """A download begins as leaving does, and ends the stream as well."""
    tab.go(f"{replaying.url}/")
    tab.wait_for(LIVE)
    tab.evaluate("window.first = document.getElementById('live')._htmx.sse")
    tab.evaluate("dispatchEvent(new Event('beforeunload'))")
    tab.wait_for("document.getElementById('live')._htmx.sse && document.getElementById('live')._htmx.sse !== first")
    tab.wait_for(LIVE)
    tab.wait_for(PUSHED)

    assert tab.errors == []


def test_without_scripting_prices_are_shown_and_change_with_each_reload(tmp_path: Path, replaying: Desk) -> None:
    prices = "[...document.querySelectorAll('.quotes .last')].map(cell => cell.textContent).join()"
    with running_firefox(tmp_path / "profile", scripting=False) as tab:
        sign_in(tab, replaying)
        before = tab.evaluate(prices)

        def moved() -> bool:
            tab.go(f"{replaying.url}/")
            return bool(tab.evaluate(prices) != before)

        within(30, moved, "another price")
        address = tab.evaluate("document.querySelector('.quotes th a').href")
        tab.go(address)

        assert tab.text("noscript").strip() != ""
        assert tab.evaluate("document.querySelectorAll('.graph path.w').length") > 0
        assert tab.errors == []
