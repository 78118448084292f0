"""A flood of ticks against one web process with an open page: does it stay up, small, answering, and end on the newest?

python -m bench.flood [--rate 5000] [--seconds 30]
"""

import json
import statistics
import threading
import time
from pathlib import Path
from urllib.request import urlopen

from bench.stage import arguments, desk_and_browser, live_page
from tests.support.desk_process import Desk

SYMBOLS = ("AAPL", "GOOG", "IBM", "MSFT", "FB")
BATCH = 100
LAST = 123.45


def resident(pid: int) -> float:
    """Resident memory in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def pour(desk: Desk, rate: int, seconds: float) -> int:
    """Publishes `rate` ticks a second in batches, then one more of each symbol at the price LAST."""
    redis, at, sent = desk.redis(), 1346770800.0, 0
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        pipe = redis.pipeline(transaction=False)
        for number in range(BATCH):
            at += 0.001
            price = 100 + (sent + number) % 1000 / 100
            pipe.publish("tickstock.data.raw", tick(SYMBOLS[number % len(SYMBOLS)], price, at))
        pipe.execute()
        sent += BATCH
        time.sleep(max(0.0, began + sent / rate - time.monotonic()))
    for symbol in SYMBOLS:
        redis.publish("tickstock.data.raw", tick(symbol, LAST, at + 1))
    return sent


def tick(symbol: str, price: float, at: float) -> bytes:
    message = {"ticker": symbol, "price": price, "volume": 1, "timestamp": at, "event_type": "T", "source": "bench"}
    return json.dumps(message).encode()


def knock(desk: Desk, until: threading.Event) -> list[float]:
    """Measures /health ten times a second, in milliseconds."""
    waits = []
    while not until.wait(0.1):
        began = time.perf_counter()
        with urlopen(f"{desk.url}/health", timeout=10) as answer:
            answer.read()
        waits.append((time.perf_counter() - began) * 1000)
    return waits


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with desk_and_browser(options.browser, INGEST="off") as (desk, browser):
        page = live_page(desk, browser)
        pid, done = desk.run_json()["pids"]["web"], threading.Event()
        before, waits = resident(pid), list[float]()
        knocking = threading.Thread(target=lambda: waits.extend(knock(desk, done)))
        knocking.start()
        sent = pour(desk, options.rate, options.seconds)
        ended = time.monotonic()
        for symbol in SYMBOLS:
            page.locator(f"#row-{symbol.lower()} .last", has_text=f"{LAST:.2f}").wait_for(timeout=60_000)
        newest = time.monotonic() - ended
        done.set()
        knocking.join()
        grown = resident(pid) - before
        same = desk.run_json()["pids"]["web"] == pid
    p99 = statistics.quantiles(waits, n=100)[-1]
    print(f"{sent:,} ticks in {options.seconds:g} s; the same process: {same}; resident memory {grown:+.0f} MB")
    print(
        f"/health p50 {statistics.median(waits):.0f} ms, p99 {p99:.0f} ms; the newest on the page after {newest:.1f} s"
    )


if __name__ == "__main__":
    main()
