"""The engine with many symbols: whether one core keeps up, and how long after a minute's end everything is out.

    python -m bench.engine [--symbols 500] [--minutes 2]

Real Redis and PostgreSQL of our own; the engine is a process of its own. Every symbol has 255 stored minutes, then one
tick a second, published as the feed does. At each minute's end all symbols' ticks of the next second end it at once,
and the time runs from before they are published until the last symbol's last event arrives. Beside that, in the same
run: every TA-Lib function that the engine uses, called for each symbol over the same 256 bars, and nothing else.
"""

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

import asyncpg
import numpy as np
import talib
from redis.asyncio import Redis

from app.db.migrate import migrate
from app.embedded import postgres, valkey
from app.embedded.child import Child
from app.embedded.places import prepare
from app.engine.storage.bars import bars_insert, put_symbols
from app.finance import candles
from app.finance.bars import Bar
from app.finance.clock import MarketClock
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import Tick
from app.wire.pubsub.publisher import Publisher
from app.wire.state import feed_position, market_clock
from bench.scale import data

BARS = 256
START = datetime(2012, 9, 4, 18, 0, tzinfo=UTC).timestamp()
"""A minute in the middle of a session: the market's time, whatever the wall's is."""
PATIENCE, QUIET = 60.0, 1.0
SYMBOL = re.compile(rb'"symbol":"([A-Z0-9]+)"')
ENGINE = """
import sys
from app.engine.process import main
from app.settings.load import Settings
engine = {"timeframes": ["1min"], "beat_seconds": 1}
replay = {"path": sys.argv[3], "history_until": "1990-01-01"}
servers = {"redis": {"url": sys.argv[1]}, "database": {"url": sys.argv[2]}}
said = {**servers, "engine": engine, "ingest": {"provider": "replay"}, "replay": replay}
main(Settings.model_validate(said), lambda: print("ready", flush=True))
"""
ROOT = Path(__file__).resolve().parents[1]


class Close(NamedTuple):
    """One minute: seconds until all its ticks were published, seconds until the last event arrived, number of
    events."""

    ticked: float
    last_event: float
    events: int


class Market:
    """Seeded random walks of symbols that do not exist."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self.symbols = symbols
        self._random = Random(42)
        self._prices = dict.fromkeys(self.symbols, 100.0)

    def price(self, symbol: str) -> float:
        self._prices[symbol] = price = max(1.0, round(self._prices[symbol] * (1 + self._random.gauss(0, 0.0005)), 2))
        return price

    def minute(self, symbol: str, start: float) -> Bar:
        prices = [self.price(symbol) for _ in range(6)]
        volume = self._random.randrange(100, 5000)
        return Bar(symbol, "1min", start, prices[0], max(prices), min(prices), prices[-1], volume)

    def tick(self, symbol: str, at: float) -> Tick:
        volume = self._random.randrange(1, 500)
        return Tick(at=at, symbol=symbol, price=self.price(symbol), volume=volume, source="bench")


def bare_pass(bars: dict[str, list[Bar]]) -> float:
    """Seconds that TA-Lib alone needs, symbol by symbol."""
    columns = [[np.array([bar[field] for bar in own]) for field in (3, 4, 5, 6)] for own in bars.values()]
    began = time.perf_counter()
    for open_prices, high, low, close in columns:
        for function in candles.FUNCTIONS:
            function(open_prices, high, low, close)
        for period in (20, 50, 200):
            talib.SMA(close, period)
        for period in (12, 26):
            talib.EMA(close, period)
        talib.RSI(close, 14)
        talib.MACD(close, 12, 26, 9)
        talib.BBANDS(close, 20)
        talib.STOCH(high, low, close, fastk_period=14, slowk_period=3, slowd_period=3)
        for wilder in (talib.ATR, talib.ADX, talib.PLUS_DI, talib.MINUS_DI):
            wilder(high, low, close, 14)
    return time.perf_counter() - began


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    directory = Path(tempfile.mkdtemp())
    places = prepare(directory, None)
    children = [Child(valkey.program(places)), Child(postgres.program(places))]
    try:
        for child in children:
            child.start()
        if not all(child.wait_ready(30) for child in children):
            raise SystemExit("the servers do not start")
        yield valkey.url(places), postgres.url(places)
    finally:
        for child in reversed(children):
            child.stop(5)
        shutil.rmtree(places.sockets, ignore_errors=True)
        shutil.rmtree(directory, ignore_errors=True)


async def fill(database_url: str, market: Market) -> dict[str, list[Bar]]:
    """Stores the minutes of a session so far, and one day by which the engine knows its symbols."""
    await migrate("market", database_url)
    bars = {
        symbol: [market.minute(symbol, START - 60 * (BARS - 1 - n)) for n in range(BARS - 1)]
        for symbol in market.symbols
    }
    link = await asyncpg.connect(database_url)
    await put_symbols(link, market.symbols)
    day = START // 86400 * 86400 - 86400
    for own in bars.values():
        rows = [*own, own[0]._replace(timeframe="daily", start=day)]
        for statement in bars_insert(rows, ("ohlcv_1min", "ohlcv_daily")):
            await statement.run(link)
    await link.close()
    return bars


class EventRecorder:
    """Records what the engine publishes as bytes and parses them only on request, so that parsing is not measured."""

    def __init__(self, redis_url: str, *channels: str) -> None:
        self._channels = channels
        self._path = redis_url.removeprefix("unix://").partition("?")[0]
        self._messages: list[bytes] = []
        self.newest = 0.0

    async def run(self) -> None:
        reader, writer = await asyncio.open_unix_connection(self._path)
        writer.write(f"SUBSCRIBE {' '.join(self._channels)}\r\n".encode())
        while data := await reader.read(1 << 20):
            self.newest = time.perf_counter()
            self._messages.append(data)

    def clear(self) -> None:
        self._messages.clear()

    def symbols(self) -> list[bytes]:
        """One symbol for each event."""
        return SYMBOL.findall(b"".join(self._messages))


async def second(client: Redis, market: Market, at: float, spread: float) -> None:
    """Publishes one tick of each symbol, spread over `spread` seconds of real time."""
    await market_clock.announce(client, MarketClock("bench", "synthetic", "2012-09-04", at, time.time(), 1.0, "open"))
    publisher = Publisher(client, Channels())
    ticks = [market.tick(symbol, at) for symbol in market.symbols]
    share, began = max(1, len(ticks) // 20), time.perf_counter()
    for first in range(0, len(ticks), share):
        await publisher.publish_and_set(ticks[first : first + share], (), feed_position.key("bench"), b"here")
        if spread:
            await asyncio.sleep(max(0.0, began + spread * (first + share) / len(ticks) - time.perf_counter()))


async def close(client: Redis, market: Market, events: EventRecorder, at: float) -> Close:
    events.clear()
    began = time.perf_counter()
    await second(client, market, at, 0.0)
    ticked = time.perf_counter() - began
    deadline = began + PATIENCE
    while time.perf_counter() < deadline:
        await asyncio.sleep(QUIET)
        if time.perf_counter() - events.newest > QUIET and len(set(events.symbols())) == len(market.symbols):
            break
    else:
        raise SystemExit(f"only {len(set(events.symbols()))} of {len(market.symbols)} symbols were received")
    return Close(ticked, events.newest - began, len(events.symbols()))


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(redis_url: str, database_url: str, symbols: int, minutes: int) -> None:
    market = Market([data.name(number) for number in range(1, symbols + 1)])
    bars = await fill(database_url, market)
    events = EventRecorder(redis_url, Channels().patterns, Channels().indicators)
    recording = asyncio.create_task(events.run())
    client = connect(redis_url)
    try:
        async with running_engine(redis_url, database_url) as pid:
            await report(client, market, events, bars, (pid, minutes))
    finally:
        recording.cancel()
        await client.aclose()


@asynccontextmanager
async def running_engine(redis_url: str, database_url: str) -> AsyncIterator[int]:
    """The id of its process."""
    history = str(ROOT / "config/history/us-equities-daily.csv.gz")
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ENGINE, redis_url, database_url, history, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        if engine.stdout is None or not await engine.stdout.readline():
            raise SystemExit("the engine does not start")
        yield engine.pid
    finally:
        engine.terminate()
        await engine.wait()


async def report(
    client: Redis, market: Market, events: EventRecorder, bars: dict[str, list[Bar]], run: tuple[int, int]
) -> None:
    pid, minutes = run
    ratios = []
    for minute in range(minutes):
        start = START + 60 * minute
        used, began = cpu_seconds(pid), time.perf_counter()
        for number in range(10):
            await second(client, market, start + number + 0.5, 1.0)
        share = (cpu_seconds(pid) - used) / (time.perf_counter() - began)
        bare = median(bare_pass(bars) for _ in range(3))
        timing = await close(client, market, events, start + 60)
        ratios.append(timing.last_event / bare)
        print(
            f"minute {minute + 1}: {len(market.symbols)} ticks a second took {share:.0%} of a core; TA-Lib alone "
            f"{bare * 1000:.0f} ms; {timing.events} events of all symbols out after {timing.last_event * 1000:.0f} ms "
            f"({timing.ticked * 1000:.0f} ms of it publishing the ticks): ratio {ratios[-1]:.2f}"
        )
    print(f"ratio, median of {minutes}: {median(ratios):.2f} (at most 2 is wanted)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--minutes", type=int, default=3)
    options = parser.parse_args()
    with servers() as (redis_url, database_url):
        asyncio.run(measure(redis_url, database_url, options.symbols, options.minutes))


if __name__ == "__main__":
    main()
