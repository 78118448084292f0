"""Bars, splits and dividends of the invented market before the moment at which it is played."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.finance import calendar
from app.finance.bars import DAY, Bar, day_start
from app.finance.invented.prices import InventedPrices, SessionFigures, cents
from app.finance.invented.session import Floats
from app.finance.sessions import trading_date


class InventedActions(NamedTuple):
    """Of one session: by symbol the shares for one before, and the dividend of a share in USD."""

    day: date
    splits: dict[str, float]
    payouts: dict[str, float]


def daily(prices: InventedPrices, first: date, last: date) -> list[Bar]:
    """Of the sessions from `first` to `last`, both included; by symbol, oldest first."""
    days = [prices.figures(day) for day in calendar.sessions(first, last)]
    rows = [_daily_rows(prices, figures) for figures in days]
    return [
        Bar(symbol, "daily", day_start(figures.day), *of_day[number])
        for number, symbol in enumerate(prices.symbols)
        for figures, of_day in zip(days, rows, strict=True)
    ]


def from_minutes(minutes: list[Bar]) -> list[Bar]:
    """The daily bars that these minutes add up to; by symbol, oldest first."""
    return [_sum(list(own)) for _, own in groupby(sorted(minutes), key=lambda bar: (bar.symbol, bar.start // DAY))]


def minutes(prices: InventedPrices, day: date, spacing: float, count: int | None = None) -> list[Bar]:
    """The first `count` minutes of a session's regular hours, or all of them; by minute, then by symbol. `spacing`: as
    the feed plays the session."""
    session = prices.session(day)
    until = session.session.until if count is None else session.session.since + count
    return [bar for minute in range(session.session.since, until) for bar in session.bars(minute, spacing)]


def actions(prices: InventedPrices, first: date, last: date) -> Iterator[InventedActions]:
    """Of the sessions that have any."""
    for day in calendar.sessions(first, last):
        figures = prices.figures(day)
        splits = _by_symbol(prices, figures.ratios, figures.ratios != 1)
        payouts = _by_symbol(prices, figures.payouts, figures.payouts > 0)
        if splits or payouts:
            yield InventedActions(day, splits, payouts)


def _by_symbol(prices: InventedPrices, values: Floats, which: NDArray[np.bool_]) -> dict[str, float]:
    return {prices.symbols[number]: float(values[number]) for number in np.flatnonzero(which)}


def _daily_rows(prices: InventedPrices, figures: SessionFigures) -> list[tuple[float, float, float, float, int]]:
    """Open, high, low, close and volume of each symbol. High and low are those of a Brownian bridge."""
    _, opens, closes = figures.prices
    generator = prices.generator(4, figures.day.toordinal())
    reach = [_reach(closes - opens, prices.volatility, generator) for _ in range(2)]
    highs, lows = (opens + closes + reach[0]) / 2, (opens + closes - reach[1]) / 2
    columns = *map(cents, (opens, highs, lows, closes)), np.maximum(1, figures.volumes).astype(np.int64)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _reach(moves: Floats, volatility: Floats, generator: np.random.Generator) -> Floats:
    """Twice the distance of a bridge's extreme from the middle between its ends."""
    return np.asarray(np.sqrt(moves**2 - 2 * volatility**2 * np.log(generator.uniform(1e-9, 1.0, len(moves)))))


def _sum(minutes: list[Bar]) -> Bar:
    first, last = minutes[0], minutes[-1]
    start, volume = day_start(trading_date(first.start)), sum(bar.volume for bar in minutes)
    high, low = max(bar.high for bar in minutes), min(bar.low for bar in minutes)
    return Bar(first.symbol, "daily", start, first.open, high, low, last.close, volume)
