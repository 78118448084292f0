"""From a tick's PUBLISH on Redis to the changed text in Chromium: one page, five symbols, two ticks a second each.

    python -m bench.tick_to_dom [--seconds 60]

A desk of its own runs with the replay off; this command publishes ticks at random times (a Poisson process), each
with a price of its own, and a MutationObserver notes when each price is in the document. Ticks that a newer one of the
same symbol overtook before the next frame never become visible; they are counted as conflated, not timed.
"""

import json
import random
import statistics
import time

from playwright.sync_api import Page

from bench.stage import arguments, desk_and_browser, live_page
from tests.support.desk_process import Desk

SYMBOLS = {"AAPL": 660.0, "GOOG": 680.0, "IBM": 195.0, "MSFT": 30.0, "FB": 18.0}
PER_SECOND = 2.0

OBSERVE = """() => {
  window.seen = {};
  const look = () => {
    const now = performance.timeOrigin + performance.now();
    for (const row of document.querySelectorAll('[id^=row-]')) {
      const price = (row.querySelector('.last').textContent.match(/[0-9][0-9,]*[.][0-9]+/) || [''])[0].replace(',', '');
      const key = row.id.slice(4) + ' ' + price;
      if (!(key in window.seen)) window.seen[key] = now;
    }
  };
  look();
  const all = {subtree: true, childList: true, characterData: true};
  new MutationObserver(look).observe(document.querySelector('main'), all);
}"""


def publish(desk: Desk, seconds: float, page: Page) -> dict[str, float]:
    """Publishes for `seconds`; returns the wall time of each PUBLISH in milliseconds by "symbol price"."""
    redis, at, sent = desk.redis(), 1346770800.0, {}
    until = time.time() + seconds
    cents = dict.fromkeys(SYMBOLS, 0)
    while time.time() < until:
        page.wait_for_timeout(random.expovariate(PER_SECOND * len(SYMBOLS)) * 1000)
        symbol = random.choice(list(SYMBOLS))
        cents[symbol] += 1
        at += 0.1
        price = f"{SYMBOLS[symbol] + cents[symbol] / 100:.2f}"
        message = {"ticker": symbol, "price": float(price), "volume": 100, "timestamp": at, "event_type": "T"}
        sent[f"{symbol.lower()} {price}"] = time.time() * 1000
        redis.publish("tickstock.data.raw", json.dumps({**message, "source": "bench"}))
    page.wait_for_timeout(1000)
    return sent


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with desk_and_browser(options.browser, INGEST="off") as (desk, browser):
        page = live_page(desk, browser)
        page.evaluate(OBSERVE)
        sent = publish(desk, options.seconds, page)
        arrivals: dict[str, float] = page.evaluate("window.seen")
    waits = sorted(arrivals[key] - at for key, at in sent.items() if key in arrivals)
    p95 = statistics.quantiles(waits, n=20)[-1]
    print(f"{len(sent)} ticks published, {len(waits)} drawn, {len(sent) - len(waits)} conflated")
    print(f"published to DOM changed: p50 {statistics.median(waits):.0f} ms, p95 {p95:.0f} ms, max {waits[-1]:.0f} ms")


if __name__ == "__main__":
    main()
