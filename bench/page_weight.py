"""What the first load of the largest pages weighs on the wire, as Chromium counts it: bodies as sent, with headers.

python -m bench.page_weight [--browser /usr/bin/chromium]

The desk as it is shipped, with its five symbols; then at the end of a session a desk of 100 rows, a list of 100 and a
scan of 50, with real names, whole sparklines and as many detections as the desk shows.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
from playwright.sync_api import Browser, sync_playwright

from app.db.connection import DatabaseConnection
from app.finance import calendar
from app.finance.bars import Bar, day_start
from app.watchlists.changes import entries, lists
from app.watchlists.watchlist import NewEntry
from bench.stage import arguments, desk_and_browser
from tests.journeys.conftest import EMAIL, PASSWORD, free_port, sign_in
from tests.support.desk_process import Desk
from tests.support.full_board import CLOSES, DAY, full_quotes, names, points
from tests.support.latest_rows import latest_row, put_latest
from tests.support.stored_bars import PatternRow, store_bars, store_minutes, store_patterns, store_symbols

ALONE = {"INGEST": "off", "ENGINE": "off"}
PATTERNS = ("ClosingMarubozuBullish", "BeltHoldBearish", "LongLeggedDoji", "ShootingStar", "Hammer", "MarubozuBullish")
DIRECTIONS = ("bullish", "bearish")
LIST = "core"
PAGES = {"desk of 100": "/", "list of 100": f"/w/{LIST}", "scan of 50": "/scan?q=close:0..&v=1"}


def weigh(browser: Browser, desk: Desk, path: str = "/") -> dict[str, int]:
    """Maps each address to its bytes on the wire, headers included, for a first load with an empty cache."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, desk)
    storage = context.storage_state()
    context.close()

    context = browser.new_context(storage_state=storage)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    urls: dict[str, str] = {}
    weights: dict[str, int] = {}
    client.on(
        "Network.responseReceived", lambda response: urls.update({response["requestId"]: response["response"]["url"]})
    )
    client.on(
        "Network.loadingFinished",
        lambda done: weights.update({urls[done["requestId"]].removeprefix(desk.url): int(done["encodedDataLength"])}),
    )
    page.goto(f"{desk.url}{path}")
    page.locator("html[data-live=live]").wait_for(state="attached")
    page.wait_for_timeout(500)
    context.close()
    return weights


async def fill(market: str, own: str) -> None:
    """Stores a session of a hundred symbols, with detections and rows of the scanner, and a list of all symbols.

    `market`, `own`: addresses of the engine's role and of the desk's.
    """
    quotes = full_quotes()
    await store_symbols(market, names())
    for quote in quotes:
        await store_minutes(market, quote.symbol, points(quote))
    eve = calendar.newest_session(DAY - calendar.DAY)
    bars = [(each.symbol, eve, each.previous_close or 1.0) for each in quotes]
    bars += [(each.symbol, DAY, each.price) for each in quotes]
    await store_bars(
        market, [Bar(symbol, "daily", day_start(day), price, price, price, price, 1) for symbol, day, price in bars]
    )
    detections = [
        PatternRow(quote.symbol, PATTERNS[number % len(PATTERNS)], CLOSES - 300 * number, DIRECTIONS[number % 2])
        for number, quote in enumerate(quotes)
    ]
    await store_patterns(market, "5min", detections)
    async with connected(market) as connection:
        await put_latest(connection, [latest_row(each.symbol, {"close": each.price, "chg": 0.5}) for each in quotes])
    async with connected(own) as connection:
        user_id = await connection.fetchval("select id from app.users where email = $1", EMAIL)
        await lists.create(connection, user_id, LIST)
        await entries.add_all(connection, user_id, LIST, [NewEntry(each.symbol, each.price) for each in quotes])


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[DatabaseConnection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def full_desk() -> Iterator[Desk]:
    """A desk that has nothing but what `fill` stores. It is started twice: it reads what is stored when it starts."""
    with tempfile.TemporaryDirectory() as directory:
        desk = Desk(Path(directory), free_port(), ALONE)
        try:
            desk.wait_until_ready()
            desk.create_user(EMAIL, PASSWORD)
            addresses = desk.run_json()
            asyncio.run(fill(addresses["engine_database_url"], addresses["database_url"]))
        finally:
            desk.stop()
        desk = Desk(Path(directory), free_port(), ALONE)
        try:
            desk.wait_until_ready()
            yield desk
        finally:
            desk.stop()


def show(name: str, weights: dict[str, int]) -> None:
    print(f"\n{sum(weights.values()):8,d}  {name}")
    for path, weight in sorted(weights.items(), key=lambda item: -item[1]):
        print(f"{weight:8,d}    {path}")


def main() -> None:
    path = arguments(__doc__).parse_args().browser
    with desk_and_browser(path) as (desk, browser):
        show("desk as it is shipped, five symbols", weigh(browser, desk))
    with full_desk() as desk, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, address in PAGES.items():
            show(name, weigh(browser, desk, address))


if __name__ == "__main__":
    main()
