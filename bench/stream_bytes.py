"""What a watchlist of fifty symbols costs on the wire while ten of them change every second, at every rate.

python -m bench.stream_bytes [--seconds 60]

Prices are synthetic: a random walk in ticks of a cent, drawn by the desk's own partials, sent through its own hub to
readers that count bytes. Payload is what an HTTP chunk holds; framing adds 5 or 6 bytes to each.
"""

import argparse
import asyncio
import random
import time
from typing import NamedTuple

from app.finance.instrument import Instrument
from app.finance.sessions import trading_date
from app.identity import Rate, View
from app.live.frames import Form, unchunked
from app.live.hub import Bounds, Hub
from app.live.reader import Reader, Write
from app.live.topics import QUOTES
from app.quotes import stream
from app.quotes.board import Board
from app.quotes.charts import Charts
from app.quotes.quote import Quote
from app.web.html import patch
from app.wire.events import Tick

SYMBOLS = 50
CHANGES = 10
"""A second."""
SHARING = 10
"""Readers of one audience, so that it has a chain."""
RATES = (Rate.AUTO, Rate.SECOND, Rate.FIVE_SECONDS, Rate.HALF_MINUTE)
JOINS = (0, 1, 10)
"""Newcomers a second."""


class Counting:
    """A wire that takes everything."""

    def __init__(self, reader: Reader) -> None:
        self.frames = self.payload = 0
        self.reader = reader
        reader.began(self)

    def fast(self) -> Write:
        return self._write

    def queue(self, framed: bytes) -> None:
        self._write(framed)

    def waiting(self) -> int:
        return 0

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def _write(self, framed: bytes) -> int:
        self.frames += 1
        self.payload += len(unchunked(framed))
        return len(framed)


class Row(NamedTuple):
    rate: Rate
    joins: int
    frames: float
    """A second."""
    identity: float
    alone: float
    shared: float
    """kbit/s of payload: as it is, compressed for itself, and in a chain with others."""


async def measured(joins: int, seconds: float) -> list[Row]:
    instruments = [Instrument(f"S{number:03d}") for number in range(SYMBOLS)]
    board, charts, chance = Board(instruments), Charts(), random.Random(1)
    prices = {each.symbol: 2000 + chance.randrange(30_000) for each in instruments}
    hub = Hub(patch, bounds=Bounds(readers=1_000_000))
    market, began = 1_700_000_000.0, time.monotonic()
    """Within one session: it ends hours later."""

    def tick(symbol: str) -> None:
        prices[symbol] += chance.choice((-3, -2, -1, 1, 2, 3))
        now = time.time()
        heard = Tick(
            at=market + time.monotonic() - began, arrived_at=now, symbol=symbol, price=prices[symbol] / 100, volume=100
        )
        for push in stream.on_tick(heard, board, charts):
            hub.publish(push)

    session = trading_date(market)
    for each in instruments:
        cents = prices[each.symbol]
        close = (cents + chance.randrange(-300, 300)) / 100
        board.seed([Quote(each, session, cents / 100, close, close, close, close, 1, market)])
        tick(each.symbol)
    wanted, others = frozenset({QUOTES}), frozenset({QUOTES, "status"})
    plain = {rate: Counting(hub.join(wanted, View(), rate)) for rate in RATES}
    shared = {
        rate: [Counting(hub.join(wanted, View(), rate, form=Form.GZIP)) for _ in range(SHARING)] for rate in RATES
    }
    alone = {rate: Counting(hub.join(others, View(), rate, form=Form.GZIP)) for rate in RATES}
    due = joined = 0
    while (elapsed := time.monotonic() - began) < seconds:
        while due < elapsed * CHANGES:
            tick(chance.choice(instruments).symbol)
            due += 1
        while joined < elapsed * joins:
            newcomers = [_joined(hub, wanted, rate) for rate in RATES]
            joined += 1
            for newcomer in newcomers if joined % 2 else ():
                newcomer.reader.lost()
        await asyncio.sleep(0.01)
    return [
        Row(
            rate,
            joins,
            plain[rate].frames / seconds,
            _rate(plain[rate], seconds),
            _rate(alone[rate], seconds),
            _rate(shared[rate][0], seconds),
        )
        for rate in RATES
    ]


def _joined(hub: Hub, topics: frozenset[str], rate: Rate) -> Counting:
    return Counting(hub.join(topics, View(), rate, form=Form.GZIP))


def _rate(counted: Counting, seconds: float) -> float:
    return counted.payload * 8 / seconds / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    print(f"{SYMBOLS} symbols, {CHANGES} changed rows a second, {seconds:g} s; kbit/s of payload for one reader")
    print(f"{'rate':8} {'joins/s':>7} {'frames/s':>8} {'identity':>9} {'gzip alone':>10} {'gzip shared':>11}")
    for joins in JOINS:
        for row in asyncio.run(measured(joins, seconds)):
            figures = f"{row.identity:9.2f} {row.alone:10.2f} {row.shared:11.2f}"
            print(f"{row.rate:8} {row.joins:7d} {row.frames:8.2f} {figures}")


if __name__ == "__main__":
    main()
