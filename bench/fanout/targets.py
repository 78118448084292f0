"""The bounds of the design document: the latency of a price to a reader and to a page, beside a thousand readers."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Error, Page

from bench.fanout.boards import READERS
from bench.fanout.client import Broken, Client, request
from bench.fanout.results import Board, Target
from bench.fanout.servers import STREAM
from bench.stage import desk_and_browser, live_page
from bench.tick_to_dom import OBSERVE, publish

DELIVERY_MS, PAGE_MS = 100.0, 200.0
DELIVERIES = ("redis", "socket")
PAGE_SECONDS = 20.0
ROOM = {
    "TICKSTOCK_LIVE_MAX_CONNECTIONS": "100000",
    "TICKSTOCK_LIVE_STREAMS_PER_USER": "100000",
    "TICKSTOCK_LIMITS_OPENINGS_PER_USER": "1000000",
    "TICKSTOCK_LIMITS_OPENINGS_PER_ADDRESS": "1000000",
}


def measure(program: Path, browser: str, boards: Sequence[Board], skipped: list[str]) -> list[Target]:
    measured = [
        Target(f"delivery, p99 of {board.title}", board.p99_ms, DELIVERY_MS)
        for board in boards
        if board.name in DELIVERIES
    ]
    if not Path(browser).exists():
        skipped.append(f"from PUBLISH to a page: there is no browser at {browser}")
        return measured
    try:
        measured.append(
            Target(
                f"from PUBLISH to a page in Chromium, p95 beside {READERS} readers", to_page(program, browser), PAGE_MS
            )
        )
    except (Broken, Error) as why:
        skipped.append(f"from PUBLISH to a page: {why}")
    return measured


def to_page(program: Path, browser: str) -> float:
    """Milliseconds until the page shows a price."""
    print("prices to a page in Chromium", flush=True)
    with desk_and_browser(browser, INGEST="off", **ROOM) as (desk, chromium):
        page = live_page(desk, chromium)
        stream = request("GET", "/stream?topics=quotes", {**STREAM, "Cookie": cookies(page)})
        with Client(program, desk.port, READERS, [stream], special=("p1",)) as client:
            client.wait_opened()
            client.say("listen", PAGE_SECONDS + 2)
            page.evaluate(OBSERVE)
            time.sleep(1)
            sent = publish(desk, PAGE_SECONDS, page)
            client.read_phase(PAGE_SECONDS)
            arrivals: dict[str, float] = page.evaluate("window.seen")
    waits = [arrivals[key] - at for key, at in sent.items() if key in arrivals]
    if len(waits) < 2:
        raise Broken("no price arrived")
    return statistics.quantiles(waits, n=20)[-1]


def cookies(page: Page) -> str:
    return "; ".join(f"{cookie.get('name')}={cookie.get('value')}" for cookie in page.context.cookies())
