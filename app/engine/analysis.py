"""What bars mean: their indicators and patterns, as the events that tell of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from app.finance import candles, sessions, studies
from app.finance.bars import Bar, Timeframe
from app.wire.events import IndicatorCalculated, PatternDetected

SOURCE = "TickStockPL"
TIERS: dict[Timeframe, str] = {"1min": "intraday", "daily": "daily"}


class Indicator(NamedTuple):
    event: IndicatorCalculated
    parts: dict[str, float]
    """All of its values by name; the event carries the one called `value`."""


class Pattern(NamedTuple):
    event: PatternDetected
    relative_volume: float


class Analysis(NamedTuple):
    patterns: tuple[Pattern, ...] = ()
    indicators: tuple[Indicator, ...] = ()


NOTHING = Analysis()


def analyse(bars: Sequence[Bar], last: int, min_confidence: float) -> Analysis:
    """Of the `last` of the bars of one symbol and timeframe, oldest first."""
    before = {after.start: bar for bar, after in pairwise(bars)}
    return Analysis(
        tuple(_pattern(found, before.get(found.bar.start)) for found in candles.find(bars, last, min_confidence)),
        tuple(_indicator(reading) for reading in studies.read(bars, last)),
    )


def end(bar: Bar) -> float:
    """When the bar was complete."""
    return bar.start + 60 if bar.timeframe == "1min" else sessions.regular(bar.day).closes


def _pattern(found: candles.Found, before: Bar | None) -> Pattern:
    bar = found.bar
    at = end(bar)
    event = PatternDetected(
        at=at,
        source=SOURCE,
        symbol=bar.symbol,
        pattern=found.pattern,
        timeframe=bar.timeframe,
        confidence=found.confidence,
        direction=found.direction,
        tier=TIERS[bar.timeframe],
        price=bar.close,
        price_change=round((bar.close / before.close - 1) * 100, 4) if before else None,
        volume=bar.volume,
        # From what it is and not at random: found once more, it is the same one.
        flow_id=str(uuid5(NAMESPACE_URL, f"tickstock:{bar.symbol}:{found.pattern}:{bar.timeframe}:{at:.0f}")),
    )
    return Pattern(event, found.relative_volume)


def _indicator(reading: studies.Reading) -> Indicator:
    bar = reading.bar
    event = IndicatorCalculated(
        at=end(bar),
        source=SOURCE,
        symbol=bar.symbol,
        indicator=reading.indicator,
        timeframe=bar.timeframe,
        value=reading.value,
        signal=reading.signal,
    )
    return Indicator(event, reading.parts)
