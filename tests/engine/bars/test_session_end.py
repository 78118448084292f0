"""A session ends when its last ticks are handled, and not while more are expected."""

import asyncio

import pytest

from app.db.pools import Pool
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_close import BarClose
from app.engine.bars.tick_intake import QUIET_SECONDS, TickIntake
from app.engine.storage.store import MOST_FACTS, Store
from app.finance import calendar
from app.finance.bars import Bar
from app.finance.clock import MarketClock
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import AUCTION_SECONDS, regular
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import Tick
from app.wire.pubsub.publisher import Publisher
from tests.support.running_engine import DAY

CLOSES = regular(DAY).closes
LATE = CLOSES + AUCTION_SECONDS + 2.0


@pytest.fixture
def store() -> Store:
    """Nothing is flushed."""
    away = Pool("postgresql://127.0.0.1:1/none", "none", 1, statement_ms=1)
    return Store(away, Publisher(connect("redis://127.0.0.1:1"), Channels()))


@pytest.fixture
def intake(store: Store) -> TickIntake:
    return TickIntake(store, BarClose(SeriesByTimeframe(), store, Thresholds(2.0), ()))


def tick(at: float, symbol: str = "IBM") -> Tick:
    return Tick(symbol=symbol, price=70.5, volume=10, at=at)


def clock(wall: float) -> MarketClock:
    return MarketClock("test", "", DAY.isoformat(), max(LATE, wall), wall, 1.0, "open")


async def test_a_session_with_late_ticks_ends_after_they_arrive(intake: TickIntake) -> None:
    for number in range(5):
        intake.handle(tick(CLOSES - 50 + number), LATE + number / 10)
        assert intake.ended_session(clock(LATE + number / 10), LATE + number / 10) is None

    last = LATE + 0.4
    assert intake.ended_session(clock(last), last + QUIET_SECONDS - 0.01) is None
    assert intake.ended_session(clock(last), last + QUIET_SECONDS + 0.01) == DAY
    assert intake.close_session(DAY, {})
    assert intake.ended_session(clock(last), last + 60) is None


async def test_crypto_trading_after_the_close_keeps_no_session_open(intake: TickIntake) -> None:
    intake.handle(tick(CLOSES - 1), LATE)
    intake.handle(tick(LATE + 5, "X:BTCUSD"), LATE + 5)

    assert intake.ended_session(clock(LATE + 5), LATE + 5) == DAY


async def test_no_session_ends_while_ticks_wait_for_the_store(intake: TickIntake, store: Store) -> None:
    intake.handle(tick(CLOSES - 1), LATE)
    assert intake.ended_session(clock(LATE + 60), LATE + 60) == DAY
    store.offer(Bar("IBM", "1min", 60.0 * number, 1, 1, 1, 1, 1) for number in range(MOST_FACTS + 1))

    assert intake.ended_session(clock(LATE + 60), LATE + 60) is None


async def test_a_session_still_open_when_the_next_begins_is_closed_once(intake: TickIntake) -> None:
    following = calendar.next_session(DAY)
    opens = regular(following).opens
    intake.handle(tick(CLOSES - 1), 1.0)
    intake.handle(tick(CLOSES - 1, "X:BTCUSD"), 1.0)
    now = MarketClock("test", "", following.isoformat(), opens + 900, 2.0, 1500.0, "open")
    intake.handle(tick(opens), 2.0)
    too_early = intake.ended_session(now, 2.0)
    intake.handle(tick(opens + 60), 2.1)

    ended = intake.ended_session(now, 2.1)

    assert (too_early, ended) == (None, DAY)
    assert intake.close_session(DAY, {})
    assert intake.ended_session(now, 2.2) is None


async def test_no_tick_is_accepted_while_too_many_bars_wait_for_analysis(
    intake: TickIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.bars.tick_intake.MOST_CLOSED_BARS", 1)
    await intake.wait_for_space()
    for minute in range(3):
        intake.handle(tick(CLOSES - 600 + 60 * minute), 1.0)

    waiting = asyncio.create_task(intake.wait_for_space())
    await asyncio.sleep(0)
    while_full = intake.full, waiting.done()
    await intake.analyse_closed()
    await waiting

    assert (while_full, intake.full) == ((True, False), False)
