"""Accessibility checks by axe-core, with the rules of WCAG 2.2 AA and its own best practices."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
APPEARANCE = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
"""The rules whose answer depends on width and colours."""
WHOLE: dict[str, Any] = {"preload": False, "resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
LOOKS: dict[str, Any] = {**WHOLE, "runOnly": {"type": "rule", "values": APPEARANCE}}
REPEATED = ":is(tbody > tr, .feed > li, .open > li, .pins > a):nth-child(n + 4)"
"""One partial draws them all: three stand for a hundred."""


def findings(page: Page, options: dict[str, Any] = WHOLE) -> list[str]:
    answer = Axe().run(page, options=options).response
    return [f"{fault['id']}: {node['html']}" for fault in answer["violations"] for node in fault["nodes"]]


def remove_repeated_entries(page: Page) -> None:
    page.evaluate("rest => document.querySelectorAll(rest).forEach(each => each.remove())", REPEATED)


def findings_wide_and_narrow(page: Page) -> list[str]:
    """Checks the page in a wide light window, then on a dark telephone."""
    remove_repeated_entries(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    faults = findings(page)
    page.set_viewport_size({"width": 360, "height": 640})
    page.emulate_media(color_scheme="dark")
    return faults + findings(page, LOOKS)
