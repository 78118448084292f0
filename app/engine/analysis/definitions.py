"""Definitions of all patterns that the engine detects, as rows of pattern_definitions."""

from collections.abc import Iterator
from typing import NamedTuple

from app.finance import candles, crossings, levels, periods
from app.finance.candles import CandlestickPattern

THIN = "; less where a bar of it has fewer than four ticks"
CANDLE_LOGIC = (
    f"TA-Lib's rule; confidence: trend before it, the last bar's shape, its volume against the 20 before{THIN}"
)
CROSSING_LOGIC = f"the lines change sides on the last bar; confidence: how fast, where the bar closed, its volume{THIN}"
LEVEL_LOGIC = (
    f"against the bars before, in usual ranges; confidence: how far or how often, where it closed, its volume{THIN}"
)
TIMEFRAMES = tuple(periods.TIMEFRAMES)


class PatternDefinition(NamedTuple):
    name: str
    category: str
    description: str
    logic: str
    reference: str


def patterns() -> list[PatternDefinition]:
    """In display order."""
    return list({one.name: one for one in (*_candles(), *_crossings(), *_levels())}.values())


def _candles() -> Iterator[PatternDefinition]:
    for candle in candles.CANDLES:
        for side, name in zip((1, -1), candle.names, strict=True):
            text, reference = _description(candle, side), f"TA-Lib CDL{candle.function}"
            yield PatternDefinition(name, "candlestick", text, CANDLE_LOGIC, reference)


def _description(candle: CandlestickPattern, side: int) -> str:
    both = candle.names[0] == candle.names[1] and candle.direction is None
    direction = candle.direction or ("" if both else "bullish" if side > 0 else "bearish")
    kind = "pause" if direction == "neutral" else "reversal" if candle.reverses else "continuation"
    return " ".join(word for word in (f"{candle.bars}-bar", direction, kind) if word)


def _crossings() -> Iterator[PatternDefinition]:
    for crossing in crossings.CROSSINGS:
        for word, name in zip(("upward", "downward"), crossing.names, strict=True):
            text = f"{crossing.description} {word}"
            yield PatternDefinition(name, "crossover", text, CROSSING_LOGIC, "app.finance.crossings")


def _levels() -> Iterator[PatternDefinition]:
    for name, says in levels.NAMES.items():
        yield PatternDefinition(name, "level", says, LEVEL_LOGIC, "app.finance.levels")
