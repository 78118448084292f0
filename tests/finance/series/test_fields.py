"""What each field is, worked by hand or by definition, and when it has a value."""

import math
from datetime import date

import numpy as np
import pytest

from app.finance.bars import Bar, Timeframe, day_start
from app.finance.matrix import BarMatrix
from app.finance.series.functions import FUNCTIONS, series
from app.rules.catalogue import DETECTION_NUMBERS, FIELDS, PATTERN_FIELDS
from tests.support.bar_matrices import OPENS, SYMBOLS, matrix, random_bars


def days(*closes: float, volume: int = 1000) -> BarMatrix:
    bars = [Bar("BRK.B", "daily", 86400.0 * n, c, c + 1, c - 1, c, volume) for n, c in enumerate(closes)]
    return matrix("daily", bars, {})


def last(bars: BarMatrix, field: str, period: int = 0, part: str = "") -> float:
    return float(series(bars, field, period, part)[0, -1])


def test_every_field_with_a_number_for_each_bar_has_a_function() -> None:
    apart = {*DETECTION_NUMBERS, "cap", *(field.name for field in PATTERN_FIELDS)}
    parts = {(name, part) for name, field in FIELDS.items() for part in ("", *(each.name for each in field.parts))}

    assert {key for key in parts if key[0] not in apart} == set(FUNCTIONS)


@pytest.mark.parametrize("key", sorted(FUNCTIONS), ids=".".join)
def test_a_field_has_a_value_from_the_bar_on_that_the_catalogue_says(key: tuple[str, str]) -> None:
    field = FIELDS[key[0]]
    timeframe: Timeframe = "hourly" if key[0] == "vwap" else "daily"
    bars = matrix(timeframe, random_bars(timeframe, 300, 11, ["SPY"], {}), {}, 310)
    for period in {field.period.least, field.period.usual, 30} if field.period else {0}:
        empty = np.isnan(series(bars, key[0], period, key[1]))[0]
        first = 310 - int(bars.counts[0]) + field.bars(period) - 1

        # Of a year that began lately there is a value earlier.
        assert key[0] == "ytd" or empty[:first].all(), period
        assert key[0] == "vwap" or not empty[first:].any(), period


@pytest.mark.parametrize("key", sorted(FUNCTIONS), ids=".".join)
@pytest.mark.parametrize("columns", [1, 4, 77, 500])
def test_the_last_columns_alone_are_those_of_the_whole_series(key: tuple[str, str], columns: int) -> None:
    timeframe: Timeframe = "hourly" if key[0] == "vwap" else "daily"
    bars = matrix(timeframe, random_bars(timeframe, 100, 3), {}, 100)
    for period in (5, 20, 21) if FIELDS[key[0]].period else (0,):
        whole = series(bars, key[0], period, key[1])

        assert whole.shape == (len(SYMBOLS), 100)
        np.testing.assert_array_equal(series(bars, key[0], period, key[1], columns), whole[:, -columns:])


def test_change_gap_and_span_are_in_percent() -> None:
    bars = [Bar("BF/B", "daily", 0, 98, 101, 97, 100, 5), Bar("BF/B", "daily", 86400, 103, 104, 96, 97, 8)]
    own = matrix("daily", bars, {})

    assert (last(own, "chg"), last(own, "gap"), last(own, "span")) == (-3.0, 3.0, round(100 * (104 / 96 - 1), 6))
    assert (last(own, "volume"), last(own, "money")) == (8.0, 776.0)


def test_a_change_from_a_price_that_is_not_above_zero_is_missing() -> None:
    bars = [Bar("CL", "daily", 0, -2, -1, -4, -3, 5), Bar("CL", "daily", 86400, -2, 4, -3, 3, 8)]
    own = matrix("daily", bars, {})

    assert [str(last(own, name)) for name in ("chg", "gap", "span")] == ["nan", "nan", "nan"]


def test_the_width_of_the_bands_is_four_deviations_in_percent_of_the_mean() -> None:
    own = days(*range(1, 21))
    deviation = math.sqrt((20 * 20 - 1) / 12)

    assert last(own, "bb", 20, "width") == round(100 * 4 * deviation / 10.5, 6)
    assert last(own, "bb", 20, "place") == round((20 - (10.5 - 2 * deviation)) / (4 * deviation), 6)
    assert last(days(*[33.3] * 20), "bb", 20, "place") == 0.5


def test_the_volatility_is_the_deviation_of_the_changes_of_a_year() -> None:
    closes = [100.0]
    for place in range(20):
        closes.append(closes[-1] * (1.01 if place % 2 else 0.99))

    assert last(days(*closes), "volatility", 20) == pytest.approx(100 * 0.01 * math.sqrt(252), abs=1e-6)


def test_beta_is_the_slope_of_the_changes_against_those_of_the_benchmark() -> None:
    generator = np.random.default_rng(1)
    moves = generator.normal(0, 0.01, 40)
    closes = {"SPY": np.cumprod(1 + moves) * 100, "BRK.B": np.cumprod(1 + 1.5 * moves) * 80, "BF/B": np.full(40, 9.0)}
    bars = [
        Bar(symbol, "daily", 86400.0 * place, close, close, close, close, 1)
        for symbol, own in closes.items()
        for place, close in enumerate(own.tolist())
    ]
    own = matrix("daily", bars, {})

    assert series(own, "beta", 30)[:, -1].tolist() == pytest.approx([1.0, 1.5, 0.0], abs=1e-6)


def test_the_correlation_is_that_of_the_changes_with_those_of_the_benchmark() -> None:
    generator = np.random.default_rng(1)
    market, own = generator.normal(0, 0.01, (2, 41))
    moves = {"SPY": market, "BRK.B": -2 * market, "BF/B": 0.6 * market + own, "X:BTCUSD": np.zeros(41)}
    bars = [
        Bar(symbol, "daily", 86400.0 * place, close, close, close, close, 1)
        for symbol, each in moves.items()
        for place, close in enumerate((50 * np.cumprod(1 + each)).tolist())
    ]

    values = series(matrix("daily", bars, {}), "corr", 40)[:, -1]

    expected = np.corrcoef(moves["SPY"][1:], moves["BF/B"][1:])[0, 1]
    assert values[:3].tolist() == pytest.approx([1.0, -1.0, expected], abs=1e-5)
    assert np.isnan(values[3])


def test_the_change_of_the_year_begins_at_the_last_close_of_the_year_before() -> None:
    ends = (date(2011, 12, 29), date(2011, 12, 30), date(2012, 1, 3), date(2012, 1, 4), date(2013, 1, 2))
    closes = (90.0, 100.0, 103.0, 97.0, 194.0)
    bars = [Bar("BRK.B", "daily", day_start(day), c, c, c, c, 1) for day, c in zip(ends, closes, strict=True)]

    values = series(matrix("daily", bars, {}), "ytd")[0]

    assert np.isnan(values[:2]).all()
    assert values[2:].tolist() == [3.0, -3.0, 100.0]
    assert np.isnan(last(matrix("daily", bars[2:4], {}), "ytd"))


def test_without_the_benchmark_the_market_is_the_mean_of_all_symbols() -> None:
    bars = [
        Bar(symbol, "daily", 86400.0 * place, close, close, close, close, 1)
        for symbol, rate in (("BRK.B", 1.01), ("BF/B", 1.03))
        for place, close in enumerate((100 * rate**place) for place in range(30))
    ]
    alone = matrix("daily", [bar for bar in bars if bar.symbol == "BF/B"], {})
    mean = 1 + ((1.01**20 - 1) + (1.03**20 - 1)) / 2

    strengths = series(matrix("daily", bars, {}), "rs", 20)[:, -1].tolist()

    assert strengths == pytest.approx([1.01**20 / mean, 1.03**20 / mean], abs=1e-6)
    assert np.isnan(last(alone, "rs", 20))


def test_the_volume_weighted_price_begins_anew_when_the_session_opens() -> None:
    hours = [OPENS - 1800 + 3600 * place for place in range(-2, 26)]
    prices = [10.0 + place for place in range(28)]
    bars = [
        Bar("BRK.B", "hourly", start, p, p + 1, p - 1, p, 100 * (place + 1))
        for place, (start, p) in enumerate(zip(hours, prices, strict=True))
    ]

    values = series(matrix("hourly", bars, {}), "vwap")[0]

    assert np.isnan(values[:2]).all(), "the beginning of what is traded before the opening is not in the matrix"
    assert values[2] == 12.0
    assert values[4] == round((12 * 300 + 13 * 400 + 14 * 500) / 1200, 6)
    assert values[26] == 36.0, "24 hours later"


def test_the_last_columns_of_the_session_price_of_a_coin_begin_at_midnight_utc() -> None:
    bars = [
        Bar("X:BTCUSD", "hourly", 3600.0 * hour, 10 + hour, 10 + hour, 10 + hour, 10 + hour, 1) for hour in range(30)
    ]

    values = series(matrix("hourly", bars, {}), "vwap")[0]

    assert values[[0, 23, 24, 25]].tolist() == [10.0, 21.5, 34.0, 34.5]
