"""The matrix of the engine's bars is that of the same bars as they are stored."""

import numpy as np

from app.finance.bar_series import BARS_PER_SYMBOL, BarSeries
from app.finance.bars import DAY
from app.finance.matrix import BarMatrix
from tests.support.bar_matrices import SPLITS, SYMBOLS, matrix, random_bars

BARS = random_bars("daily", 300, 4)
NEWEST = max(bar.start for bar in BARS)


def filled() -> BarSeries:
    own = BarSeries("daily", SPLITS)
    for bar in sorted(BARS, key=lambda bar: bar.start):
        own.add(bar)
    return own


def assert_equal(one: BarMatrix, other: BarMatrix) -> None:
    assert one[:2] == other[:2]
    for name in one._fields[2:]:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_the_engine_and_stored_bars_make_the_same_matrix() -> None:
    assert_equal(filled().matrix(SYMBOLS), matrix("daily", BARS, SPLITS, BARS_PER_SYMBOL))


def test_a_running_bar_follows_the_closed_ones_or_replaces_that_of_its_start() -> None:
    last = {bar.symbol: bar for bar in BARS if bar.start == NEWEST}
    following = last["IBM"]._replace(start=NEWEST + 3 * DAY, close=77.0)
    replacing = last["SPY"]._replace(close=88.0)
    older = last["BF/B"]._replace(start=NEWEST - 9 * DAY, close=99.0)
    expected = [bar for bar in BARS if bar is not last["SPY"]]

    running = filled().matrix(SYMBOLS, [following, replacing, older])

    assert_equal(running, matrix("daily", [*expected, following, replacing], SPLITS, BARS_PER_SYMBOL))
    assert 99.0 not in running.close[:, -1].tolist()


def test_a_symbol_without_bars_has_an_empty_row() -> None:
    rows = filled().matrix(["IBM", "BRK.A"])

    assert rows.counts.tolist()[1] == 0
    assert np.isnan(rows.close[1]).all()
