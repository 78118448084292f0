"""Candlestick patterns by TA-Lib, each with a direction and a confidence that can be explained."""

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import talib
from numpy.typing import NDArray

from app.finance.bars import Bar

Floats = NDArray[np.float64]
Direction = Literal["bullish", "bearish", "neutral"]

TREND_BARS = 10
USUAL_BARS = 30
VOLUME_BARS = 20
LEAST, TREND, SHAPE, VOLUME = 0.25, 0.4, 0.15, 0.2
FULL_TREND, FULL_VOLUME = 2.5, 3.0
NEUTRAL = 0.75
"""confidence = LEAST + TREND * trend + SHAPE * shape + VOLUME * volume, each of the three between 0 and 1:

trend:  how far the TREND_BARS bars before the pattern moved the way it needs; 1 at FULL_TREND standard deviations of
        a random walk with the steps of the USUAL_BARS before. A reversal needs a move against it, a continuation one
        with it, and a neutral pattern any: it says less, so its trend counts NEUTRAL of that.
shape:  the last bar's body in its range, or what is left of the range where the shadows make the pattern.
volume: the last bar's volume against the mean of the VOLUME_BARS before it; 1 at FULL_VOLUME times that.
"""


class Candle(NamedTuple):
    function: Callable[[Floats, Floats, Floats, Floats], NDArray[np.int32]]
    bars: int
    names: tuple[str, str]
    """When TA-Lib says up, and when it says down."""
    direction: Direction | None = None
    """Where the name tells it, whatever TA-Lib's sign is."""
    reverses: bool = True
    shadows: bool = False


class Found(NamedTuple):
    pattern: str
    direction: Direction
    confidence: float
    bar: Bar
    """The one that completed the pattern."""
    relative_volume: float


CANDLES = (
    Candle(talib.CDLMORNINGSTAR, 3, ("MorningStar", "MorningStar")),
    Candle(talib.CDLEVENINGSTAR, 3, ("EveningStar", "EveningStar")),
    Candle(talib.CDL3WHITESOLDIERS, 3, ("ThreeWhiteSoldiers", "ThreeWhiteSoldiers")),
    Candle(talib.CDL3BLACKCROWS, 3, ("ThreeBlackCrows", "ThreeBlackCrows")),
    Candle(talib.CDL3INSIDE, 3, ("ThreeInsideUp", "ThreeInsideDown")),
    Candle(talib.CDL3OUTSIDE, 3, ("ThreeOutsideUp", "ThreeOutsideDown")),
    Candle(talib.CDLPIERCING, 2, ("PiercingLine", "PiercingLine")),
    Candle(talib.CDLDARKCLOUDCOVER, 2, ("DarkCloudCover", "DarkCloudCover")),
    Candle(talib.CDLENGULFING, 2, ("EngulfingBullish", "EngulfingBearish")),
    Candle(talib.CDLHARAMI, 2, ("HaramiBullish", "HaramiBearish"), shadows=True),
    Candle(talib.CDLHAMMER, 1, ("Hammer", "Hammer"), shadows=True),
    Candle(talib.CDLHANGINGMAN, 1, ("HangingMan", "HangingMan"), shadows=True),
    Candle(talib.CDLINVERTEDHAMMER, 1, ("InvertedHammer", "InvertedHammer"), shadows=True),
    Candle(talib.CDLSHOOTINGSTAR, 1, ("ShootingStar", "ShootingStar"), shadows=True),
    Candle(talib.CDLMARUBOZU, 1, ("MarubozuBullish", "MarubozuBearish"), reverses=False),
    Candle(talib.CDLDRAGONFLYDOJI, 1, ("DragonflyDoji", "DragonflyDoji"), direction="bullish", shadows=True),
    Candle(talib.CDLGRAVESTONEDOJI, 1, ("GravestoneDoji", "GravestoneDoji"), direction="bearish", shadows=True),
    Candle(talib.CDLDOJI, 1, ("Doji", "Doji"), direction="neutral", shadows=True),
)
"""The more telling of two patterns on one bar comes first."""


class Columns(NamedTuple):
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def names() -> list[tuple[str, str]]:
    """Every pattern's name and the function that finds it."""
    both = [(name, candle.function.__name__) for candle in CANDLES for name in candle.names]
    return list(dict.fromkeys(both))


def find(bars: Sequence[Bar], last: int, at_least: float) -> list[Found]:
    """What the `last` of the bars (oldest first) complete with enough confidence: one pattern a bar, the surest."""
    if not bars:
        return []
    columns = _columns(bars)
    surest: dict[int, Found] = {}
    for candle in CANDLES:
        signs = candle.function(columns.open, columns.high, columns.low, columns.close)
        for at in np.flatnonzero(signs).tolist():
            if at >= len(bars) - last:
                found = _judged(candle, int(signs[at]), columns, at, bars[at])
                if found.confidence >= at_least and (at not in surest or found.confidence > surest[at].confidence):
                    surest[at] = found
    return [surest[at] for at in sorted(surest)]


def _columns(bars: Sequence[Bar]) -> Columns:
    values = np.array([bar[3:] for bar in bars], dtype=np.float64)
    return Columns(*(np.ascontiguousarray(column) for column in values.T))


def _judged(candle: Candle, sign: int, columns: Columns, at: int, bar: Bar) -> Found:
    direction: Direction = candle.direction or ("bullish" if sign > 0 else "bearish")
    relative_volume = _relative_volume(columns.volume, at)
    confidence = (
        LEAST
        + TREND * _agreement(candle, direction, _trend(columns, at - candle.bars + 1))
        + SHAPE * _shape(bar, shadows=candle.shadows)
        + VOLUME * min(1.0, relative_volume / FULL_VOLUME)
    )
    return Found(candle.names[sign < 0], direction, round(confidence, 3), bar, round(relative_volume, 2))


def _trend(columns: Columns, before: int) -> float:
    """Between -1 and 1: the move of the bars before index `before`; 0 where there are too few."""
    first = before - TREND_BARS
    if first < 1:
        return 0.0
    steps = np.abs(np.diff(columns.close[max(0, before - USUAL_BARS) : before]))
    deviation = float(np.mean(steps)) * math.sqrt(math.pi / 2 * TREND_BARS)
    move = float(columns.close[before - 1] - columns.close[first - 1])
    return max(-1.0, min(1.0, move / (FULL_TREND * deviation))) if deviation > 0 else 0.0


def _agreement(candle: Candle, direction: Direction, trend: float) -> float:
    if direction == "neutral":
        return NEUTRAL * abs(trend)
    needed = 1 if direction == "bullish" else -1
    return max(0.0, -needed * trend if candle.reverses else needed * trend)


def _shape(bar: Bar, *, shadows: bool) -> float:
    length = bar.high - bar.low
    body = abs(bar.close - bar.open) / length if length > 0 else 0.0
    return 1 - body if shadows else body


def _relative_volume(volume: Floats, at: int) -> float:
    before = volume[max(0, at - VOLUME_BARS) : at]
    usual = float(np.mean(before)) if len(before) else 0.0
    return float(volume[at]) / usual if usual > 0 else 1.0
