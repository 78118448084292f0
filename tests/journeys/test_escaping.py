"""Hostile text in every field of every event stays text in the browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.wire.channels import Channels
from app.wire.codec import codec
from app.wire.events.event import KINDS, AnyEvent, LogGap, PatternDetected
from tests.journeys.conftest import signed_in, started
from tests.support import hostile_events
from tests.support.desk_process import Desk, within
from tests.support.folders import NewFolder

pytestmark = pytest.mark.browser

LIVE = ("/", "/s/IBM")
PAGES = (*LIVE, "/admin/wire")

WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective));
for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => { window.pwned = name };
"""

PAGE_STATE = """() => {
  const all = [...document.querySelectorAll('*')]
  const count = selector => document.querySelectorAll(selector).length
  const behaves = /^(on|hx-|data-hx|style$|srcdoc)/
  const leads = each => ['href', 'src', 'action'].map(name => each.getAttribute(name)).filter(Boolean)
  return {
    title: document.title, names: Object.keys(window).sort(), violations,
    behaviour: all.flatMap(each => each.getAttributeNames()).filter(name => behaves.test(name)).sort(),
    active: count('script, img, iframe, object, embed, template, base, hx-partial, svg a, animate, style'),
    forms: [...document.forms].map(form => form.action + form.method),
    metas: count('meta'), titles: count('title:not(svg title)'),
    abroad: all.flatMap(leads).map(where => new URL(where, location))
      .filter(url => url.origin !== location.origin || /^(?!.detections.IBM.).*pwned/.test(url.pathname)).map(String),
    panels: [...document.querySelectorAll('.top, footer, h1, h2, thead:not(.matrix > thead), label')]
      .map(each => each.textContent.replace(document.getElementById('cost')?.textContent, '')),
  }
}"""


class Watched:
    """A page, and what it asks for but its stream and its icon."""

    def __init__(self, context: BrowserContext, desk: Desk, path: str) -> None:
        self.path = path
        self.page: Page = context.new_page()
        self.requests: list[str] = []
        self.page.goto(f"{desk.url}{path}")
        if path in LIVE:
            expect(self.page.locator("html[data-live=live]")).to_be_attached()
        self.page.on("request", lambda request: self._note(request.url))
        self.before: dict[str, Any] = self.page.evaluate(PAGE_STATE)

    def _note(self, url: str) -> None:
        if "/stream?" not in url and "/static/icon" not in url:
            self.requests.append(url)

    def unharmed(self) -> None:
        after = self.page.evaluate(PAGE_STATE)
        assert after == self.before, self.path
        assert after["violations"] == after["abroad"] == self.requests == []


@pytest.fixture(scope="module")
def desk(first_start: Path, new_folder: NewFolder) -> Iterator[Desk]:
    """Of its own: after thousands of events in a second a log reaches back less far than other tests want it to."""
    yield from started(first_start, new_folder("hostile"), INGEST="off")


@pytest.fixture
def watched(browser: Browser, desk: Desk) -> Iterator[list[Watched]]:
    context = signed_in(browser, desk).context
    context.add_init_script(WATCH)
    yield [Watched(context, desk, path) for path in PAGES]
    context.close()


def publish(desk: Desk, events: list[AnyEvent]) -> None:
    """On the channels that the contract has for them, in one go."""
    pipeline = desk.redis().pipeline(transaction=False)
    for event in events:
        pipeline.publish(codec.channel(event, Channels()), codec.encode(event))
    assert all(pipeline.execute())


def test_hostile_text_stays_text_on_every_open_page(watched: list[Watched], desk: Desk) -> None:
    """One value after the other, so that each is the newest for a while."""
    text = ""
    for number, value in enumerate(hostile_events.VALUES):
        hostile = list(hostile_events.events(value))
        assert {type(event) for event in hostile} == set(KINDS) - {LogGap}
        publish(desk, [*hostile, hostile_events.pattern_event(PatternDetected, f"The {number}.")])
        for each in watched:
            if each.path in LIVE:
                feed = each.page.locator("ol.feed")
                expect(feed).to_contain_text(f"The {number}.", timeout=20_000)
                text += feed.text_content() or ""

    assert [words for words in ("<script>", "<iframe", "hx-partial", "javascript:") if words not in text] == []
    assert not set("\u202e\u2066\u2067\u200f\ufeff\0") & set(text)
    for each in watched:
        each.unharmed()


def test_hostile_text_stays_text_on_pages_opened_later(browser: Browser, desk: Desk) -> None:
    context = signed_in(browser, desk).context
    context.add_init_script(WATCH)
    for path in (*PAGES, "/patterns"):
        later = Watched(context, desk, path)

        assert later.before["violations"] == later.before["abroad"] == []
        assert "pwned" not in later.before["names"]
        assert later.before["titles"] == 1
        assert "pwned" not in later.before["title"]
    context.close()


HARM = {
    "behaviour": "document.querySelector('ol.feed').setAttribute('hx-get', '/pwned')",
    "names": "window.pwned = 1",
    "title": "document.title = 'pwned'",
    "active": "document.body.append(document.createElement('iframe'))",
    "abroad": "document.querySelector('ol.feed a').setAttribute('href', 'javascript:pwned=1')",
    "panels": "document.querySelector('h1').textContent = 'pwned'",
    "violations": "fetch('https://evil.example/').catch(() => 0)",
}


def test_an_executed_script_would_be_detected(browser: Browser, desk: Desk) -> None:
    context = signed_in(browser, desk).context
    context.add_init_script(WATCH)
    watched = Watched(context, desk, "/")
    watched.unharmed()

    for name, harm in HARM.items():
        # Done and looked for in one go: a list that is pushed in between would mend it.
        look = f"async () => {{ await ({harm}); return ({PAGE_STATE})() }}"
        within(20, lambda: watched.page.evaluate(look)[name] != watched.before[name], name)  # noqa: B023

    watched.page.evaluate("fetch('/pwned').catch(() => 0)")
    # Only while it is asked does the browser tell.
    within(20, lambda: watched.page.title() and any(url.endswith("/pwned") for url in watched.requests), "the request")
    context.close()
