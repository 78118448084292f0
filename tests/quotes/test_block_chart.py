"""Columns of block characters."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.quotes.charts.block_chart import BLOCKS, block_chart

PRICES = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300)


def test_each_column_is_as_high_as_its_price() -> None:
    chart = block_chart([1, 2, 3, 4, 5, 6, 7, 8], 8, 1)

    assert chart.rows == ("▁▂▃▄▅▆▇█",)
    assert (chart.low, chart.high) == (1, 8)


def test_a_column_goes_on_in_the_row_above() -> None:
    assert block_chart([1, 9, 16], 3, 2).rows == (" ▁█", "▁██")


def test_the_last_of_several_prices_counts() -> None:
    assert block_chart([1, 9, 1, 1, 8, 8, 1, 16], 4, 2).rows == block_chart([9, 1, 8, 16], 4, 2).rows


@pytest.mark.parametrize("prices", [[5.0], [5.0] * 90, [-3.0, -3.0]])
def test_equal_prices_stand_at_half_the_height(prices: list[float]) -> None:
    chart = block_chart(prices, 40, 3)

    assert {*chart.rows[0]} == {" "}
    assert {*chart.rows[2]} == {"█"}


@given(PRICES, st.integers(1, 80), st.integers(1, 12))
def test_any_prices_give_a_chart_of_the_size(prices: list[float], width: int, height: int) -> None:
    chart = block_chart(prices, width, height)

    assert [len(row) for row in chart.rows] == [min(width, len(prices))] * height
    assert {*"".join(chart.rows)} <= {*BLOCKS}
    assert math.isclose(chart.low, min(chart.low, prices[-1]))
    assert " " not in chart.rows[-1]
