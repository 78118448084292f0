"""A chart without seeing it, by touch and by pointer, with scripting and without."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import signed_in
from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser

ADDRESS = "/s/AAPL?from=2012-03-01&to=2012-08-31&overlays=sma:20&panes=rsi:14"


@pytest.fixture(scope="module")
def page(browser: Browser, replaying: Desk) -> Page:
    return signed_in(browser, replaying, scripting=False)


def test_the_accessibility_tree_has_title_values_bars_and_sentences_in_order(page: Page, replaying: Desk) -> None:
    page.goto(f"{replaying.url}{ADDRESS}")
    tree = page.locator(".graph").aria_snapshot()

    parts = [
        r'figure "AAPL rose \d+\.\d% from 548\.17 at the open of 1 Mar 2012 to 665\.24 at the close of 31 Aug 2012',
        r'img "AAPL, daily candles, 1 Mar 2012 to 31 Aug 2012, with SMA 20"',
        r'img "RSI 14, last \d+\.\d+"',
        r'list "Bars, oldest first: open, high, low, close, volume"',
        r"listitem: 1 Mar 2012 548\.17 548\.21 538\.77 544\.47 24\.4M",
        r"listitem: 31 Aug 667\.25 668\.60 657\.25 665\.24 12\.1M",
    ]
    places = [match.start() if (match := re.search(part, tree)) else None for part in parts]
    assert None not in places, tree[:3000]
    assert places == sorted(places, key=lambda place: place or 0)
    assert len(re.findall(r"- listitem\b", tree)) == 129
    assert re.search(r'link "[\w ]+, (bullish|bearish|neutral)', tree)


@pytest.mark.parametrize("touch", [False, True])
def test_a_bar_shows_its_words_under_pointer_and_finger_without_scripting(
    browser: Browser, replaying: Desk, touch: bool
) -> None:
    first = signed_in(browser, replaying, scripting=False)
    context = browser.new_context(
        java_script_enabled=False, has_touch=touch, storage_state=first.context.storage_state()
    )
    first.context.close()
    page = context.new_page()
    page.goto(f"{replaying.url}{ADDRESS}")
    item = page.locator(".graph li").nth(60)
    words = item.locator("span")
    hidden = "inset(50%)"

    expect(words).to_have_css("clip-path", hidden)
    box = item.bounding_box()
    assert box
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.7
    (page.touchscreen.tap if touch else page.mouse.move)(*place)

    expect(words).to_have_css("clip-path", "none")
    context.close()


def test_a_wrong_setting_leads_to_the_form_with_what_was_typed(page: Page, replaying: Desk) -> None:
    answer = page.goto(f"{replaying.url}/s/AAPL?overlays=sma:1&range=1y")

    assert answer is not None
    assert answer.status == 400
    expect(page.get_by_label("Over the prices")).to_have_value("sma:1")
    expect(page.locator(".error").first).to_contain_text("The period of sma is a number of bars from 2 to 250.")
    page.get_by_label("Over the prices").fill("sma:20, ema:50")
    page.get_by_role("button", name="Draw").click()
    expect(page).to_have_url(f"{replaying.url}/s/AAPL?range=1y&overlays=sma:20,ema:50")
    expect(page.locator(".key")).to_contain_text("EMA 50")
