"""Bars that are added to those in memory make the same longer bars as all of them at once."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance import half_hours, longer_series, periods
from app.finance.bars import DAY, Bar, Timeframe, day_of, day_start
from app.finance.columns import Columns
from app.finance.panel import Floats, fields
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import regular

SYMBOL = "BRK.B"
FRIDAY, MONDAY = regular(day_of(1_344_556_800.0)), regular(day_of(1_344_816_000.0))


def bars(timeframe: Timeframe, starts: Sequence[float]) -> Columns:
    own = [fields(Bar(SYMBOL, timeframe, start, 10 + n, 12 + n, 9 + n, 11 + n, 100)) for n, start in enumerate(starts)]
    return Columns(timeframe, (SYMBOL,), np.array([0]), np.array(own, dtype=np.float64).T)


def of(columns: Columns, first: int, last: int) -> Columns:
    return columns._replace(values=columns.values[:, first:last])


def every(series: SeriesByTimeframe, timeframes: Sequence[Timeframe]) -> list[Floats]:
    return [series.timeframe(timeframe).columns(SYMBOL) for timeframe in timeframes]


@pytest.mark.parametrize(
    ("short", "seconds", "timeframes"),
    [("1min", 60, ("1min", *periods.FROM_MINUTES)), ("daily", DAY, periods.DATED)],
)
@given(skips=st.lists(st.integers(1, 3), min_size=150, max_size=250), steps=st.lists(st.integers(1, 60), max_size=9))
def test_newer_bars_make_the_longer_bars_that_all_make(
    short: Timeframe, seconds: int, timeframes: Sequence[Timeframe], skips: list[int], steps: list[int]
) -> None:
    columns = bars(short, [1_344_556_800.0 + seconds * int(place) for place in np.cumsum(skips)])
    whole, grown, count = SeriesByTimeframe(), SeriesByTimeframe(), 20
    longer_series.fill(whole, columns)
    longer_series.fill(grown, of(columns, 0, count))
    for step in steps:
        longer_series.put(grown, of(columns, count - 3, count + step))
        count = min(count + step, columns.values.shape[1])
    while count < columns.values.shape[1]:
        longer_series.put(grown, of(columns, count - 1, count + 40))
        count += 40

    for one, other in zip(every(whole, timeframes), every(grown, timeframes), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_day_as_it_stands_is_made_of_the_newest_session_alone() -> None:
    starts = [FRIDAY.opens + 1800 * n for n in range(13)] + [MONDAY.opens + 1800 * n for n in (-1, 0, 1, 13)]
    every_half_hour = [Bar("AAPL", "30min", start, 10 + n, 12 + n, 9 + n, 11 + n, 7) for n, start in enumerate(starts)]

    day = half_hours.newest_day(every_half_hour)

    assert day == Bar("AAPL", "daily", day_start(MONDAY.day), 24, 27, 23, 26, 14)
    assert half_hours.newest_day(every_half_hour[-1:]) is None
