"""What watchlists cost on the stream: bytes for a reader of one list, CPU for a thousand readers of as many lists.

    python -m bench.lists [--seconds 60] [--rounds 3] [--store]

A list of 50 symbols, of which ten change in a second, is read at the rate of one second: by eight who share its
frames, and by one alone. The kernel counts the CPU time of the web process while a thousand readers have lists of 50
out of 500 symbols, at the rate that adapts, with a hundred ticks a second.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from redis import Redis

from app.finance.quote import NewestQuote
from app.wire.client import close, connect
from app.wire.state.newest_quotes import NewestQuotes
from bench.fanout import boards, machine
from bench.fanout.client import Broken, Client, compiled, request
from bench.fanout.desk import Desk, desk
from bench.fanout.servers import STREAM, ours
from bench.fanout.visit import running
from bench.scale import results
from bench.scale.results import Row

LISTED = boards.SYMBOLS[: boards.WATCHED]
CHANGES = 10
"""Symbols of the list that change in a second, each once."""
SHARING = 8
SETTLE_SECONDS = 10.0
BYTES_AIMS = {SHARING: 1.2, 1: 3.0}
"""kbit/s of a reader, by the number of readers who share the list."""
CPU_AIM = 150
"""us of a reader and second."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of the CPU time")
    parser.add_argument("--store", action="store_true", help="add a file to bench/results/")
    options = parser.parse_args()
    machine.raise_limits()
    with machine.alone(), tempfile.TemporaryDirectory() as directory, desk(Path(directory)) as own:
        program = compiled(Path(directory))
        rows = [_bytes(own, program, readers, options.seconds) for readers in BYTES_AIMS]
        rows += _cpu(own, program, options.seconds, options.rounds)
    result = results.result(f"python -m bench.lists {' '.join(sys.argv[1:])}".strip(), rows)
    print(results.printed(result))
    if options.store:
        print(results.store(result))


def _bytes(own: Desk, program: Path, readers: int, seconds: float) -> Row:
    """Of a reader of the list, HTTP's framing included."""
    prices = asyncio.run(_with_previous_closes(own.redis_url))
    with running(ours(own, gzip=True)) as (_, port), publishing(own.redis_url, prices):
        path = "/stream?topics=" + ",".join(f"quotes:{symbol}" for symbol in LISTED)
        headers = {**STREAM, "Accept-Encoding": "gzip", "Cookie": f"{own.cookie(port)}; rate=1s"}
        with Client(program, port, readers, [request("GET", path, headers)], special=("z",)) as client:
            client.wait_opened()
            client.run("listen", SETTLE_SECONDS)
            phase = client.run("listen", seconds)
    if phase.failed:
        raise Broken(f"{phase.failed} of {readers} streams ended")
    rate, aim = phase.bytes * 8 / phase.seconds / readers / 1000, BYTES_AIMS[readers]
    what = f"{readers} readers share the list" if readers > 1 else "a reader alone"
    part = f"a list of {len(LISTED)}, {CHANGES} symbols change in a second, rate 1s"
    return Row(part, what, "kbit/s", rate, aim=f"<= {aim}", met=rate <= aim)


async def _with_previous_closes(redis_url: str) -> dict[str, float]:
    """Stores what a feed knows of each symbol before the session, so that changes are shown; returns the prices."""
    any_, client = random.Random(len(LISTED)), connect(redis_url)
    prices = {symbol: round(any_.uniform(20, 500), 2) for symbol in LISTED}
    at, session = boards.MARKET_TIME - 60, "2012-09-04"
    quotes = [
        NewestQuote(symbol, price, at, session, price, price, price, 100, round(price * any_.gauss(1, 0.01), 2))
        for symbol, price in prices.items()
    ]
    await NewestQuotes(client).put(quotes)
    await close(client)
    return prices


@contextmanager
def publishing(redis_url: str, prices: dict[str, float]) -> Iterator[None]:
    """Publishes ticks of prices that walk, at random moments of each second."""
    done = threading.Event()
    thread = threading.Thread(target=_publish, args=(redis_url, prices, done))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _publish(redis_url: str, prices: dict[str, float], done: threading.Event) -> None:
    any_, due, client = random.Random(len(LISTED)), time.monotonic(), Redis.from_url(redis_url)
    while True:
        for symbol in any_.sample(LISTED, CHANGES):
            due += any_.uniform(0.5, 1.5) / CHANGES
            if done.wait(max(0.0, due - time.monotonic())):
                client.close()
                return
            prices[symbol] *= 1 + any_.gauss(0, 0.0003)
            client.publish(boards.CHANNEL, _tick(symbol, prices[symbol]))


def _tick(symbol: str, price: float) -> bytes:
    message = {"ticker": symbol, "price": round(price, 2), "volume": 100, "event_type": "T", "source": "bench"}
    return msgspec.json.encode({**message, "timestamp": boards.MARKET_TIME + time.time() % 3600})


def _cpu(own: Desk, program: Path, seconds: float, rounds: int) -> list[Row]:
    way = next(way for way in boards.WAYS if way.name == "watchlists")
    samples = [boards.hear(own, program, way, seconds) for _ in range(rounds)]

    def middle(value: Callable[[boards.Sample], float]) -> float:
        return statistics.median(map(value, samples))

    spent = [sample.measured.server_seconds / sample.measured.phase.seconds for sample in samples]
    each = [cores / boards.READERS * 1e6 for cores in spent]
    part = f"{boards.READERS:,} readers of as many lists of {boards.WATCHED} out of {len(boards.SYMBOLS)} symbols"
    median = statistics.median(each)
    return [
        Row(
            part, "CPU of a reader and second", "us", median, most=max(each), aim=f"<= {CPU_AIM}", met=median <= CPU_AIM
        ),
        Row(part, "ticks a second", "1/s", middle(lambda sample: sample.ticks_per_second)),
        Row(
            part,
            "prices to a reader in a second",
            "1/s",
            middle(lambda sample: sample.measured.phase.marks / sample.measured.phase.seconds / boards.READERS),
        ),
        Row(
            part,
            "from PUBLISH to the reader",
            "ms",
            middle(lambda sample: sample.measured.phase.p50_ms),
            middle(lambda sample: sample.measured.phase.p99_ms),
        ),
        Row(part, "cores used by others meanwhile", "cores", most=max(each.measured.others_share for each in samples)),
    ]


if __name__ == "__main__":
    main()
