"""What the first load of the largest pages weighs on the wire, as Chromium counts it: bodies as sent, with headers.

python -m bench.page_weight [--browser /usr/bin/chromium]

The desk as it is shipped, with its five symbols; then at the end of a session a desk of 100 rows, a list of 100 and a
scan of 50, with real names, whole sparklines and as many detections as the desk shows.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.stage import arguments, desk_and_browser
from tests.journeys.conftest import EMAIL, PASSWORD, free_port, sign_in
from tests.support.desk_process import Desk
from tests.support.full_market import LIST, store_full_list, store_full_market

ALONE = {"INGEST": "off", "ENGINE": "off"}
PAGES = {
    "desk of 100": "/",
    "list of 100": f"/w/{LIST}",
    "list of 100, performance": f"/w/{LIST}?cols=perf",
    "scan of 50": "/scan?q=close:0..&v=1",
}


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


@contextmanager
def full_desk() -> Iterator[Desk]:
    """A desk that has nothing but a full market and a list of it.

    It is started twice: it reads what is stored when it starts.
    """
    with tempfile.TemporaryDirectory() as directory:
        desk = Desk(Path(directory), free_port(), ALONE)
        try:
            desk.wait_until_ready()
            desk.create_user(EMAIL, PASSWORD)
            addresses = desk.run_json()
            asyncio.run(store_full_market(addresses["engine_database_url"]))
            asyncio.run(store_full_list(addresses["database_url"], EMAIL))
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
