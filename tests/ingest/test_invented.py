import asyncio
from datetime import date

import msgspec
import pytest

from app.finance import calendar
from app.finance.invented import bars, schedule
from app.finance.sessions import MINUTE, regular
from app.identity import View
from app.ingest.invented import InventedProvider
from app.ingest.market_player import MarketPosition
from app.ingest.provider import FeedUpdate
from app.ingest.replay import ReplaySpeed
from app.market import partials
from tests.support.daily_bars import daily
from tests.support.invented_market import prices
from tests.support.provider_updates import ticks_of, until

TODAY = date(2026, 12, 1)
BEGINS = date(2025, 12, 2)
MARKET = prices()
FAST = ReplaySpeed(speed=100_000, ticks_per_second=200, pause_seconds=0.02)
SPACING = FAST.speed / FAST.ticks_per_second


def provider(today: date = TODAY, pace: ReplaySpeed = FAST) -> InventedProvider:
    return InventedProvider(MARKET, pace, today)


def is_closed(update: FeedUpdate) -> bool:
    return update.clock.state == "closed"


def position(day: date, minute: int) -> MarketPosition:
    return provider().position(day, minute)


async def test_the_market_begins_in_an_open_session_250_sessions_before_today() -> None:
    updates = await until(provider().updates(None), is_closed)

    first, last = updates[0].clock, updates[-2].clock
    hours = regular(BEGINS)
    assert (first.session, first.state) == (BEGINS.isoformat(), "open")
    assert hours.opens + 60 * MINUTE <= first.market_time < hours.opens + 61 * MINUTE
    assert hours.closes < last.market_time < hours.closes + 15 * MINUTE
    assert ticks_of(updates)[0].at >= hours.opens + 60 * MINUTE


async def test_every_page_says_that_the_market_is_invented() -> None:
    updates = await until(provider().updates(None), is_closed)

    for update in updates[::50]:
        clock = partials.clock(update.clock, update.clock.market_time, True, View())
        assert "invented market, no real company or price" in clock


def test_the_first_hour_of_the_first_session_counts_as_published() -> None:
    published = daily(provider().published_ticks(None))

    minutes = bars.from_minutes(bars.minutes(MARKET, BEGINS, SPACING, count=60))
    assert published == sorted(bar._replace(ticks=None) for bar in minutes)


async def test_trading_begins_before_the_next_session() -> None:
    updates = await until(
        provider().updates(None), lambda update: update.clock.session != BEGINS.isoformat() and bool(update.ticks)
    )

    hours = regular(calendar.next_session(BEGINS))
    assert hours.opens - 30 * MINUTE <= updates[-1].ticks[0].at < hours.opens
    assert updates[-1].clock.hours == "before the session"


async def test_the_next_session_begins_when_an_administrator_ends_the_pause() -> None:
    market = provider(pace=FAST._replace(pause_seconds=3600))
    updates = market.updates(None)
    async with asyncio.timeout(20):
        while not is_closed(await anext(updates)):
            pass
        market.end_pause()
        while is_closed(update := await anext(updates)):
            pass
    await updates.aclose()

    assert update.clock.session == calendar.next_session(BEGINS).isoformat()


async def test_the_market_begins_again_before_it_overtakes_today() -> None:
    last = calendar.previous_session(TODAY)
    near_the_end = provider().position(last, 430)

    market = provider()
    updates = await until(
        market.updates(_encoded(near_the_end)), lambda update: update.clock.session != last.isoformat()
    )

    assert updates[0].clock.session == last.isoformat()
    assert updates[-1].clock.session == BEGINS.isoformat()
    assert updates[-1].clock.state == "open"


@pytest.mark.parametrize("day", [TODAY, date(2027, 3, 1)])
async def test_a_position_that_is_not_before_today_is_not_resumed(day: date) -> None:
    update = (await until(provider().updates(_encoded(position(day, 5))), lambda _: True))[0]

    assert update.clock.session == BEGINS.isoformat()


async def test_an_interrupted_session_resumes_where_it_stopped() -> None:
    whole = ticks_of(await until(provider().updates(None), is_closed))
    first = (await until(provider().updates(None), is_closed))[:300]

    rest = await until(provider().updates(first[-1].position), is_closed)

    assert ticks_of(first) + ticks_of(rest) == whole


def test_one_symbol_a_session_is_halted() -> None:
    session = MARKET.session(BEGINS)

    assert len(session.halts) == 1
    ((number, halt),) = session.halts.items()
    traded = [number in session.trades(minute, 5.0).symbols for minute in range(halt.since, halt.until)]
    assert not any(traded)


def test_a_half_day_ends_at_one() -> None:
    half = date(2025, 11, 28)

    assert schedule.hours(half).closes == regular(half).opens + 3.5 * 3600 + 15 * MINUTE


def test_changes_are_measured_against_the_stored_close() -> None:
    before = calendar.previous_session(BEGINS)
    closes = {bar.symbol: bar.close for bar in bars.daily(MARKET, before, before)}

    assert {symbol: provider().previous_close(symbol, BEGINS.isoformat()) for symbol in closes} == closes
    assert provider().previous_close("AAPL", BEGINS.isoformat()) is None


def _encoded(mark: MarketPosition) -> bytes:
    return msgspec.json.encode(mark)
