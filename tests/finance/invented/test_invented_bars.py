"""Bars of the invented market: days, minutes, and that the feed plays the same minutes."""

from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from app.finance.bars import Bar
from app.finance.invented import bars
from app.finance.invented.prices import InventedPrices, cents
from app.finance.sessions import regular
from app.ingest import session_ticks
from tests.support.invented_market import SPACING, prices

DAY = date(2019, 7, 3)
"""A half-day."""


@pytest.fixture(scope="module")
def market() -> InventedPrices:
    return prices()


@pytest.fixture(scope="module")
def minutes(market: InventedPrices) -> list[Bar]:
    return bars.minutes(market, DAY, SPACING)


def test_days_are_whole_bars_from_open_to_close(market: InventedPrices) -> None:
    days = bars.daily(market, date(2019, 6, 3), date(2019, 7, 3))

    assert len(days) == 23 * 123
    assert all(0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in days)
    assert [(bar.symbol, bar.start) for bar in days[:24]] == sorted((bar.symbol, bar.start) for bar in days[:24])
    closes = cents(market.prices(DAY).closes)
    assert {bar.symbol: bar.close for bar in days if bar.day == DAY} == dict(
        zip(market.symbols, closes.tolist(), strict=True)
    )


def test_minutes_are_of_the_regular_hours_and_add_up_to_the_day(market: InventedPrices, minutes: list[Bar]) -> None:
    hours = regular(DAY)
    assert {bar.start for bar in minutes} == set(map(float, hours.minutes))

    days = {bar.symbol: bar for bar in bars.from_minutes(minutes)}
    usual = {bar.symbol: bar for bar in bars.daily(market, DAY, DAY)}
    assert days.keys() == usual.keys()
    assert all((days[symbol].open, days[symbol].close) == (bar.open, bar.close) for symbol, bar in usual.items())
    traded = [days[symbol].volume / bar.volume for symbol, bar in usual.items() if symbol != "INV120"]
    ranges = [(days[symbol].high / days[symbol].low - 1) / (bar.high / bar.low - 1) for symbol, bar in usual.items()]
    assert np.median(traded) == pytest.approx(1, abs=0.1)
    assert np.median(ranges) == pytest.approx(1, abs=0.25)


def test_days_of_several_sessions_are_told_apart(market: InventedPrices, minutes: list[Bar]) -> None:
    two = bars.from_minutes([*bars.minutes(market, date(2019, 7, 2), SPACING, count=30), *minutes])

    assert [bar.day for bar in two if bar.symbol == "BRKH.B"] == [date(2019, 7, 2), DAY]


def test_the_first_minutes_of_a_session_are_those_of_the_whole(market: InventedPrices, minutes: list[Bar]) -> None:
    assert bars.minutes(market, DAY, SPACING, count=10) == minutes[: len(bars.minutes(market, DAY, SPACING, count=10))]


def test_the_feed_plays_the_minutes_that_are_stored(market: InventedPrices, minutes: list[Bar]) -> None:
    session = market.session(DAY)
    minute = session.session.since + 7
    played: dict[str, list[float]] = defaultdict(list)
    for tick in session_ticks.ticks(session, market.symbols, minute, SPACING, "invented"):
        played[tick.symbol].append(tick.price)

    stored_bars = {bar.symbol: bar for bar in minutes if bar.start == session.begins + 60 * minute}
    assert stored_bars.keys() == played.keys()
    for symbol, ticks in played.items():
        bar = stored_bars[symbol]
        assert (ticks[0], max(ticks), min(ticks), ticks[-1]) == (bar.open, bar.high, bar.low, bar.close)
