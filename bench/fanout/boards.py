"""Prices the whole way: published on Redis, decoded, drawn once per view, sent to a thousand readers.

The ticks are made up: as many symbols as an index has, each as likely as the other. A cent of the price is a
millisecond, so that a reader can tell how old what it reads is.
"""

import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import msgspec
from redis import Redis

from bench.fanout.client import Client, request, upgrade
from bench.fanout.desk import Desk
from bench.fanout.results import Board
from bench.fanout.servers import STREAM, ours
from bench.fanout.visit import Costs, Measured, running

SYMBOLS = tuple(f"S{number:03d}" for number in range(500))
CHANNEL = "tickstock.data.raw"
READERS = 1000
WATCHED = 50
BEFORE = 2.0
"""Seconds of ticks that are not measured: every symbol has a price afterwards."""

PRICED = 1000.0
"""Seconds: prices begin at 10,000.00, all of them written with two decimals."""

MARKET_TIME = 1346770800.0


class Way(NamedTuple):
    name: str
    title: str
    rate: int
    """Ticks a second, of all symbols together."""
    push_rate: str
    """What the reader's cookie asks for."""
    path: Callable[[random.Random], str]
    socket: bool = False


def all_symbols(_any: random.Random) -> str:
    return "/stream?topics=quotes"


def all_by_socket(_any: random.Random) -> str:
    return "/ws/quotes?topics=quotes"


def watchlist(any_: random.Random) -> str:
    return "/stream?topics=" + ",".join(f"quotes:{symbol}" for symbol in any_.sample(SYMBOLS, WATCHED))


WAYS = (
    Way("redis", "1,000 readers of all prices, SSE", 10, "fastest", all_symbols),
    Way("socket", "1,000 readers of all prices, WebSocket", 10, "fastest", all_by_socket, socket=True),
    Way("watchlists", "1,000 readers, 1,000 watchlists of 50", 100, "auto", watchlist),
    Way("watchlists-1s", "the watchlists, told once a second", 100, "1s", watchlist),
)


def measure(desk: Desk, program: Path, seconds: float, rounds: int) -> list[Board]:
    boards = []
    for way in WAYS:
        print(f"prices through Redis: {way.title}", flush=True)
        boards.append(_board(way, [hear(desk, program, way, seconds) for _ in range(rounds)]))
    return boards


class Sample(NamedTuple):
    measured: Measured
    ticks_per_second: float
    """As they were really published."""


class Pouring:
    """Publishes ticks at random times, as a market has them, while the context is open."""

    def __init__(
        self,
        redis_url: str,
        rate: int,
        since: int,
        symbols: Sequence[str] = SYMBOLS,
        market_time: float = MARKET_TIME,
    ) -> None:
        """`rate`: a second, of all symbols together."""
        self.ticks = 0
        self._redis = Redis.from_url(redis_url)
        self._rate, self._since = rate, since
        self._symbols, self._market_time = symbols, market_time
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._pour)

    def __enter__(self) -> "Pouring":
        for symbol in self._symbols:
            self._redis.publish(CHANNEL, tick(symbol, self._since, self._market_time))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._redis.close()

    def _pour(self) -> None:
        any_, due = random.Random(self._rate), time.monotonic()
        while not self._done.wait(max(0.0, due - time.monotonic())):
            self._redis.publish(CHANNEL, tick(any_.choice(self._symbols), self._since, self._market_time))
            self.ticks += 1
            due += any_.expovariate(self._rate)


def hear(desk: Desk, program: Path, way: Way, seconds: float) -> Sample:
    with running(ours(desk, gzip=False)) as (process, port):
        since = int((time.time() - PRICED) * 1000)
        with Pouring(desk.redis_url, way.rate, since) as pouring, reading(desk, program, port, way, since) as client:
            client.wait_opened()
            client.run("listen", BEFORE)
            costs, before = Costs(process.pid, client.process.pid), pouring.ticks
            phase = client.run("listen", seconds)
            return Sample(costs.since(phase, READERS), (pouring.ticks - before) / phase.seconds)


def reading(desk: Desk, program: Path, port: int, way: Way, since: int) -> Client:
    any_ = random.Random(READERS)
    cookie = f"{desk.cookie(port)}; rate={way.push_rate}"
    kind = {**upgrade(), "Origin": f"http://127.0.0.1:{port}"} if way.socket else STREAM
    headers = {**kind, "Accept-Encoding": "identity", "Cookie": cookie}
    requests = [request("GET", way.path(any_), headers) for _ in range(READERS)]
    return Client(program, port, READERS, requests, special=(f"p{since}", *(["s"] if way.socket else [])))


def tick(symbol: str, since: int, market_time: float = MARKET_TIME) -> bytes:
    now = time.time()
    price = (now * 1000 - since) // 1 / 100
    message = {"ticker": symbol, "price": price, "volume": 100, "event_type": "T", "source": "bench"}
    return msgspec.json.encode({**message, "timestamp": market_time + now - since / 1000})


def _board(way: Way, samples: list[Sample]) -> Board:
    def middle(value: Callable[[Measured], float]) -> float:
        return round(statistics.median(value(each.measured) for each in samples), 4)

    return Board(
        name=way.name,
        title=way.title,
        readers=READERS,
        visits=len(samples),
        ticks_per_second=round(statistics.median(each.ticks_per_second for each in samples), 1),
        cpu_per_reader_second_us=middle(lambda each: each.server_seconds / each.phase.seconds / READERS * 1e6),
        cpu_per_delivery_us=middle(lambda each: each.server_seconds / max(1, each.phase.marks) * 1e6),
        cells_per_second=middle(lambda each: each.phase.marks / each.phase.seconds),
        bytes_per_reader_second=middle(lambda each: each.phase.bytes / each.phase.seconds / READERS),
        p50_ms=middle(lambda each: each.phase.p50_ms),
        p99_ms=middle(lambda each: each.phase.p99_ms),
        others_share=round(max(each.measured.others_share for each in samples), 3),
    )
