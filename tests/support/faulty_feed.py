"""A replay whose feed has faults: it repeats, corrects, is late, quotes nonsense and trades outside of the hours.

`python -m tests.support.faulty_feed REDIS_URL FOLDER` plays September 2012 into Redis. After each session it waits for
a file of that session's date in the folder. What it sends depends on the session alone: a process that was killed goes
on where it was.
"""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random

import msgspec
from msgspec.structs import replace

from app.finance import history
from app.finance.bars import Bar
from app.finance.clock import MarketClock
from app.finance.sessions import AUCTION_SECONDS, Session, regular
from app.ingest.feed import Feed
from app.ingest.path import SymbolSlot, ticks
from app.ingest.provider import FeedUpdate
from app.wire.channels import Channels
from app.wire.events.event import Tick

SOURCE = [bar for bar in history.read(Path("config/history/us-equities-daily.csv.gz")) if bar.day.year == 2012]
MONTH = sorted({bar.day for bar in SOURCE if bar.day.month == 9})
SPACING = 390.0
AT_ONCE = 25
PAUSE_SECONDS = 0.02
AFTER_THE_END = 6 * 3600.0
"""What arrives so long after the close comes when the session was announced as closed."""

Arrivals = Iterator[tuple[float, Tick]]


class Mark(msgspec.Struct, frozen=True):
    session: date
    played: int


def bars_of(session: date) -> list[Bar]:
    return sorted(bar for bar in SOURCE if bar.day == session)


def messages(session: date) -> list[tuple[float, Tick]]:
    """(arrival in market time, tick) of every message."""
    bars, hours = bars_of(session), regular(session)
    arrivals: list[tuple[float, Tick]] = []
    for number, bar in enumerate(bars):
        rng = Random(f"{bar.symbol} {session}")
        path = ticks(bar, hours, SPACING, SymbolSlot(number, len(bars)), "faulty")
        auction = hours.closes + rng.uniform(0, AUCTION_SECONDS - 2)
        path[-1] = replace(path[-1], at=round(auction, 3))
        as_prints = rng.random() < 0.5
        for each, tick in enumerate(path):
            arrivals += _prints(tick, each, rng) if as_prints else _aggregates(tick, hours, rng)
        arrivals += _around(bar, hours, rng)
    return sorted(arrivals, key=lambda arrival: arrival[0])


def outside(session: date) -> dict[str, int]:
    """The volume of each symbol before and after regular hours."""
    shares: dict[str, int] = {}
    for number in {(tick.symbol, tick.at): tick for _, tick in messages(session) if tick.source == "outside"}.values():
        shares[number.symbol] = shares.get(number.symbol, 0) + int(number.volume)
    return shares


def _late(rng: Random) -> float:
    return rng.uniform(1, 600) if rng.random() < 0.15 else 0.0


def _prints(tick: Tick, number: int, rng: Random) -> Arrivals:
    """One trade with its own id, or several at one price and time: equal halves, or fractional shares."""
    volume, parts = int(tick.volume), [float(tick.volume)]
    if volume > 2 and rng.random() < 0.2:
        parts = [volume // 2, volume // 2, volume % 2] if rng.random() < 0.5 else [volume - 1, 0.6, 0.4]
    for place, part in enumerate(parts):
        one = Tick(
            at=tick.at, source=tick.source, symbol=tick.symbol, price=tick.price, volume=part,
            trade_id=f"{number}.{place}",
        )  # fmt: skip
        arrival = tick.at + _late(rng)
        yield arrival, one
        if rng.random() < 0.15:
            yield arrival + rng.uniform(0, 300), one


def _aggregates(tick: Tick, hours: Session, rng: Random) -> Arrivals:
    """Second aggregates: some are wrong at first, and some are corrected only long after the session."""
    start = float(int(tick.at))
    right = replace(tick, at=start + 0.999, kind="A", starts_at=start)
    arrival = right.at + _late(rng)
    if rng.random() < 0.2:
        wrong = replace(
            right, price=tick.price * 1.05, high=tick.price * 1.2, low=tick.price * 0.8, volume=tick.volume + 77
        )
        yield arrival, wrong
        arrival = hours.closes + AFTER_THE_END if rng.random() < 0.2 else arrival + rng.uniform(1, 600)
    yield arrival, right
    if rng.random() < 0.15:
        yield arrival + rng.uniform(0, 300), right


def _around(bar: Bar, hours: Session, rng: Random) -> Arrivals:
    """Ticks that belong to no bar: quotes at all hours, prints outside regular hours, and on a Saturday."""

    def stray(at: float, price: float, volume: int = 500, **more: object) -> tuple[float, Tick]:
        tick = Tick(at=at, source="outside", symbol=bar.symbol, price=price, volume=volume)
        return at, replace(tick, **more)

    for _ in range(6):
        at = rng.uniform(hours.opens - 60, hours.closes + 60)
        yield stray(at, 100_000.0, 0, bid=0.01, ask=199_999.99, kind="Q", source="quotes")
    yield stray(hours.opens - rng.uniform(60, 3600), bar.high * 1.3)
    yield stray(hours.closes + 1, bar.low * 0.5, belongs="extended")
    yield stray(hours.closes + rng.uniform(AUCTION_SECONDS + 1, 3600), bar.low * 0.7)
    if hours.day.weekday() == 4:
        yield stray(hours.opens + 86_400, bar.high * 2)


class FaultyFeed:
    name = "faulty"
    label = "replay with the faults of a feed"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def previous_close(self, symbol: str, session: str) -> float | None:
        return None

    def published_ticks(self, position: bytes | None) -> Sequence[Tick]:
        mark = _read(position)
        return [tick for _, tick in messages(mark.session)[: mark.played]]

    async def updates(self, position: bytes | None) -> AsyncGenerator[FeedUpdate, None]:
        mark = _read(position)
        for session in MONTH[MONTH.index(mark.session) :]:
            arrivals, played = messages(session), mark.played if session == mark.session else 0
            over = regular(session).closes + AFTER_THE_END
            while played < len(arrivals):
                some = arrivals[played : played + AT_ONCE]
                if some[0][0] < over:
                    some = [arrival for arrival in some if arrival[0] < over]
                played += len(some)
                yield _update(session, [tick for _, tick in some], played, over, some[-1][0])
                await asyncio.sleep(PAUSE_SECONDS)
            while not (self._folder / session.isoformat()).exists():
                yield _update(session, [], played, over, over)
                await asyncio.sleep(PAUSE_SECONDS)


def _update(session: date, due: Sequence[Tick], played: int, over: float, at: float) -> FeedUpdate:
    state, closes = ("closed", regular(session).closes) if at >= over else ("open", at)
    clock = MarketClock("faulty", FaultyFeed.label, session.isoformat(), closes, time.time(), 1.0, state)  # type: ignore[arg-type]
    return FeedUpdate(tuple(due), clock, msgspec.json.encode(Mark(session, played)))


def _read(position: bytes | None) -> Mark:
    return msgspec.json.decode(position, type=Mark) if position else Mark(MONTH[0], 0)


if __name__ == "__main__":
    feed = Feed(FaultyFeed(Path(sys.argv[2])), sys.argv[1], Channels(), ())
    asyncio.run(feed.run(lambda: None, asyncio.Event()))
