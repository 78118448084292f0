"""Minute bars computed from the feed's ticks, and compared with those that the desk stored."""

import asyncio
import threading
import time
from collections import deque
from datetime import UTC, datetime
from types import TracebackType
from typing import NamedTuple

import asyncpg

from app.finance.bars import Bar
from app.finance.rollup import Rollup
from app.wire.channels import TICKS_KEY
from app.wire.client import connect
from app.wire.codec.codec import decode_ticks
from app.wire.events.event import Tick
from bench.scale.results import Row, none

MINUTE = 60.0
PAUSE_SECONDS, ENTRIES = 0.05, 100
WATCHED = 100
"""Symbols whose minutes are looked for in the database while the market is played."""
UNFINISHED = 2 * MINUTE
"""Of market time: the newest minutes need not be stored when the feed is stopped in the middle of one."""

STORED_BARS = """
select symbol, timestamp, open::float8, high::float8, low::float8, close::float8, volume from ohlcv_1min
 where timestamp >= $1 and timestamp < $2
"""
Figures = tuple[float, float, float, float, int]


class Over(NamedTuple):
    """A minute that ended with a later tick; `at` is when that tick was read, in monotonic seconds."""

    symbol: str
    start: float
    at: float


class ExpectedBars:
    """A thread that reads the stream in which the feed stores its ticks."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._rollup = Rollup()
        self._done = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._read()))
        self._newest = 0
        self._watched: set[str] = set()
        self.over: deque[Over] = deque()
        """Minutes of the first WATCHED symbols, in the order in which they ended; whoever reads one takes it out."""
        self.ticks = 0
        self.symbols: set[str] = set()
        self.bars: dict[tuple[str, float], Figures] = {}

    def __enter__(self) -> "ExpectedBars":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def finished(self) -> dict[tuple[str, float], Figures]:
        """All minutes except the newest, by symbol and start."""
        for bar in self._rollup.finish(before=float("inf")):
            self._put(bar)
        until = max((start for _, start in self.bars), default=0.0) - UNFINISHED
        return {key: figures for key, figures in self.bars.items() if key[1] <= until}

    async def _read(self) -> None:
        client = connect(self._redis_url)
        after: bytes = b"0-0"
        while not self._done.is_set():
            answer = await client.xread({TICKS_KEY: after}, count=ENTRIES)
            for entry, fields in answer[0][1] if answer else ():
                after = entry
                self._number(int(fields[b"number"]))
                for tick in decode_ticks(fields[b"ticks"], time.time()):
                    self._take(tick)
            await asyncio.sleep(PAUSE_SECONDS)
        await client.aclose()

    def _number(self, number: int) -> None:
        if self._newest and number != self._newest + 1:
            raise SystemExit(f"entries {self._newest} to {number} of the stream were not read in time")
        self._newest = number

    def _take(self, tick: Tick) -> None:
        if tick.kind == "Q":
            return
        self.ticks += 1
        self.symbols.add(tick.symbol)
        if len(self._watched) < WATCHED:
            self._watched.add(tick.symbol)
        if bar := self._rollup.add(tick):
            self._put(bar)
            if bar.symbol in self._watched:
                self.over.append(Over(bar.symbol, bar.start, time.monotonic()))
        for mended in self._rollup.corrected():
            self._put(mended)

    def _put(self, bar: Bar) -> None:
        self.bars[bar.symbol, bar.start] = (bar.open, bar.high, bar.low, bar.close, bar.volume)


async def compare(part: str, url: str, expected: ExpectedBars) -> list[Row]:
    """Compares every minute; counts lost bars, different bars, and bars without trades."""
    finished = expected.finished()
    if not finished:
        raise SystemExit(f"{part}: no minute was traded")
    starts = [start for _, start in finished]
    stored_bars = await _read_stored(url, min(starts), max(starts) + MINUTE)
    lost = [key for key in finished if key not in stored_bars]
    others = [key for key in stored_bars if key not in finished]
    different = [
        key for key, figures in finished.items() if key in stored_bars and not _alike(figures, stored_bars[key])
    ]
    for word, keys in (("lost", lost), ("different", different), ("more", others)):
        for key in keys[:3]:
            print(f"  {word}: {key} {finished.get(key)} {stored_bars.get(key)}", flush=True)
    return [
        Row(part, "ticks", "count", most=expected.ticks),
        Row(part, "minute bars", "count", most=len(finished)),
        none(part, "minute bars lost", len(lost)),
        none(part, "minute bars that differ from their ticks", len(different)),
        none(part, "minute bars without a tick", len(others)),
    ]


async def _read_stored(url: str, begin: float, end: float) -> dict[tuple[str, float], Figures]:
    link = await asyncpg.connect(url)
    try:
        async with link.transaction():
            return {
                (symbol, at.timestamp()): (open_price, high, low, close, int(volume))
                async for symbol, at, open_price, high, low, close, volume in link.cursor(
                    STORED_BARS, datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC), prefetch=20_000
                )
            }
    finally:
        await link.close()


def _alike(expected: Figures, actual: Figures) -> bool:
    """Compares prices with the four decimals of the table."""
    return expected[4] == actual[4] and all(abs(a - b) < 1e-4 for a, b in zip(expected[:4], actual[:4], strict=True))
