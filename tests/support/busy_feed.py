"""The first minutes of a session from a faulty feed: prints and second aggregates, late, repeated and corrected."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from datetime import date
from random import Random

import msgspec
from msgspec.structs import replace

from app.finance.clock import MarketClock
from app.finance.sessions import regular
from app.ingest.provider import FeedUpdate
from app.wire.events.event import Tick

DAY = date(2012, 9, 4)
OPENS = regular(DAY).opens
SYMBOLS = ("IBM", "BRK.B", "BF/B", "AAPL", "MSFT", "X:BTCUSD")
"""The last is traded once in some minutes."""
BEAT_SECONDS = 0.03


class Mark(msgspec.Struct, frozen=True):
    played: int


def messages(minutes: int) -> list[tuple[float, Tick]]:
    """(arrival in market time, tick) of every message; equal at every call."""
    arrivals: list[tuple[float, Tick]] = []
    for number, symbol in enumerate(SYMBOLS):
        rng, at, price = Random(f"{symbol} {minutes}"), OPENS, 100.0
        step = 200.0 if symbol.startswith("X:") else 4.0
        while (at := at + rng.expovariate(1 / step)) < OPENS + 60 * minutes:
            price = round(max(1.0, price * (1 + rng.gauss(0, 0.001))), 2)
            volume = float(rng.randrange(1, 900))
            arrivals += (_print if number % 2 else _second)(Tick(at=at, symbol=symbol, price=price, volume=volume), rng)
    return sorted(arrivals, key=lambda arrival: arrival[0])


def _late(rng: Random) -> float:
    return rng.uniform(1, 500) if rng.random() < 0.1 else 0.0


def _print(tick: Tick, rng: Random) -> list[tuple[float, Tick]]:
    one, arrival = replace(tick, source="busy", trade_id=f"{tick.at:.3f}"), tick.at + _late(rng)
    again = rng.uniform(0, 60)
    return [(arrival, one), (arrival + again, one)] if rng.random() < 0.1 else [(arrival, one)]


def _second(tick: Tick, rng: Random) -> list[tuple[float, Tick]]:
    start = float(int(tick.at))
    high, low = tick.price * 1.01, tick.price * 0.99
    right = replace(
        tick, source="busy", at=start + 0.999, kind="A", starts_at=start, open=tick.price, high=high, low=low
    )
    arrival = right.at + _late(rng)
    if rng.random() < 0.1:
        wrong = replace(right, high=tick.price * 1.2, volume=tick.volume + 77)
        return [(arrival, wrong), (arrival + rng.uniform(1, 400), right)]
    return [(arrival, right)]


class BusyFeed:
    name = "busy"
    label = "a feed with faults"

    def __init__(self, minutes: int, speed: float) -> None:
        self._messages = messages(minutes)
        self._ends = OPENS + 60 * minutes
        self.speed = speed
        """Market seconds in a second of the wall; may be changed while it plays."""

    def previous_close(self, symbol: str, session: str) -> float | None:
        return None

    def published_ticks(self, position: bytes | None) -> Sequence[Tick]:
        played = msgspec.json.decode(position, type=Mark).played if position else 0
        return [tick for _, tick in self._messages[:played]]

    async def updates(self, position: bytes | None) -> AsyncGenerator[FeedUpdate, None]:
        played = msgspec.json.decode(position, type=Mark).played if position else 0
        now = self._messages[played][0] if played < len(self._messages) else self._ends
        while True:
            due = played
            while due < len(self._messages) and self._messages[due][0] <= now:
                due += 1
            ticks = tuple(tick for _, tick in self._messages[played:due])
            played = due
            clock = MarketClock(
                self.name, self.label, DAY.isoformat(), min(now, self._ends), time.time(), self.speed,
                "open" if played < len(self._messages) else "closed",
            )  # fmt: skip
            yield FeedUpdate(ticks, clock, msgspec.json.encode(Mark(played)))
            await asyncio.sleep(BEAT_SECONDS)
            now += BEAT_SECONDS * self.speed
