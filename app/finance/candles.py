"""Candlestick patterns of TA-Lib, each with direction and confidence."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import talib
from numpy.typing import NDArray

from app.finance import shape
from app.finance.panel import PATTERN_BARS, Floats, Panel
from app.finance.shape import Direction, PatternMatch
from app.finance.tick_size import side as side_of

NEUTRAL = 0.75
WIDTH = 36
"""Columns that are looked at: TA-Lib looks back 14 bars at most, and up to 3 more where it waits for confirmation."""
FEWEST = 18

Names = tuple[str, str]


class CandlestickPattern(NamedTuple):
    """How sure: `move` is the trend before the pattern. A reversal needs one against it, a continuation one with it,
    and a neutral pattern any: it says less, so its trend counts NEUTRAL of that."""

    function: str
    """TA-Lib's, without its CDL."""
    bars: int
    names: Names
    """When TA-Lib says up, and when it says down."""
    direction: Direction | None = None
    """Where the name tells it, whatever TA-Lib's sign is."""
    reverses: bool = True
    shadows: bool = False
    """What the shadows make, and not the body."""


def _one(name: str) -> Names:
    return name, name


def _two(name: str) -> Names:
    return f"{name}Bullish", f"{name}Bearish"


CANDLES = (
    CandlestickPattern("ABANDONEDBABY", 3, _two("AbandonedBaby")),
    CandlestickPattern("MORNINGDOJISTAR", 3, _one("MorningDojiStar")),
    CandlestickPattern("EVENINGDOJISTAR", 3, _one("EveningDojiStar")),
    CandlestickPattern("MORNINGSTAR", 3, _one("MorningStar")),
    CandlestickPattern("EVENINGSTAR", 3, _one("EveningStar")),
    CandlestickPattern("3WHITESOLDIERS", 3, _one("ThreeWhiteSoldiers")),
    CandlestickPattern("3BLACKCROWS", 3, _one("ThreeBlackCrows")),
    CandlestickPattern("IDENTICAL3CROWS", 3, _one("IdenticalThreeCrows")),
    CandlestickPattern("3LINESTRIKE", 4, _two("ThreeLineStrike"), reverses=False),
    CandlestickPattern("3STARSINSOUTH", 3, _one("ThreeStarsInTheSouth")),
    CandlestickPattern("3INSIDE", 3, ("ThreeInsideUp", "ThreeInsideDown")),
    CandlestickPattern("3OUTSIDE", 3, ("ThreeOutsideUp", "ThreeOutsideDown")),
    CandlestickPattern("CONCEALBABYSWALL", 4, _one("ConcealingBabySwallow")),
    CandlestickPattern("BREAKAWAY", 5, _two("Breakaway")),
    CandlestickPattern("LADDERBOTTOM", 5, _one("LadderBottom")),
    CandlestickPattern("MATHOLD", 5, _one("MatHold"), reverses=False),
    CandlestickPattern("RISEFALL3METHODS", 5, ("RisingThreeMethods", "FallingThreeMethods"), reverses=False),
    CandlestickPattern("XSIDEGAP3METHODS", 3, ("UpsideGapThreeMethods", "DownsideGapThreeMethods"), reverses=False),
    CandlestickPattern("TASUKIGAP", 3, ("UpsideTasukiGap", "DownsideTasukiGap"), reverses=False),
    CandlestickPattern("GAPSIDESIDEWHITE", 3, _two("SideBySideWhiteLines"), reverses=False),
    CandlestickPattern("UPSIDEGAP2CROWS", 3, _one("UpsideGapTwoCrows")),
    CandlestickPattern("2CROWS", 3, _one("TwoCrows")),
    CandlestickPattern("UNIQUE3RIVER", 3, _one("UniqueThreeRiver")),
    CandlestickPattern("ADVANCEBLOCK", 3, _one("AdvanceBlock")),
    CandlestickPattern("STALLEDPATTERN", 3, _one("StalledPattern")),
    CandlestickPattern("STICKSANDWICH", 3, _one("StickSandwich")),
    CandlestickPattern("TRISTAR", 3, _two("TriStar"), shadows=True),
    CandlestickPattern("HIKKAKEMOD", 5, _two("ModifiedHikkake")),
    CandlestickPattern("HIKKAKE", 4, _two("Hikkake")),
    CandlestickPattern("KICKING", 2, _two("Kicking"), reverses=False),
    CandlestickPattern("KICKINGBYLENGTH", 2, _two("KickingByLength"), reverses=False),
    CandlestickPattern("PIERCING", 2, _one("PiercingLine")),
    CandlestickPattern("DARKCLOUDCOVER", 2, _one("DarkCloudCover")),
    CandlestickPattern("ENGULFING", 2, ("EngulfingBullish", "EngulfingBearish")),
    CandlestickPattern("COUNTERATTACK", 2, _two("Counterattack")),
    CandlestickPattern("HARAMICROSS", 2, _two("HaramiCross"), shadows=True),
    CandlestickPattern("HARAMI", 2, ("HaramiBullish", "HaramiBearish"), shadows=True),
    CandlestickPattern("DOJISTAR", 2, _two("DojiStar"), shadows=True),
    CandlestickPattern("HOMINGPIGEON", 2, _one("HomingPigeon"), shadows=True),
    CandlestickPattern("MATCHINGLOW", 2, _one("MatchingLow")),
    CandlestickPattern("SEPARATINGLINES", 2, _two("SeparatingLines"), reverses=False),
    CandlestickPattern("INNECK", 2, _one("InNeck"), reverses=False),
    CandlestickPattern("ONNECK", 2, _one("OnNeck"), reverses=False),
    CandlestickPattern("THRUSTING", 2, _one("Thrusting"), reverses=False),
    CandlestickPattern("HAMMER", 1, _one("Hammer"), shadows=True),
    CandlestickPattern("HANGINGMAN", 1, _one("HangingMan"), shadows=True),
    CandlestickPattern("INVERTEDHAMMER", 1, _one("InvertedHammer"), shadows=True),
    CandlestickPattern("SHOOTINGSTAR", 1, _one("ShootingStar"), shadows=True),
    CandlestickPattern("TAKURI", 1, _one("Takuri"), shadows=True),
    CandlestickPattern("MARUBOZU", 1, ("MarubozuBullish", "MarubozuBearish"), reverses=False),
    CandlestickPattern("CLOSINGMARUBOZU", 1, _two("ClosingMarubozu"), reverses=False),
    CandlestickPattern("BELTHOLD", 1, _two("BeltHold")),
    CandlestickPattern("LONGLINE", 1, _two("LongLine"), reverses=False),
    CandlestickPattern("DRAGONFLYDOJI", 1, _one("DragonflyDoji"), direction="bullish", shadows=True),
    CandlestickPattern("GRAVESTONEDOJI", 1, _one("GravestoneDoji"), direction="bearish", shadows=True),
    CandlestickPattern("RICKSHAWMAN", 1, _one("RickshawMan"), direction="neutral", shadows=True),
    CandlestickPattern("LONGLEGGEDDOJI", 1, _one("LongLeggedDoji"), direction="neutral", shadows=True),
    CandlestickPattern("DOJI", 1, _one("Doji"), direction="neutral", shadows=True),
    CandlestickPattern("HIGHWAVE", 1, _one("HighWave"), direction="neutral", shadows=True),
    CandlestickPattern("SPINNINGTOP", 1, _one("SpinningTop"), direction="neutral", shadows=True),
    CandlestickPattern("SHORTLINE", 1, _one("ShortLine"), direction="neutral"),
)
"""The more telling of two patterns on one bar comes first."""

BY_COLOUR = frozenset(
    ("3INSIDE", "3LINESTRIKE", "3OUTSIDE", "BREAKAWAY", "ENGULFING", "RISEFALL3METHODS", "SEPARATINGLINES")
)
"""Two-sided functions that ask for candles of a colour, whatever their size. TA-Lib takes a close that equals its open
for white, so that a body of nothing could be engulfed by a black candle and never by a white one."""

FUNCTIONS: tuple[Callable[[Floats, Floats, Floats, Floats], NDArray[np.int32]], ...] = tuple(
    getattr(talib, f"CDL{candle.function}") for candle in CANDLES
)


def find(panel: Panel, at_least: Callable[[str], float]) -> list[PatternMatch]:
    """What the last bars complete with enough confidence, by the pattern's name: one a row, the surest."""
    if not len(panel):
        return []
    sure = np.full(len(panel), -1.0)
    which = np.zeros(len(panel), dtype=np.int64)
    parts = _ConfidenceParts(panel)
    for number, sign in enumerate(unbiased_signs(panel)):
        for side in (1, -1):
            rows = np.flatnonzero(sign * side > 0)
            if len(rows):
                candle, name = CANDLES[number], CANDLES[number].names[side < 0]
                judged = parts.confidence(candle, side)[rows]
                better = (judged >= at_least(name)) & (judged > sure[rows])
                sure[rows[better]] = judged[better]
                which[rows[better]] = (number + 1) * side
    return [_match(row, int(which[row]), float(sure[row])) for row in np.flatnonzero(which).tolist()]


def signs(panel: Panel) -> list[NDArray[np.int32]]:
    """What each of FUNCTIONS says of the last bar of every row: more than 0 for up, less for down.

    One call for all rows, laid end to end. A pattern looks back a fixed way, so no row is touched by the one before.
    """
    prices = _scaled(panel)
    width, enough = prices[0].shape[1], panel.counts >= FEWEST
    flat = [column.ravel() for column in prices]
    return [np.where(enough, function(*flat)[width - 1 :: width], 0) for function in FUNCTIONS]


def _scaled(panel: Panel) -> list[Floats]:
    """Open, high, low and close, by a power of two, which changes no digit: TA-Lib's running sums must not carry a dear
    row's rounding into the next one."""
    columns = [column[:, -WIDTH:] for column in (panel.open, panel.high, panel.low, panel.close)]
    scale = -np.frexp(columns[-1][:, -1:])[1]
    return [np.ldexp(column, scale) for column in columns]


def unbiased_signs(panel: Panel) -> list[NDArray[np.int32]]:
    """What is found in bars that differ, and of BY_COLOUR only what does not come from a candle that has no colour: of
    such bars, mirrored, TA-Lib must say the opposite."""
    prices = _scaled(panel)
    opens, high, low, close = prices
    reach = panel.high[:, -FEWEST:].max(axis=1) - panel.low[:, -FEWEST:].min(axis=1)
    moved = side_of(reach, panel.tick_size) > 0
    colourless = opens[:, -PATTERN_BARS:] == close[:, -PATTERN_BARS:]
    kept_signs = [np.where(moved, sign, 0) for sign in signs(panel)]
    mirrored = [-opens, -low, -high, -close]
    for number, candle in enumerate(CANDLES):
        if candle.function in BY_COLOUR:
            sign = kept_signs[number]
            rows = np.flatnonzero((sign != 0) & colourless[:, -candle.bars :].any(axis=1))
            if len(rows):
                sign[rows] = np.where(_last_signs(number, mirrored, rows) == -sign[rows], sign[rows], 0)
    return kept_signs


def _last_signs(number: int, prices: Sequence[Floats], rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """What one of FUNCTIONS says of these rows."""
    width = prices[0].shape[1]
    flat = [column[rows].ravel() for column in prices]
    row_signs: NDArray[np.int32] = FUNCTIONS[number](*flat)[width - 1 :: width]
    return row_signs


class _ConfidenceParts:
    """What confidence is made of, once for all patterns."""

    def __init__(self, panel: Panel) -> None:
        self._trends = [shape.trend(panel, bars) for bars in range(PATTERN_BARS + 1)]
        self._weights = [shape.weight(panel, bars) for bars in range(1, PATTERN_BARS + 1)]
        self._body = shape.body(panel)
        self._volume = shape.volume(panel)

    def confidence(self, candle: CandlestickPattern, side: int) -> Floats:
        trend = self._trends[candle.bars]
        direction = _direction(candle, side)
        if direction == "neutral":
            move = NEUTRAL * np.abs(trend)
        else:
            needed = (1 if direction == "bullish" else -1) * (-1 if candle.reverses else 1)
            move = needed * trend
        body = 1 - self._body if candle.shadows else self._body
        return shape.confidence(move, body, self._volume, self._weights[candle.bars - 1])


def _direction(candle: CandlestickPattern, side: int) -> Direction:
    return candle.direction or ("bullish" if side > 0 else "bearish")


def _match(row: int, which: int, sure: float) -> PatternMatch:
    side = 1 if which > 0 else -1
    candle = CANDLES[abs(which) - 1]
    return PatternMatch(row, candle.names[side < 0], _direction(candle, side), round(sure, 3))
