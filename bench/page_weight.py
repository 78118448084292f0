"""What the first load of the dashboard weighs on the wire, as Chromium counts it: bodies as sent, and with headers.

python -m bench.page_weight
"""

from playwright.sync_api import Browser

from bench.stage import arguments, desk_and_browser
from tests.journeys.conftest import sign_in
from tests.support.desk_process import Desk


def weigh(browser: Browser, desk: Desk) -> dict[str, int]:
    """Maps each path to its bytes on the wire, headers included, for a first load with an empty cache."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, desk)
    storage = context.storage_state()
    context.close()

    page = browser.new_context(storage_state=storage).new_page()
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    paths: dict[str, str] = {}
    weights: dict[str, int] = {}
    client.on(
        "Network.responseReceived", lambda response: paths.update({response["requestId"]: response["response"]["url"]})
    )
    client.on(
        "Network.loadingFinished",
        lambda done: weights.update({paths[done["requestId"]].removeprefix(desk.url): int(done["encodedDataLength"])}),
    )
    page.goto(f"{desk.url}/")
    page.locator("html[data-live=live]").wait_for(state="attached")
    page.wait_for_timeout(500)
    return weights


def main() -> None:
    with desk_and_browser(arguments(__doc__).parse_args().browser) as (desk, browser):
        weights = weigh(browser, desk)
    for path, weight in sorted(weights.items(), key=lambda item: -item[1]):
        print(f"{weight:8,d}  {path}")
    print(f"{sum(weights.values()):8,d}  in all")


if __name__ == "__main__":
    main()
