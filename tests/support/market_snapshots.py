"""Markets to evaluate rules on: random bars of three timeframes, words, capitalisations and detections."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.finance import periods
from app.finance.bars import Bar, Timeframe
from app.finance.detections import DetectedPattern
from app.rules.market_bars import MarketSnapshot
from tests.support.bar_matrices import SPLITS, SYMBOLS, matrix, random_bars
from tests.support.rule_trees import WORDS

TIMEFRAMES: tuple[Timeframe, ...] = ("hourly", "daily", "weekly")
PATTERNS = ("Hammer", "Doji", "GoldenCross", "PriceAboveSMA50")
DIRECTIONS = ("bullish", "bearish", "neutral")


class RandomMarket(NamedTuple):
    bars: Mapping[Timeframe, Sequence[Bar]]
    facts: Mapping[str, Mapping[str, Sequence[str]]]
    caps: Mapping[str, float]
    detections: Sequence[DetectedPattern]

    def snapshot(self, until: float | None = None, symbols: Sequence[str] = SYMBOLS) -> MarketSnapshot:
        """Of the bars that ended, and the detections that were there, until then."""
        matrices = {}
        for timeframe, bars in self.bars.items():
            own = [bar for bar in bars if bar.symbol in symbols]
            if until is not None:
                own = [bar for bar in own if periods.end(timeframe, bar.start) <= until]
            if own:
                matrices[timeframe] = matrix(timeframe, own, SPLITS)
        detections = [one for one in self.detections if until is None or one.at <= until]
        return MarketSnapshot(matrices, self.facts, self.caps, detections)


def random_market(seed: int, count: int = 60) -> RandomMarket:
    generator = np.random.default_rng(seed)
    bars = {timeframe: random_bars(timeframe, count, seed + place) for place, timeframe in enumerate(TIMEFRAMES)}
    facts = {
        field: {symbol: (str(generator.choice(words)),) for symbol in SYMBOLS if generator.random() < 0.8}
        for field, words in WORDS.items()
        if field in ("universe", "sector", "industry", "exchange", "type")
    }
    caps = {symbol: float(generator.integers(1, 100)) * 1e7 for symbol in SYMBOLS if generator.random() < 0.8}
    return RandomMarket(bars, facts, caps, _detections(bars, generator))


def _detections(bars: Mapping[Timeframe, Sequence[Bar]], generator: np.random.Generator) -> list[DetectedPattern]:
    """On random bars; some of them are combinations."""
    detections = []
    for timeframe, own in bars.items():
        for place in generator.choice(len(own), 25, replace=False).tolist():
            pattern, direction = str(generator.choice(PATTERNS)), str(generator.choice(DIRECTIONS))
            name = "combo" if timeframe == "hourly" and generator.random() < 0.3 else timeframe
            end, confidence = periods.end(timeframe, own[place].start), round(float(generator.random()), 3)
            detections.append(DetectedPattern(own[place].symbol, pattern, name, end, confidence, direction))
    return detections
