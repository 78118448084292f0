from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from app.finance import candles, crossings, history, levels, studies
from app.finance.bars import Bar
from app.finance.panel import Panel, walk
from app.finance.shape import PatternMatch

SHIPPED = Path("config/history/us-equities-daily.csv.gz")
HISTORY = history.read(SHIPPED)
APPLE = [bar for bar in HISTORY if bar.symbol == "AAPL"]


def bars(*rows: tuple[float, float, float, float], volume: int = 1000) -> list[Bar]:
    return [Bar("BF/B", "1min", 60.0 * number, *row, volume) for number, row in enumerate(rows)]


def falling(count: int) -> list[tuple[float, float, float, float]]:
    return [(100 - n, 100.2 - n, 98.8 - n, 99 - n) for n in range(count)]


def at_least(confidence: float) -> Callable[[str], float]:
    return lambda _name: confidence


def find(series: list[Bar], last: int, confidence: float) -> list[PatternMatch]:
    return candles.find(walk(series, last), at_least(confidence))


def test_a_hammer_after_a_fall_is_bullish_with_high_confidence() -> None:
    series = bars(*falling(40), (60.0, 60.25, 55.0, 60.2))
    series[-1] = series[-1]._replace(volume=3000)

    panel = walk(series, 1)
    matches = candles.find(panel, at_least(0.7))

    assert [(one.pattern, one.direction) for one in matches] == [("Hammer", "bullish")]
    assert matches[0].confidence > 0.9
    assert studies.relative_volume(panel).tolist() == [3.0]


def test_the_same_candle_without_a_fall_has_low_confidence() -> None:
    flat = [(100.0, 100.6, 99.4, 100.0 + (-1) ** n * 0.3) for n in range(40)]

    patterns = find(bars(*flat, (100.0, 100.25, 95.0, 100.2)), 1, 0.0)

    assert all(one.confidence < 0.7 for one in patterns)


def test_patterns_are_reported_for_the_last_bars_only() -> None:
    series = bars(*falling(40), (60.0, 60.25, 55.0, 60.2), (60.2, 60.4, 60.0, 60.3))

    assert [one.pattern for one in find(series, 2, 0.6) if one.row == 0] == ["Hammer"]
    assert {one.row for one in find(series, 1, 0.0)} <= {0}


def test_every_candlestick_function_of_talib_is_used_once() -> None:
    functions = [f"CDL{candle.function}" for candle in candles.CANDLES]

    assert sorted(functions) == sorted(talib.get_function_groups()["Pattern Recognition"])
    assert len(functions) == 61


@pytest.mark.parametrize("symbol", ["AAPL", "IBM"])
def test_many_symbols_at_once_match_talib_on_each_whole_series(symbol: str) -> None:
    series = [bar for bar in HISTORY if bar.symbol == symbol]
    columns = [np.array([bar[field] for bar in series]) for field in (3, 4, 5, 6)]

    signs = candles.signs(walk(series, len(series)))

    count = 0
    for function, sign in zip(candles.FUNCTIONS, signs, strict=True):
        whole = function(*columns)[candles.FEWEST :]
        assert sign[candles.FEWEST :].tolist() == whole.tolist(), function
        count += np.count_nonzero(whole)
    assert count > 5000


def test_history_shows_patterns_with_a_confidence_between_0_and_1() -> None:
    patterns = find(APPLE, len(APPLE), 0.0)

    names = {one.pattern for one in patterns}
    assert names >= {"Hammer", "LongLeggedDoji", "EngulfingBullish", "EngulfingBearish", "ShootingStar"}
    assert all(0 < one.confidence <= 1 for one in patterns)
    assert {one.direction for one in patterns} == {"bullish", "bearish", "neutral"}
    assert len({one.row for one in patterns}) == len(patterns)


def flat(panel_bars: int, price: float = 100.0) -> list[tuple[float, float, float, float]]:
    """It swings by one about the price."""
    return [(price, price + 1, price - 1, price + (0.5 if n % 2 else -0.5)) for n in range(panel_bars)]


def one_by_name(matches: list[PatternMatch]) -> dict[str, PatternMatch]:
    return {one.pattern: one for one in matches}


def test_a_close_beyond_twenty_bars_is_a_breakout_with_its_level_stop_and_target() -> None:
    panel = walk(bars(*flat(80), (100, 103.2, 100, 103)), 1)

    breakout = one_by_name(levels.find(panel, at_least(0.5)))["BreakoutHigh"]

    assert breakout.direction == "bullish"
    assert breakout.levels == (("resistance", 101.0),)
    assert (breakout.stop, breakout.target) == (99.0, 105.0)
    # Two above 101 in ranges of 2 is one whole range; the close is 3/3.2 up its bar; usual volume is a third of full.
    assert breakout.confidence == round(0.25 + 0.4 * 1 + 0.15 * 3 / 3.2 + 0.2 / 3, 3)


def test_a_breakout_is_reported_once() -> None:
    panel = walk(bars(*flat(80), (100, 103.2, 100, 103), (103, 106, 102, 105)), 1)

    assert "BreakoutHigh" not in one_by_name(levels.find(panel, at_least(0.0)))


def test_a_level_tested_twice_is_support_at_the_next_touch() -> None:
    rows = [(110.0, 111.0, 109.0, 110.0)] * 90
    for place in (40, 60):
        rows[place] = (110.0, 111.0, 100.0, 110.0)
    panel = walk(bars(*rows, (110, 111, 100.2, 110.5)), 1)

    support = one_by_name(levels.find(panel, at_least(0.0)))["SupportTest"]

    assert support.direction == "bullish"
    assert support.levels == (("support", 100.0),)


def test_a_gap_and_a_volume_spike_are_detected() -> None:
    series = bars(*flat(80), (104, 105, 103.5, 104.5))
    series[-1] = series[-1]._replace(volume=6000)

    patterns = one_by_name(levels.find(walk(series, 1), at_least(0.0)))

    assert patterns["GapUp"].levels == (("support", 101.0),)
    assert patterns["VolumeSpike"].confidence == round(0.25 + 0.4 + 0.15 * 1 / 1.5 + 0.2, 3)


def test_a_golden_cross_comes_where_the_averages_cross_and_only_there() -> None:
    closes = [200.0 - 0.2 * n for n in range(230)] + [154.0 + 1.5 * n for n in range(120)]
    series = bars(*[(close, close + 1, close - 1, close) for close in closes])
    panel = walk(series, 140)

    rows = [one.row for one in crossings.find(panel, at_least(0.0)) if one.pattern == "GoldenCross"]

    line = np.array(closes)
    gap = (talib.SMA(line, 50) - talib.SMA(line, 200))[-140:]
    expected = [row for row in range(1, 140) if gap[row - 1] <= 0 < gap[row]]
    assert rows == expected
    assert len(rows) == 1


def test_macd_crosses_where_talibs_histogram_changes_its_sign() -> None:
    panel = walk(APPLE[-190:], 100)

    crosses = {one.row: one.pattern for one in crossings.find(panel, at_least(0.0)) if one.pattern.startswith("MACD")}

    histogram = talib.MACD(np.array([bar.close for bar in APPLE[-190:]]), 12, 26, 9)[2][-101:]
    expected = {
        row: "MACDCrossUp" if histogram[row + 1] > 0 else "MACDCrossDown"
        for row in range(100)
        if (histogram[row] > 0) != (histogram[row + 1] > 0)
    }
    assert crosses == expected


def everything(panel: Panel) -> list[PatternMatch]:
    sure = at_least(0.0)
    return [*candles.find(panel, sure), *levels.find(panel, sure), *crossings.find(panel, sure)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.floats(0.01, 1e6), min_size=4, max_size=4), min_size=1, max_size=90), st.integers(1, 40))
def test_extreme_bars_break_no_pattern_and_no_indicator(prices: list[list[float]], last: int) -> None:
    rows = [sorted(four) for four in prices]
    series = bars(*[(one, high, low, other) for low, one, other, high in rows], volume=0)

    panel = walk(series, last)

    assert all(0 <= one.confidence <= 1 for one in everything(panel))
    assert all(len(column) == len(panel) for parts in studies.read(panel).values() for column in parts.values())
