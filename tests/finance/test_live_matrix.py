"""A matrix that follows the bars in memory is the one that would be built of them, and says what differs."""

import asyncio
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.finance.bar_series import BarSeries
from app.finance.bars import DAY, Bar
from app.finance.live_matrix import LiveMatrix
from app.finance.matrix import BarMatrix
from tests.support.bar_matrices import SPLITS, SYMBOLS

FIRST = 1346630400.0 - 40 * DAY
ARRAYS = BarMatrix._fields[2:]


def day(symbol: str, number: int, price: float) -> Bar:
    return Bar(symbol, "daily", FIRST + number * DAY, price, price + 2, price - 1, price + 1, int(1000 * price))


def filled(days: int) -> BarSeries:
    series = BarSeries("daily", SPLITS)
    for number in range(days):
        for place, symbol in enumerate(SYMBOLS):
            series.add(day(symbol, number, 10 + place + number))
    return series


SYMBOL, PRICE = st.sampled_from(SYMBOLS), st.floats(0.5, 900).map(lambda price: round(price, 2))
STEPS = st.lists(
    st.tuples(
        st.lists(st.builds(day, SYMBOL | st.just("NEW"), st.integers(25, 42), PRICE), max_size=3),
        st.lists(st.builds(day, SYMBOL, st.integers(38, 42), PRICE), max_size=4, unique_by=lambda bar: bar.symbol),
        st.sampled_from((0.0, 0.0, FIRST + 36 * DAY)),
    ),
    max_size=8,
)
"""Bars that close, those that run meanwhile, and the start from which on bars are end before."""


@given(steps=STEPS)
@settings(max_examples=80, deadline=None)
def test_it_is_the_matrix_of_the_bars_after_every_step(steps: Sequence[tuple[list[Bar], list[Bar], float]]) -> None:
    asyncio.run(_follow(steps))


async def _follow(steps: Sequence[tuple[list[Bar], list[Bar], float]]) -> None:
    series = filled(39)
    live, before = LiveMatrix(series), None
    for closing, running, end in [([], [], 0.0), *steps]:
        if end:
            series.forget_after(end)
        for bar in closing:
            series.add(bar)
        matrix, change = await live.update(running), live.take_change()
        fresh = series.matrix(list(dict.fromkeys([*series.rows, *(bar.symbol for bar in running)])), running)
        assert list(matrix.symbols) == list(fresh.symbols)
        for name in ARRAYS:
            np.testing.assert_array_equal(getattr(matrix, name), getattr(fresh, name), name)
        if change and before:
            unchanged = np.setdiff1d(np.arange(len(matrix.symbols)), change.rows)
            until = -1 if change.newest else matrix.width
            for name in ARRAYS[:-2]:
                one, other = (getattr(each, name)[unchanged, :until] for each in (before, matrix))
                np.testing.assert_array_equal(one, other, name)
        before = matrix._replace(**{name: getattr(matrix, name).copy() for name in ARRAYS})


async def test_running_days_that_move_change_their_newest_bar_alone() -> None:
    live = LiveMatrix(filled(39))
    first, later = ([day(symbol, 39, price) for symbol in SYMBOLS] for price in (7.0, 8.0))
    await live.update(first)
    assert live.take_change() is None

    for running, newest in ((later, True), (later, False), (first, True)):
        await live.update(running)
        change = live.take_change()
        assert change
        assert (change.rows.tolist(), change.newest) == ([], newest)


async def test_changes_that_nobody_took_are_not_lost() -> None:
    series = filled(39)
    live = LiveMatrix(series)
    await live.update()
    live.take_change()
    series.add(day(SYMBOLS[1], 39, 5.0))
    await live.update()
    series.add(day(SYMBOLS[0], 39, 5.0))

    await live.update()

    change = live.take_change()
    assert change
    assert change.rows.tolist() == [0, 1]


async def test_only_other_splits_and_tick_sizes_make_everything_new() -> None:
    series = filled(39)
    live = LiveMatrix(series)
    await live.update()
    live.take_change()

    series.splits, series.tick_sizes = dict(series.splits), dict(series.tick_sizes)
    await live.update()
    assert live.take_change()

    series.tick_sizes = {SYMBOLS[0]: 0.5}
    assert (await live.update()).tick_size[0, -1] == 0.5
    assert live.take_change() is None
