"""Recorded gaps: from the first minute without a bar to the first complete one, within sessions."""

import asyncio
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.storage.gaps import FeedGap, in_sessions
from app.engine.storage.store import Store
from app.finance import calendar
from app.finance.clock import MarketClock
from app.finance.sessions import MINUTE, regular, trading_date
from tests.support.engine_ticks import CLOSES, DAY, OPENS, bars, gaps, intake_and_store, tick

FRIDAY = date(2012, 8, 31)
INSTANT = st.floats(regular(FRIDAY).opens - 7200, CLOSES + 7200)


@given(INSTANT, INSTANT)
def test_a_gap_begins_before_it_ends_and_lies_in_its_session(began: float, ended: float) -> None:
    gaps = in_sessions("redis", began, ended, 3)

    for gap in gaps:
        session = regular(trading_date(gap.began))
        assert calendar.is_session(session.day)
        assert session.opens <= gap.began < gap.ended <= session.closes
        assert began <= gap.began
        assert gap.ended <= ended
    missing = sum(max(0.0, min(ended, regular(day).closes) - max(began, regular(day).opens)) for day in (FRIDAY, DAY))
    assert sum(gap.ended - gap.began for gap in gaps) == pytest.approx(missing)


def test_a_gap_outside_sessions_or_backwards_in_time_is_no_gap() -> None:
    assert in_sessions("redis", CLOSES + 10, CLOSES + 1800, 3) == []
    assert in_sessions("restart", OPENS + 600, OPENS + 300, 3) == []
    assert in_sessions("restart", CLOSES - 60, CLOSES + 1800, 3) == [FeedGap("restart", CLOSES - 60, CLOSES, 3)]


async def store_after_interruption(lost_at: int, seconds_lost: int, look_every: int) -> Store:
    """What an engine stores of a tick a second, of which some are lost."""
    intake, store = intake_and_store()
    intake.handle(tick(OPENS), 0.0)
    lost = False
    for second in range(1, 2400):
        at = OPENS + second
        if lost_at < second <= lost_at + seconds_lost:
            lost = True
            continue
        if lost:
            intake.record_gap("redis", at)
            lost = False
        intake.handle(tick(at), 0.0)
        if look_every and second % look_every == 0:
            intake.advance_clock(MarketClock("test", "", DAY.isoformat(), at, at, 1.0, "open"), at)
            await intake.analyse_closed()
    intake.advance_clock(MarketClock("test", "", DAY.isoformat(), OPENS + 2400, 0.0, 0.0, "paused"), 9e9)
    await intake.analyse_closed()
    return store


@given(st.integers(0, 1500), st.integers(1, 400), st.integers(0, 3))
def test_every_minute_is_stored_completely_or_recorded_as_missing(
    lost_at: int, seconds_lost: int, look_every: int
) -> None:
    """Ticks come once a second but for a stretch; every minute is either whole or in the gap. Nobody can tell that no
    tick is missing of the minutes of the last one before and the first one after."""
    store = asyncio.run(store_after_interruption(lost_at, seconds_lost, look_every))

    volumes = {bar.start: bar.volume for bar in bars(store)}
    missing = [minute for began, ended in gaps(store) for minute in range(int(began), int(ended), MINUTE)]
    assert sorted([*volumes, *missing]) == [OPENS + MINUTE * number for number in range(len(volumes) + len(missing))]
    assert set(volumes.values()) == {60}
    touched = range(lost_at // 60, (lost_at + seconds_lost + 1) // 60 + 1)
    assert [int(minute - OPENS) // 60 for minute in missing] == list(touched)


def test_after_a_restart_the_gap_begins_where_the_stored_minutes_end() -> None:
    intake, store = intake_and_store()
    intake.seed({}, OPENS + 600)

    intake.record_gap("restart", OPENS + 905.5)

    assert gaps(store) == [(OPENS + 600, OPENS + 960)]


def test_an_engine_down_over_night_records_the_gaps_of_both_sessions() -> None:
    intake, store = intake_and_store()
    closes = regular(FRIDAY).closes
    intake.seed({}, closes - 300)

    intake.record_gap("restart", OPENS + 905.5)

    assert gaps(store) == [(closes - 300, closes), (OPENS, OPENS + 960)]


def test_a_session_received_from_its_first_minute_has_no_gap() -> None:
    intake, store = intake_and_store()
    intake.seed({}, regular(FRIDAY).closes)

    assert intake.record_gap("restart", OPENS + 2) == OPENS
    assert gaps(store) == []


async def test_a_first_start_in_mid_minute_skips_that_minute_without_a_gap() -> None:
    intake, store = intake_and_store()

    assert intake.record_gap("restart", OPENS + 30) == OPENS + 60
    for second in (30, 59, 60, 119, 120):
        intake.handle(tick(OPENS + second), 0.0)
    await intake.analyse_closed()

    assert gaps(store) == []
    assert [bar.start for bar in bars(store)] == [OPENS + 60]
