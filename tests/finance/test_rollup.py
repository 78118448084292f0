from datetime import date
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from app.finance.bars import Bar, day_start
from app.finance.rollup import Rollup
from app.finance.sessions import regular

OPENS = regular(date(2012, 9, 4)).opens


class Trade(NamedTuple):
    symbol: str
    at: float
    price: float
    volume: int = 1
    open: float | None = None
    high: float | None = None
    low: float | None = None


def test_a_minute_ends_with_the_first_tick_of_the_next() -> None:
    minutes = Rollup("1min")

    during = [minutes.add(Trade("BRK.B", OPENS + second, price, 5)) for second, price in ((0, 10), (20, 12), (40, 9))]
    after = minutes.add(Trade("BRK.B", OPENS + 60, 11))

    assert during == [None, None, None]
    assert after == Bar("BRK.B", "1min", OPENS, 10, 12, 9, 9, 15)


def test_a_tick_that_sums_up_a_span_brings_its_own_extremes() -> None:
    minutes = Rollup("1min")

    minutes.add(Trade("IBM", OPENS, 10, open=9.5, high=11, low=9))

    assert minutes.finish(OPENS + 1) == [Bar("IBM", "1min", OPENS, 9.5, 11, 9, 10, 1)]


def test_a_finished_bar_is_given_out_once_and_again_when_a_late_tick_changes_it() -> None:
    minutes = Rollup("1min")
    minutes.add(Trade("IBM", OPENS, 10))

    first, again = minutes.finish(OPENS + 60), minutes.finish(OPENS + 60)
    minutes.add(Trade("IBM", OPENS + 59, 12))
    changed = minutes.finish(OPENS + 60)

    assert [bar.high for bar in first] == [10]
    assert again == []
    assert [(bar.high, bar.volume) for bar in changed] == [(12, 2)]


def test_a_tick_of_an_earlier_minute_is_late() -> None:
    minutes = Rollup("1min")
    minutes.add(Trade("IBM", OPENS + 60, 10))

    assert minutes.add(Trade("IBM", OPENS + 30, 99)) is None
    assert minutes.late == 1
    running = minutes.running("IBM")
    assert running
    assert running.high == 10


def test_a_feed_that_begins_again_is_followed() -> None:
    minutes = Rollup("1min")
    minutes.add(Trade("IBM", OPENS + 86400, 10))

    minutes.add(Trade("IBM", OPENS, 20))

    running = minutes.running("IBM")
    assert running
    assert running.start == OPENS
    assert minutes.late == 0


def test_a_bar_goes_on_where_an_earlier_process_stopped() -> None:
    minutes = Rollup("1min")
    minutes.seed(Bar("IBM", "1min", OPENS, 10, 12, 9, 11, 100))

    minutes.add(Trade("IBM", OPENS + 30, 13, 5))

    assert minutes.finish(OPENS + 1) == [Bar("IBM", "1min", OPENS, 10, 13, 9, 13, 105)]


def test_a_correction_replaces_what_was_heard() -> None:
    days = Rollup("daily")
    start = day_start(date(2012, 9, 4))
    days.add(Trade("IBM", OPENS, 10))
    days.finish(start + 1)

    days.correct(Bar("IBM", "daily", start, 9, 12, 8, 11, 500))
    days.correct(Bar("IBM", "daily", start - 86400, 1, 1, 1, 1, 1))

    assert days.changed(start)
    assert days.finish(start + 1) == [Bar("IBM", "daily", start, 9, 12, 8, 11, 500)]


@given(st.lists(st.tuples(st.integers(0, 23399), st.integers(1, 1000), st.integers(0, 10**6)), min_size=1))
def test_minutes_add_up_to_their_day(points: list[tuple[int, int, int]]) -> None:
    trades = [Trade("X:BTCUSD", OPENS + second, price, volume) for second, price, volume in sorted(points)]
    minutes, days = Rollup("1min"), Rollup("daily")

    bars = [bar for trade in trades if (bar := minutes.add(trade))]
    bars += minutes.finish(float("inf"))
    for trade in trades:
        days.add(trade)
    day = days.finish(float("inf"))[0]

    assert day.volume == sum(bar.volume for bar in bars)
    assert (day.open, day.close) == (bars[0].open, bars[-1].close)
    assert (day.high, day.low) == (max(bar.high for bar in bars), min(bar.low for bar in bars))
