"""Technical indicators by TA-Lib for the last bar of every row of a panel."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import talib
from numpy.typing import NDArray

from app.finance.panel import USUAL_BARS, Counts, Floats, Panel
from app.finance.rolling import deviation, mean
from app.finance.series.stillness import MIDDLE, SMOOTHING, is_still, stochastic
from app.finance.tick_size import USUAL, side

OVERBOUGHT, OVERSOLD = 70.0, 30.0
STRETCHED, SPENT = 80.0, 20.0
TRENDING = 25.0
STILL_BARS = 15
STILL: Mapping[str, float] = {"RSI14": MIDDLE, "ADX14": 0.0}
"""What they are, all their parts, when no price of STILL_BARS bars differs by a tick. Wilder's means shrink at one rate
then, so that their ratio would hold the last move for ever: oversold for hours at one price."""
FEWEST_ALIKE = 5
"""Bars of the same hours, to say what is usual in them."""
STRENGTH_BARS = 20
BENCHMARK = "SPY"
"""What relative strength is measured against; where it has no bars, the mean of all symbols, each counting alike."""


class Study(NamedTuple):
    name: str
    category: str
    period: int
    needs: int
    """Bars until there is a value at all; before that nothing is said."""
    description: str


STUDIES = (
    Study("RSI14", "momentum", 14, 15, "Wilder's relative strength index, 50 at one price"),
    Study("SMA20", "trend", 20, 20, "mean of the last 20 closes"),
    Study("SMA50", "trend", 50, 50, "mean of the last 50 closes"),
    Study("SMA200", "trend", 200, 200, "mean of the last 200 closes"),
    Study("EMA12", "trend", 12, 12, "exponential mean of closes"),
    Study("EMA26", "trend", 26, 26, "exponential mean of closes"),
    Study("MACD", "momentum", 26, 34, "EMA12 less EMA26, with its 9-bar signal"),
    Study("BB20", "volatility", 20, 20, "Bollinger bands: SMA20 and two standard deviations about it"),
    Study("ATR14", "volatility", 14, 15, "Wilder's average true range, in the price's unit"),
    Study("ADX14", "trend", 14, 28, "Wilder's directional index, and its +DI and -DI"),
    Study("STOCH14", "momentum", 14, 18, "slow stochastic 14, 3, 3: %K, and %D as its signal, 50 at one price"),
    Study("relative_volume", "volume", USUAL_BARS, USUAL_BARS + 1, "volume against the mean of the 20 bars before"),
    Study(
        "relative_strength",
        "strength",
        STRENGTH_BARS,
        STRENGTH_BARS + 1,
        "growth of 20 bars against that of SPY or all",
    ),
)
"""TA-Lib computes each row by itself what remembers for ever; what looks back a fixed way goes for all rows at once."""

NEEDS: Mapping[str, int] = {study.name: study.needs for study in STUDIES}

Parts = Mapping[str, Floats]
"""By name, one number a row; NaN where there are too few bars. The one called `value` is the indicator."""


def read(panel: Panel, benchmark: Floats | None = None) -> dict[str, Parts]:
    """The STUDIES by name. `benchmark`: its growth over STRENGTH_BARS, one a row, 0.1 for 10 %."""
    studies: dict[str, Parts] = {**_means(panel), **_recursive_studies(panel)}
    studies["STOCH14"] = _stochastic(panel)
    studies["relative_volume"] = {"value": relative_volume(panel)}
    if benchmark is not None:
        studies["relative_strength"] = {"value": (1 + growth(panel)) / (1 + benchmark)}
    return {
        name: {part: _rounded(column, panel.counts, NEEDS[name]) for part, column in parts.items()}
        for name, parts in studies.items()
    }


def growth(panel: Panel) -> Floats:
    """Of the close over STRENGTH_BARS: 0.1 for 10 %; NaN where there are too few bars."""
    if panel.close.shape[1] <= STRENGTH_BARS:
        return np.full(len(panel), np.nan)
    grown = panel.close[:, -1] / panel.close[:, -1 - STRENGTH_BARS] - 1
    return np.where(panel.counts > STRENGTH_BARS, grown, np.nan)


def relative_volume(panel: Panel) -> Floats:
    """1 where nothing was traded before; NaN where too few of the bars before are of the same hours."""
    before = panel.volume[:, -1 - USUAL_BARS : -1]
    alike = np.ones(before.shape, dtype=np.bool_) if panel.alike is None else panel.alike
    alike_count = alike.sum(axis=1)
    usual = np.where(alike, before, 0).sum(axis=1) / np.maximum(alike_count, 1)
    times: Floats = np.divide(panel.volume[:, -1], usual, out=np.ones(len(panel)), where=usual > 0)
    return np.where(alike_count >= min(FEWEST_ALIKE, before.shape[1]), times, np.nan)


def signals(name: str, parts: Parts, close: Floats, tick_size: Floats | float = USUAL) -> list[str]:
    """What each row's number is taken for, in a word or none. Prices that differ by less than `tick_size` are equal,
    and what is equal has no word."""
    value = parts["value"]
    if name == "RSI14":
        return _words(value > OVERBOUGHT, "OVERBOUGHT", value < OVERSOLD, "OVERSOLD")
    if name == "STOCH14":
        return _words(value > STRETCHED, "OVERBOUGHT", value < SPENT, "OVERSOLD")
    if name == "MACD":
        return _sides(parts["histogram"], tick_size, "BULLISH", "BEARISH")
    if name == "BB20":
        above, below = side(close - parts["upper"], tick_size) > 0, side(close - parts["lower"], tick_size) < 0
        return _words(above, "ABOVE", below, "BELOW")
    if name == "ADX14":
        trending, ahead = value > TRENDING, parts["plus_di"] - parts["minus_di"]
        return _words(trending & (ahead > 0), "BULLISH", trending & (ahead < 0), "BEARISH")
    if name.startswith(("SMA", "EMA")):
        return _sides(close - value, tick_size, "ABOVE", "BELOW")
    return [""] * len(value)


def _sides(difference: Floats, tick_size: Floats | float, up: str, down: str) -> list[str]:
    sides = side(difference, tick_size)
    return _words(sides > 0, up, sides < 0, down)


def _words(one: NDArray[np.bool_], yes: str, other: NDArray[np.bool_], no: str) -> list[str]:
    words: list[str] = np.where(one, yes, np.where(other, no, "")).tolist()
    return words


def _means(panel: Panel) -> dict[str, Parts]:
    close = panel.close
    middle, reach = mean(close, 20, 1)[:, 0], 2 * deviation(close, 20, 1)[:, 0]
    return {
        "SMA20": {"value": middle},
        "SMA50": {"value": mean(close, 50, 1)[:, 0]},
        "SMA200": {"value": mean(close, 200, 1)[:, 0]},
        "BB20": {"value": middle, "upper": middle + reach, "lower": middle - reach},
    }


def _stochastic(panel: Panel) -> Parts:
    """K as the value and D as its signal."""
    prices, tick_size = (panel.high, panel.low, panel.close), panel.tick_size[:, None]
    slow = stochastic(prices, tick_size, 14, 3)
    return {"value": slow[:, -1], "signal": mean(slow, SMOOTHING, 1)[:, 0]}


def _recursive_studies(panel: Panel) -> dict[str, Parts]:
    names: tuple[tuple[str, str], ...] = (
        ("RSI14", "value"), ("EMA12", "value"), ("EMA26", "value"), ("MACD", "value"), ("MACD", "signal"),
        ("MACD", "histogram"), ("ATR14", "value"), ("ADX14", "value"), ("ADX14", "plus_di"), ("ADX14", "minus_di"),
    )  # fmt: skip
    values = np.full((len(panel), len(names)), np.nan)
    width = panel.close.shape[1]
    for row, count in enumerate(panel.counts.tolist()):
        values[row] = _of_one(*(column[row, width - count :] for column in (panel.high, panel.low, panel.close)))
    by_name: dict[str, dict[str, Floats]] = {}
    for (name, part), column in zip(names, values.T, strict=True):
        by_name.setdefault(name, {})[part] = np.where(_still(panel, name), STILL.get(name, np.nan), column)
    return {**by_name}


def _still(panel: Panel, name: str) -> NDArray[np.bool_] | bool:
    """Whether no price differed in the last 14 changes."""
    if name not in STILL:
        return False
    high, low = (panel.close, panel.close) if name == "RSI14" else (panel.high, panel.low)
    return is_still(high, low, panel.tick_size[:, None], STILL_BARS, 1)[:, 0]


def _of_one(high: Floats, low: Floats, close: Floats) -> tuple[float, ...]:
    """NaN where TA-Lib has no value yet."""
    macd = _ends(talib.MACD, close, 12, 26, 9)
    wilder = (talib.ATR, talib.ADX, talib.PLUS_DI, talib.MINUS_DI)
    return (
        talib.RSI(close, 14)[-1],
        talib.EMA(close, 12)[-1],
        talib.EMA(close, 26)[-1],
        *macd,
        *(function(high, low, close, 14)[-1] for function in wilder),
    )


def _ends(function: Callable[..., tuple[Floats, ...]], *arguments: object) -> tuple[float, ...]:
    return tuple(float(column[-1]) for column in function(*arguments))


def _rounded(column: Floats, counts: Counts, needs: int) -> Floats:
    return np.where(counts >= needs, np.round(column, 6), np.nan)
