from pathlib import Path

import numpy as np
import pytest
import talib

from app.finance import history, studies
from app.finance.bars import Bar
from app.finance.panel import Floats, walk

HISTORY = history.read(Path("config/history/us-equities-daily.csv.gz"))
WILDER = (
    54.80, 56.80, 57.85, 59.85, 60.57, 61.10, 62.17, 60.60, 62.35, 62.15, 62.35, 61.45, 62.80, 61.37, 62.50, 62.57,
    60.80, 59.37, 60.35, 62.35, 62.17, 62.55, 64.55, 64.37, 65.30, 64.42, 62.90, 61.60, 62.05, 60.05, 59.70, 60.90,
    60.25, 58.27, 58.70, 57.72, 58.10, 58.20,
)  # fmt: skip
"""The closes of the worked example in J. W. Wilder, New Concepts in Technical Trading Systems (1978), section VI."""


def bars(closes: list[float], reach: float = 1.0, volume: int = 1000) -> list[Bar]:
    return [Bar("BRK.B", "daily", 86400.0 * n, c, c + reach, c - reach, c, volume) for n, c in enumerate(closes)]


def all_of(series: list[Bar], name: str, part: str = "value") -> Floats:
    return studies.read(walk(series, len(series)))[name][part]


def at_end(series: list[Bar], name: str, part: str = "value") -> float:
    return float(studies.read(walk(series, 1))[name][part][0])


def test_rsi_matches_wilders_worked_example() -> None:
    values = all_of(bars(list(WILDER)), "RSI14")

    # 2.00 + 1.05 + 2.00 + 0.72 + 0.53 + 1.07 + 1.75 + 0.20 + 1.35 + 1.13 up, 1.57 + 0.20 + 0.90 + 1.43 down.
    gained, lost = 11.80, 4.10
    assert values[14] == pytest.approx(100 - 100 / (1 + gained / lost), abs=1e-6)
    assert [round(value, 2) for value in values[14:18]] == [74.21, 74.34, 65.87, 59.93]
    assert np.isnan(values[:14]).all()


def test_bollinger_bands_are_two_population_deviations_from_the_mean() -> None:
    """J. Bollinger, Bollinger on Bollinger Bands (2001): the deviation divides by n. Of 1 to 20 it is the root of
    (20 * 20 - 1) / 12."""
    series = bars([float(n) for n in range(1, 21)])

    deviation = ((20 * 20 - 1) / 12) ** 0.5
    assert at_end(series, "BB20") == 10.5
    assert at_end(series, "BB20", "upper") == round(10.5 + 2 * deviation, 6)
    assert at_end(series, "BB20", "lower") == round(10.5 - 2 * deviation, 6)


def test_the_slow_stochastic_matches_the_definition_of_lane() -> None:
    """J. Murphy, Technical Analysis of the Financial Markets (1999), chapter 10: %K is 100 (C - L) / (H - L) of the
    last n bars, slowed by a mean of 3. Of a rise by one a bar, with highs and lows one off, it is 14 / 15."""
    rising = bars([float(n) for n in range(1, 41)])

    assert at_end(rising, "STOCH14") == round(100 * 14 / 15, 6)
    assert at_end(rising, "STOCH14", "signal") == round(100 * 14 / 15, 6)


def test_an_exponential_average_has_the_weight_of_its_period() -> None:
    """Murphy, chapter 9: the weight is 2 / (n + 1). After a step from 0 to 1 the rest to go shrinks by that."""
    steps = bars([10.0] * 40 + [11.0] * 5)

    assert at_end(steps, "EMA12") == pytest.approx(11 - (1 - 2 / 13) ** 5, abs=1e-6)


def test_the_average_true_range_counts_gaps() -> None:
    """Wilder, section III: the greatest of high - low, |high - previous close| and |low - previous close|."""
    series = bars([100.0] * 15 + [110.0], reach=1.0)

    assert at_end(series[:15], "ATR14") == 2.0
    assert at_end(series, "ATR14") == round((2.0 * 13 + 11.0) / 14, 6)


def test_a_simple_average_is_the_mean() -> None:
    series = bars([float(n) for n in range(1, 261)])

    assert at_end(series, "SMA20") == sum(range(241, 261)) / 20
    assert at_end(series, "SMA50") == sum(range(211, 261)) / 50
    assert at_end(series, "SMA200") == sum(range(61, 261)) / 200
    assert at_end(series, "RSI14") == 100


@pytest.mark.parametrize("symbol", ["AAPL", "FB"])
def test_every_indicator_equals_talib(symbol: str) -> None:
    series = [bar for bar in HISTORY if bar.symbol == symbol][-250:]
    high, low, close = (np.array([bar[field] for bar in series]) for field in (4, 5, 6))
    upper, middle, lower = talib.BBANDS(close, 20)
    k, d = talib.STOCH(high, low, close, 14, 3, 0, 3, 0)
    macd = talib.MACD(close, 12, 26, 9)
    expected = {
        "RSI14": {"value": talib.RSI(close, 14)},
        "SMA20": {"value": talib.SMA(close, 20)},
        "SMA50": {"value": talib.SMA(close, 50)},
        "SMA200": {"value": talib.SMA(close, 200)},
        "EMA12": {"value": talib.EMA(close, 12)},
        "EMA26": {"value": talib.EMA(close, 26)},
        "MACD": dict(zip(("value", "signal", "histogram"), macd, strict=True)),
        "BB20": {"value": middle, "upper": upper, "lower": lower},
        "ATR14": {"value": talib.ATR(high, low, close, 14)},
        "ADX14": {
            "value": talib.ADX(high, low, close, 14),
            "plus_di": talib.PLUS_DI(high, low, close, 14),
            "minus_di": talib.MINUS_DI(high, low, close, 14),
        },
        "STOCH14": {"value": k, "signal": d},
    }
    enough = {study.name: study.needs for study in studies.STUDIES}

    values = studies.read(walk(series, len(series)))

    for name, parts in expected.items():
        for part, column in parts.items():
            np.testing.assert_allclose(values[name][part][enough[name] - 1 :], column[enough[name] - 1 :], atol=2e-6)
            assert np.isnan(column[: enough[name] - 1]).all() or part != "value", (name, part)


@pytest.mark.parametrize("study", studies.STUDIES, ids=lambda study: study.name)
def test_an_indicator_has_no_value_before_there_are_enough_bars(study: studies.Study) -> None:
    series = [bar for bar in HISTORY if bar.symbol == "IBM"]
    universe = np.zeros(1)

    before = studies.read(walk(series[: study.needs - 1], 1), universe)[study.name]
    after = studies.read(walk(series[: study.needs], 1), universe)[study.name]

    assert all(np.isnan(column[0]) for column in before.values())
    assert not any(np.isnan(column[0]) for column in after.values())


def test_volume_and_strength_are_relative() -> None:
    series = bars([100.0] * 20 + [110.0])
    series[-1] = series[-1]._replace(volume=2500)

    values = studies.read(walk(series, 1), np.array([0.05]))

    assert values["relative_volume"]["value"][0] == 2.5
    assert values["relative_strength"]["value"][0] == round(1.1 / 1.05, 6)


def test_without_a_universe_there_is_no_relative_strength() -> None:
    assert "relative_strength" not in studies.read(walk(bars([1.0] * 30), 1))
