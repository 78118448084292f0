"""Equal prices, and differences below one tick, yield no signal."""

import math
from itertools import pairwise

import numpy as np
import pytest

from app.finance import candles, crossings, levels, studies
from app.finance.bars import Bar
from app.finance.panel import Panel, walk
from app.finance.shape import PatternMatch
from app.finance.tick_size import side, tick_sizes

DAY = 86400.0


def pegged(price: float, count: int = 25, symbol: str = "PEG") -> list[Bar]:
    return [Bar(symbol, "daily", DAY * n, price, price, price, price, 1000) for n in range(count)]


def with_closes(before: list[Bar], *closes: float) -> list[Bar]:
    """Bars after those, each from the close before it to its own."""
    ends = [before[-1].close, *closes]
    return [
        *before,
        *(
            Bar(before[0].symbol, "daily", DAY * (len(before) + n), one, max(one, end), min(one, end), end, 1000)
            for n, (one, end) in enumerate(pairwise(ends))
        ),
    ]


def words(panel: Panel) -> dict[str, str]:
    """Those that are said of the last bar, by the indicator."""
    readings = studies.read(panel, np.zeros(len(panel)))
    close = panel.close[:, -1]
    signals = {name: studies.signals(name, parts, close, panel.tick_size)[-1] for name, parts in readings.items()}
    return {name: word for name, word in signals.items() if word}


def value(panel: Panel, name: str, part: str = "value") -> float:
    return float(studies.read(panel)[name][part][-1])


def patterns(panel: Panel) -> list[PatternMatch]:
    every = lambda _name: 0.0  # noqa: E731
    return [*candles.find(panel, every), *levels.find(panel, every), *crossings.find(panel, every)]


@pytest.mark.parametrize("count", [25, 90, 300])
@pytest.mark.parametrize(
    ("symbol", "price"), [("PEG", 10.0), ("PEG", 10.01), ("PEG", 0.37), ("PEG", 1234.56), ("X:USDTUSD", 1.0001)]
)
def test_a_constant_price_has_no_signal_and_no_pattern(symbol: str, price: float, count: int) -> None:
    panel = walk(pegged(price, count, symbol), count)

    readings = studies.read(panel, np.zeros(count))

    assert {name: set(studies.signals(name, parts, panel.close[:, -1])) for name, parts in readings.items()} == {
        study.name: {""} for study in studies.STUDIES
    }
    assert (value(panel, "RSI14"), value(panel, "STOCH14"), value(panel, "STOCH14", "signal")) == (50.0, 50.0, 50.0)
    assert value(panel, "relative_volume") == 1.0
    assert float(readings["relative_strength"]["value"][-1]) == 1.0
    assert patterns(panel) == []


def test_too_few_constant_bars_have_no_indicator_value() -> None:
    assert math.isnan(value(walk(pegged(10.0, 14), 1), "RSI14"))
    assert math.isnan(value(walk(pegged(10.0, 17), 1), "STOCH14"))


def test_a_price_constant_since_its_fall_is_no_longer_oversold() -> None:
    falling = with_closes(pegged(40.0), *(40.0 - n for n in range(1, 21)))
    panel = walk(with_closes(falling, *[20.0] * 15), 1)

    assert words(walk(falling, 1))["RSI14"] == "OVERSOLD"
    assert words(walk(falling, 1))["ADX14"] == "BEARISH"
    assert value(panel, "RSI14") == 50.0
    assert [value(panel, "ADX14", part) for part in ("value", "plus_di", "minus_di")] == [0.0, 0.0, 0.0]
    assert not words(panel).keys() & {"RSI14", "ADX14"}


@pytest.mark.parametrize(("last", "word"), [(10.0095, ""), (9.9905, ""), (10.02, "ABOVE"), (9.98, "BELOW")])
def test_a_price_is_above_or_below_its_average_by_at_least_one_tick(last: float, word: str) -> None:
    panel = walk(with_closes(pegged(10.0, 60), last), 1)

    assert words(panel).get("SMA50", "") == word
    assert words(panel).get("EMA26", "") == word


@pytest.mark.parametrize(("tick_size", "word"), [(None, ""), (0.01, ""), (0.001, "ABOVE"), (0.05, "")])
def test_the_tick_size_of_the_instrument_is_used(tick_size: float | None, word: str) -> None:
    panel = walk(with_closes(pegged(10.0, 60), 10.005), 1, tick_size=tick_size)

    assert words(panel).get("SMA20", "") == word


@pytest.mark.parametrize(
    ("histogram", "word"), [(0.0, ""), (0.009, ""), (-0.009, ""), (0.01, "BULLISH"), (-0.01, "BEARISH")]
)
def test_the_macd_is_bullish_or_bearish_from_one_tick_off_its_signal_line(histogram: float, word: str) -> None:
    parts = {"value": np.zeros(1), "signal": np.array([-histogram]), "histogram": np.array([histogram])}

    assert studies.signals("MACD", parts, np.array([10.0])) == [word]


def test_equal_directional_movements_have_no_direction() -> None:
    parts = {"value": np.array([40.0]), "plus_di": np.array([20.0]), "minus_di": np.array([20.0])}

    assert studies.signals("ADX14", parts, np.array([10.0])) == [""]


def test_a_surge_of_volume_on_a_bar_without_a_body_is_neutral() -> None:
    series = [Bar("BF/B", "1min", 60.0 * n, 10, 10.1, 9.9, 10, 1000) for n in range(70)]
    series[-1] = series[-1]._replace(volume=9000)

    surge = next(one for one in patterns(walk(series, 1)) if one.pattern == "VolumeSpike")

    assert surge.direction == "neutral"


@pytest.mark.parametrize("by", [0.004, -0.004])
def test_a_move_below_one_tick_is_no_breakout_no_gap_and_no_crossing(by: float) -> None:
    series = [Bar("BF/B", "daily", DAY * n, 10, 10.02, 9.98, 10, 1000) for n in range(90)]
    beyond = 10.02 + by if by > 0 else 9.98 + by
    series.append(Bar("BF/B", "daily", DAY * 90, beyond, beyond, beyond, beyond, 1000))

    names = {"BreakoutHigh", "BreakdownLow", "GapUp", "GapDown"}
    assert names & {one.pattern for one in patterns(walk(series, 1))} == set()
    assert names & {one.pattern for one in patterns(walk(series, 1, tick_size=0.001))} != set()


def test_an_average_is_crossed_once_however_often_the_price_comes_within_a_tick_of_it() -> None:
    closes = [10.0 - 0.05 * (n % 2) for n in range(90)]
    series = with_closes(pegged(10.0, 10), *closes, 10.2, 10.0, 9.995, 10.2, 9.7)
    panel = walk(series, 5)

    sides = [(one.row, one.pattern) for one in crossings.find(panel, lambda name: 0.0 if "SMA50" in name else 2.0)]

    assert sides == [(0, "PriceAboveSMA50"), (4, "PriceBelowSMA50")]


@pytest.mark.parametrize(
    ("symbol", "price", "expected"),
    [
        ("AAPL", 190.1, 0.01), ("BRK.A", 600_000.0, 0.01), ("PNNY", 0.37, 0.0001), ("C:EURUSD", 1.085, 0.0001),
        ("C:USDJPY", 151.23, 0.01), ("X:BTCUSD", 60_000.0, 0.01), ("X:DOTUSD", 42.0, 0.001), ("X:DOGEUSD", 0.1, 0.0001),
        ("VOD.L", 70.05, 0.05),
    ],
)  # fmt: skip
def test_the_tick_size_is_the_instruments_or_the_usual_one_for_its_price(
    symbol: str, price: float, expected: float
) -> None:
    assert tick_sizes([symbol], np.array([price]), {"VOD.L": 0.05}).tolist() == [pytest.approx(expected)]


def test_a_difference_of_exactly_one_tick_counts_whatever_its_binary_form() -> None:
    cents = np.arange(1, 200_000) / 100

    assert set(side(np.diff(cents), 0.01).tolist()) == {1.0}
    assert set(side(-np.diff(cents), 0.01).tolist()) == {-1.0}
