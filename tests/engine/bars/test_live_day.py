"""A live day equals the result of a stated rule, computed by brute force afterwards."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.pools import Pool
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_close import BarClose
from app.engine.bars.tick_intake import TickIntake
from app.engine.storage.store import Store
from app.finance import periods
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.clock import MarketClock
from app.finance.rollup import CORRECTION_SECONDS
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import MINUTE, regular
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import Tick
from app.wire.pubsub.publisher import Publisher

DAY = date(2012, 9, 4)
OPENS, CLOSES = regular(DAY).opens, regular(DAY).closes


class Delivery(NamedTuple):
    """A tick as it was sent, how late, and how late once more; seconds."""

    minute: int
    second: int
    price: int
    volume: int
    symbol: str
    delay: float
    again: float | None

    @property
    def tick(self) -> Tick:
        at = OPENS + 60.0 * self.minute + self.second
        return Tick(at=at, symbol=self.symbol, price=float(self.price), volume=self.volume)


DELAYS = st.one_of(st.just(0.0), st.floats(0, 8), st.floats(0, 150), st.floats(800, 1200))
# Few minutes and seconds, so that much meets; the others make hours.
MINUTES = st.one_of(st.integers(0, 7), st.integers(0, 389))
SECONDS = st.sampled_from([0, 1, 30, 58, 59])
DELIVERIES = st.builds(
    Delivery, MINUTES, SECONDS, st.integers(1, 20), st.integers(0, 3), st.sampled_from(["IBM", "BRK.B"]), DELAYS,
    st.one_of(st.none(), DELAYS),
)  # fmt: skip


def arriving(deliveries: Sequence[Delivery]) -> list[tuple[float, Tick]]:
    once = [(each.tick.at + each.delay, each.tick) for each in deliveries]
    twice = [(each.tick.at + each.delay + each.again, each.tick) for each in deliveries if each.again is not None]
    return sorted([*once, *twice], key=lambda arrival: arrival[0])


async def live(
    arrivals: Sequence[tuple[float, Tick]], look_every: int
) -> tuple[dict[tuple[str, str, float], Bar], int]:
    """What the engine would store, and how many ticks it says went into no minute."""
    client = connect("redis://127.0.0.1:1")  # Never reached: nothing is flushed.
    store = Store(Pool("postgresql://127.0.0.1:1/none", "none", 1, statement_ms=1), Publisher(client, Channels()))
    intake = TickIntake(store, BarClose(SeriesByTimeframe(), store, Thresholds(2.0), ()))
    for number, (at, tick) in enumerate(arrivals):
        intake.handle(tick, at)
        if number % look_every == 0:
            intake.advance_clock(MarketClock("test", "", DAY.isoformat(), at, at, 1.0, "open"), at)
            await intake.analyse_closed()
    over = max(CLOSES, arrivals[-1][0]) + 1
    intake.advance_clock(MarketClock("test", "", DAY.isoformat(), CLOSES, over, 1.0, "closed"), over)
    intake.close_session(DAY, {})
    await intake.analyse_closed()
    return {
        key: bar for each in store._slices for key, bar in each.batch.bars.items()
    }, intake.late_ticks + intake.duplicate_ticks


def brute_force(
    arrivals: Sequence[tuple[float, Tick]],
) -> tuple[dict[tuple[str, str, float], Bar], int]:
    """The rule: what was told before does not count. A tick counts for its day; it counts for its minute too unless
    that of the symbol's newest tick is more than HELD_SECONDS later."""
    minutes, days, newest = [], [], {"IBM": 0.0, "BRK.B": 0.0}
    for _, tick in arrivals:
        if tick in days:
            continue
        days.append(tick)
        start = tick.at // MINUTE * MINUTE
        if newest[tick.symbol] - CORRECTION_SECONDS <= start:
            minutes.append(tick)
            newest[tick.symbol] = max(newest[tick.symbol], start)
    bars = {}
    for timeframe in periods.TIMEFRAMES:
        grouped: dict[tuple[str, float], list[Tick]] = {}
        for tick in minutes if timeframe in periods.SECONDS else days:
            start = periods.begin(timeframe, tick.at if timeframe in periods.SECONDS else day_start(DAY))
            grouped.setdefault((tick.symbol, day_start(DAY) if timeframe == "daily" else start), []).append(tick)
        bars |= {(symbol, timeframe, at): bar(timeframe, at, ticks) for (symbol, at), ticks in grouped.items()}
    return bars, len(arrivals) - len(minutes)


def bar(timeframe: Timeframe, start: float, ticks: Sequence[Tick]) -> Bar:
    inside = sorted(ticks, key=lambda tick: tick.at)
    prices = [tick.price for tick in inside]
    volume = round(sum(tick.volume for tick in inside))
    count = len(inside) if timeframe in periods.SECONDS else None
    return Bar(inside[0].symbol, timeframe, start, prices[0], max(prices), min(prices), prices[-1], volume, count)


@settings(max_examples=150, deadline=None)
@given(st.lists(DELIVERIES, min_size=1, max_size=40), st.integers(1, 9))
def test_a_live_day_equals_a_brute_force_roll_up_of_its_ticks(deliveries: list[Delivery], look_every: int) -> None:
    arrivals = arriving(deliveries)

    bars, left_out = asyncio.run(live(arrivals, look_every))

    expected, without = brute_force(arrivals)
    assert bars == expected
    assert left_out == without
