"""A scan of a rule that looks back over bars, in a browser: a row that left is struck through, a new one is counted."""

import time

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from app.rules.live_rule import live_rule
from app.rules.matching import Departure
from app.rules.parse import parse
from app.wire.channels import MATCHES_CHANNEL, MATCHES_PREFIX
from app.wire.rules.match_lists import MatchBatch, MatchList
from tests.journeys.conftest import sign_in
from tests.support.desk_process import Desk

pytestmark = pytest.mark.browser

RULE = "in5(close:gt:0)"


def test_a_row_that_left_is_struck_through_in_its_place_and_counted_when_it_returns(
    browser: Browser, replaying: Desk
) -> None:
    page = browser.new_context().new_page()
    sign_in(page, replaying)
    page.goto(f"{replaying.url}/scan?q={RULE}&v=1")
    expect(page.locator("#matches tr")).not_to_have_count(0)
    expect(page.locator("html[data-live=live]")).to_be_attached()
    title = page.title()
    page.evaluate("window.never_reloaded = true")
    rows = page.locator("#matches tr")
    order = rows.evaluate_all("every => every.map(row => row.id)")

    redis, key = replaying.redis(), live_rule(parse(RULE), "d", (), None).key
    current = msgspec.json.decode(redis.get(MATCHES_PREFIX + key), type=MatchList)
    first, *others = current.symbols
    publish(replaying, current, tuple(others), {first: Departure("Close above 0", -1.5)})

    expect(rows.first).to_have_class("left")
    expect(rows.first).to_contain_text("Close above 0 no longer holds, it is \N{MINUS SIGN}1.50")
    expect(page.locator("#newer")).to_contain_text("1 left since")
    expect(page.locator("#announce")).to_contain_text("0 new, 1 left")
    publish(replaying, current, current.symbols, {})
    expect(page.locator("#newer")).to_contain_text("1 new:")
    expect(page).to_have_title(f"(1) {title}")
    assert rows.evaluate_all("every => every.map(row => row.id)") == order
    assert page.evaluate("window.never_reloaded") is True

    page.locator("#newer a").click()
    expect(page.locator("#newer")).not_to_contain_text("new:")
    expect(page).to_have_title(title)
    expect(page.locator("tr.left")).to_have_count(0)
    assert page.evaluate("window.never_reloaded") is None
    page.context.close()


def publish(desk: Desk, before: MatchList, symbols: tuple[str, ...], departures: dict[str, Departure]) -> None:
    """As the engine does it, in whose place it is: it has nothing to say while the symbols are the same."""
    now = time.time()
    newer = MatchList(before.key, int(now * 1000), now, before.as_of, symbols, before.left, departures)
    assert desk.redis().publish(MATCHES_CHANNEL, msgspec.json.encode(MatchBatch(newer.as_of, (newer,))))
