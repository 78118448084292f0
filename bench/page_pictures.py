"""Pictures of every page at four widths, light and dark, with long names, huge volumes, negative and missing figures.

python -m bench.page_pictures --into FOLDER [--pages /market,/scan] [--without-scripting]

FOLDER/index.html shows them side by side. A page that is wider than its window is named, and the command fails.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page

from app.server.factory import create_app
from app.settings.load import load
from app.web.filters import symbol_path
from bench.awkward_market import SYMBOLS, TICKS, add_awkward_symbols
from bench.stage import arguments, running_browser, running_desk
from tests.house.lines import LINES, Line, Who
from tests.journeys.conftest import sign_in
from tests.support.desk_process import Desk
from tests.support.shared_desk import reset_rate_limits

WIDTHS = (360, 768, 1280, 1920)
SCHEMES = ("light", "dark")
PAGE_ANSWERS = (Line(Who.PEOPLE, 200), Line(Who.ADMINS, 200))
FEED_SECONDS = 60
"""Until the first tick of the market."""


def all_pages() -> list[str]:
    """Every page whose address has no parameter, and those of the symbols that are hard to lay out."""
    nowhere = {"REDIS_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    settings, _ = load({"PATH": os.environ["PATH"], "SECRET_KEY": os.urandom(32).hex(), **nowhere})
    pages = {
        rule.rule
        for rule in create_app(settings).url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and LINES.get(rule.endpoint) in PAGE_ANSWERS
    }
    alone = (page for page in pages if not page.endswith((".html", "/metrics")))
    return [*sorted(alone), *(symbol_path(each.symbol) for each in SYMBOLS)]


class Picture(NamedTuple):
    """`excess`: CSS pixels by which the page is wider than its window."""

    path: str
    width: int
    scheme: str
    file: str
    excess: int


def market_now(desk: Desk) -> float:
    """UTC epoch seconds of the next tick of the feed."""
    subscription = desk.redis().pubsub(ignore_subscribe_messages=True)
    subscription.subscribe(TICKS)
    message = subscription.get_message(timeout=FEED_SECONDS) or subscription.get_message(timeout=FEED_SECONDS)
    if message is None:
        sys.exit("The feed is silent: no picture was made.")
    return float(json.loads(message["data"])["timestamp"])


def pictures(browser: Browser, desk: Desk, paths: Sequence[str], into: Path, scripting: bool) -> Iterator[Picture]:
    for scheme in SCHEMES:
        context = browser.new_context(
            color_scheme="dark" if scheme == "dark" else "light", java_script_enabled=scripting
        )
        sign_in(context.new_page(), desk)
        for path in paths:
            reset_rate_limits(desk)
            yield from _of_page(context, desk, path, scheme, into)
        context.close()


def _of_page(context: BrowserContext, desk: Desk, path: str, scheme: str, into: Path) -> Iterator[Picture]:
    page: Page = context.new_page()
    page.goto(f"{desk.url}{path}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        name = "".join(letter if letter.isalnum() else "_" for letter in path).strip("_") or "desk"
        file = f"{name}-{width}-{scheme}.png"
        page.screenshot(path=into / file, full_page=True)
        excess = page.evaluate("document.documentElement.scrollWidth") - width
        yield Picture(path, width, scheme, file, excess)
    page.close()


def contact_sheet(shots: Sequence[Picture]) -> str:
    rows = []
    for path in dict.fromkeys(each.path for each in shots):
        images = "".join(
            f'<a href="{each.file}"><img src="{each.file}" width="{each.width // 4}" loading="lazy" '
            f'alt="{each.width} px, {each.scheme}"></a>\n'
            for each in shots
            if each.path == path
        )
        rows.append(f"<h2>{escape(path)}</h2>\n{images}")
    return f"<!doctype html>\n<meta charset=utf-8>\n<title>Pages</title>\n{''.join(rows)}"


def main() -> None:
    parser = arguments(__doc__)
    _add_options(parser)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    paths = options.pages.split(",") if options.pages else all_pages()
    with running_desk("admin", TICKSTOCK_INGEST_PROVIDER="invented") as desk:
        add_awkward_symbols(desk, market_now(desk))
        with running_browser(options.browser) as browser:
            shots = list(pictures(browser, desk, paths, options.into, not options.without_scripting))
    (options.into / "index.html").write_text(contact_sheet(shots))
    wide = [f"{each.path} at {each.width} px: {each.excess} px too wide" for each in shots if each.excess > 0]
    print(f"{len(shots)} pictures of {len(paths)} pages: {options.into / 'index.html'}", *wide, sep="\n")
    sys.exit(bool(wide))


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--pages", default="", help="addresses, separated by commas; all pages without it")
    parser.add_argument("--without-scripting", action="store_true")


if __name__ == "__main__":
    main()
