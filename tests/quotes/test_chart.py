import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.quotes.charts import geometry
from app.quotes.spark import HEIGHT, spark
from tests.support.quote_samples import bars, quote

prices = st.floats(min_value=0.01, max_value=1e6)


@given(low=prices, span=st.floats(min_value=0.01, max_value=1e6))
def test_there_are_four_to_six_grid_lines_inside_the_scale(low: float, span: float) -> None:
    scale = geometry.Scale(low, low + span, 1, 1)

    lines = geometry.grid_lines(scale)

    assert 4 <= len(lines) <= 6
    assert all(0 <= line.level <= 75.01 for line in lines)


@given(st.lists(st.tuples(prices, prices, prices, prices), min_size=1, max_size=50))
def test_every_candle_lies_inside_the_plot(price_tuples: list[tuple[float, ...]]) -> None:
    candles = [
        bar._replace(open=four[0], close=four[1], high=max(four), low=min(four))
        for bar, four in zip(bars("BRK.B", len(price_tuples)), price_tuples, strict=True)
    ]
    scale = geometry.fit(candles)

    assert scale is not None
    svg_path = geometry.bodies(candles, scale, "up") + geometry.bodies(candles, scale, "down")
    assert re.fullmatch(r"[MLHVvhmlzZ\d., -]*", svg_path)
    heights = [float(number) for number in re.findall(r"V([\d.-]+)", svg_path)]
    assert all(0 <= height <= geometry.PRICES for height in heights)
    assert all(scale.holds(bar) for bar in candles)


def test_a_constant_price_has_a_scale() -> None:
    scale = geometry.fit([bars("BF/B", 1)[0]._replace(open=5.0, high=5.0, low=5.0, close=5.0, volume=0)])

    assert scale is not None
    assert scale.low < 5.0 < scale.high
    assert len(geometry.grid_lines(scale)) >= 4


def test_a_price_outside_leaves_the_scale() -> None:
    candles = bars("BRK.B", 10)
    scale = geometry.fit(candles)

    assert scale is not None
    assert not scale.holds(candles[-1]._replace(high=1000.0))
    assert not scale.holds(candles[-1]._replace(volume=10**12))


def test_without_bars_there_is_no_scale() -> None:
    assert geometry.fit([]) is None


@pytest.mark.parametrize("path", [(1.0,), (2.0, 2.0, 2.0), tuple(range(200)), (1.0, 3.0, -2.0)])
def test_a_sparkline_stays_inside_its_cell(path: tuple[float, ...]) -> None:
    line = spark(quote(spark=path))

    first, _, rest = line.line.removeprefix("M0 ").partition("l")
    moves = [int(number) for number in re.findall(r"-?\d+", rest)]
    heights = list(accumulate(moves[1::2], initial=int(first))) if first else []
    assert all(0 <= height <= HEIGHT for height in heights)
    assert bool(line.line) == (len(path) > 1)
