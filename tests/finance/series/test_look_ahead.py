"""A value never depends on later bars: f(bars[:t])[-1] == f(bars)[t - 1] for every field f and cut t."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.finance.bars import Bar, Timeframe
from app.finance.panel import Floats
from app.finance.series.functions import FUNCTIONS, series
from app.finance.shares import Splits
from app.rules.catalogue import FIELDS
from tests.support.bar_matrices import SPLITS, matrix, random_bars, shipped_bars, shipped_splits

SHIPPED = [bar for bar in shipped_bars() if bar.day.year in (2004, 2005)]


def periods(field: str) -> st.SearchStrategy[int]:
    bounds = FIELDS[field].period
    return st.integers(bounds.least, min(bounds.most, 60)) if bounds else st.just(0)


fields = st.sampled_from(sorted(FUNCTIONS)).flatmap(lambda key: st.tuples(st.just(key), periods(key[0])))


@cache
def walks(timeframe: Timeframe, seed: int) -> list[Bar]:
    return random_bars(timeframe, 120, seed)


def values_by_symbol(
    timeframe: Timeframe, bars: Sequence[Bar], splits: Splits, field: tuple[tuple[str, str], int], at: float
) -> dict[str, float]:
    """At the bars that start then; prices and volumes as traded."""
    (name, part), period = field
    whole = matrix(timeframe, bars, splits)
    values: Floats = series(whole, name, period, part)
    if FUNCTIONS[name, part].is_price:
        values = np.round(values * whole.traded, 6)
    elif name == "volume":
        values = values / whole.traded
    rows, places = np.nonzero(whole.start == at)
    return {whole.symbols[row]: float(values[row, place]) for row, place in zip(rows, places, strict=True)}


@pytest.mark.parametrize("timeframe", ["hourly", "daily", "monthly"])
@given(field=fields, seed=st.integers(0, 5), cut=st.integers(0, 119))
@settings(max_examples=150)
def test_later_bars_change_no_value_of_random_bars(
    timeframe: Timeframe, field: tuple[tuple[str, str], int], seed: int, cut: int
) -> None:
    bars = walks(timeframe, seed)
    starts = sorted({bar.start for bar in bars})
    at = starts[cut % len(starts)]
    before = [bar for bar in bars if bar.start <= at]

    values = values_by_symbol(timeframe, before, SPLITS, field, at)

    np.testing.assert_equal(values, values_by_symbol(timeframe, bars, SPLITS, field, at))
    assert values


@given(field=fields, cut=st.integers(0, 502))
@settings(max_examples=150)
def test_later_bars_change_no_value_of_shipped_days(field: tuple[tuple[str, str], int], cut: int) -> None:
    """AAPL split its shares on 2005-02-28."""
    at = sorted({bar.start for bar in SHIPPED})[cut]
    before = [bar for bar in SHIPPED if bar.start <= at]

    np.testing.assert_equal(
        values_by_symbol("daily", before, shipped_splits(), field, at),
        values_by_symbol("daily", SHIPPED, shipped_splits(), field, at),
    )
