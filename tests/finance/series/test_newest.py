"""Indicators that remember for ever have at the newest bar what their whole series has, from their state before it."""

from functools import cache, partial

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.finance.bars import Bar, Timeframe
from app.finance.matrix import BarMatrix, MatrixChange
from app.finance.series.functions import newest_values, series
from app.finance.series.newest import NEWEST
from app.rules.operand_series import NO_VALUES, OperandSeries
from app.rules.tree import Rolling, Series
from tests.support.bar_matrices import SPLITS, SYMBOLS, matrix, random_bars

LAST_DECIMAL = 1.01e-6
"""Values are rounded; that of another order of additions may be rounded to the next one."""
close_to = partial(np.testing.assert_allclose, rtol=0, atol=LAST_DECIMAL, equal_nan=True)
keys = st.sampled_from(sorted(NEWEST))


@cache
def walks(timeframe: Timeframe, seed: int) -> list[Bar]:
    return random_bars(timeframe, 90, seed)


def with_last_price(bars: list[Bar], factor: float) -> list[Bar]:
    """The newest bar of each symbol, further up or down."""
    newest = {bar.symbol: place for place, bar in enumerate(bars)}
    own = list(bars)
    for place in newest.values():
        bar, price = bars[place], bars[place].close * factor
        own[place] = bar._replace(close=price, high=max(bar.high, price), low=min(bar.low, price))
    return own


@given(key=keys, period=st.integers(2, 60), seed=st.integers(0, 7), factor=st.sampled_from([0.7, 0.99, 1.0, 1.003, 2]))
@example(key=("adx", ""), period=14, seed=0, factor=1.0)
@settings(max_examples=150)
@pytest.mark.parametrize("timeframe", ["daily", "1min"])
def test_a_step_from_the_state_is_the_value_of_the_whole_series(
    timeframe: Timeframe, key: tuple[str, str], period: int, seed: int, factor: float
) -> None:
    field, part = key
    state = NEWEST[key].state(matrix(timeframe, walks(timeframe, seed), SPLITS), period)
    after = matrix(timeframe, with_last_price(walks(timeframe, seed), factor), SPLITS)

    close_to(newest_values(after, field, period, part, state), series(after, field, period, part, 1))


@pytest.mark.parametrize("key", sorted(NEWEST))
def test_bars_of_one_price_and_bars_that_begin_to_move_have_it_too(key: tuple[str, str]) -> None:
    field, part = key
    still = [Bar("IBM", "daily", 86400.0 * day, 5, 5, 5, 5, 100) for day in range(60)]
    before = matrix("daily", still, {})

    for price in (5, 5.01, 4.5):
        after = matrix("daily", [*still[:-1], still[-1]._replace(close=price, high=max(5, price))], {})
        value = newest_values(after, field, 14, part, NEWEST[key].state(before, 14))
        close_to(value, series(after, field, 14, part, 1))


@pytest.mark.parametrize("key", sorted(NEWEST))
def test_the_first_value_and_those_before_it_are_those_of_the_whole_series(key: tuple[str, str]) -> None:
    field, part = key
    for count in range(1, 62):
        bars = [bar for symbol in SYMBOLS for bar in walks("daily", 3) if bar.symbol == symbol][:count]
        own = matrix("daily", bars, SPLITS, 80)
        close_to(newest_values(own, field, 14, part, NEWEST[key].state(own, 14)), series(own, field, 14, part, 1))


@given(key=keys, seed=st.integers(0, 3), longer=st.sets(st.sampled_from(SYMBOLS)))
@settings(max_examples=40)
def test_states_are_taken_over_while_bars_run_and_renewed_where_one_begins(
    key: tuple[str, str], seed: int, longer: set[str]
) -> None:
    """Of the values and of a window over them."""
    operand = Series(key[0], 9, key[1])
    operands: tuple[Series | Rolling, ...] = (operand, Rolling("max", 3, operand))
    bars = walks("daily", seed)
    newest = {bar.symbol: bar for bar in bars}
    next_days = [
        *bars,
        *(newest[symbol]._replace(start=bars[-1].start + 7 * 86400) for symbol in longer & newest.keys()),
    ]
    matrices: list[tuple[BarMatrix, set[str]]] = [
        (matrix("daily", rows, SPLITS, 100), changed)
        for rows, changed in (
            (bars, set()), (with_last_price(bars, 1.01), set()), (next_days, longer),
            (with_last_price(next_days, 0.98), set()), (with_last_price(next_days, 0.98), set()),
            (with_last_price(next_days, 0.9), set()),
        )
    ]  # fmt: skip
    values = NO_VALUES
    for number, (own, changed) in enumerate(matrices):
        rows = np.flatnonzero([symbol in changed for symbol in own.symbols])
        incremental = OperandSeries(
            own, earlier=values, change=MatrixChange(rows, newest=number != 4) if number else None
        )
        whole = OperandSeries(own)
        for each in operands:
            close_to(incremental.values(each, 4), whole.values(each, 4), err_msg=f"{each} {number}")
        values = incremental.of_bars()


@pytest.mark.parametrize("key", sorted(NEWEST))
def test_a_single_bar_has_no_value_yet(key: tuple[str, str]) -> None:
    operand = Series(key[0], 9, key[1])
    one = matrix("daily", [Bar("IBM", "daily", 86400.0, 5, 5, 5, 5, 100)], {})
    before = OperandSeries(one)
    before.values(operand, 1)

    after = OperandSeries(one, earlier=before.of_bars(), change=MatrixChange(np.zeros(0, dtype=np.int64), newest=True))

    assert np.isnan(after.values(operand, 1)).all()
