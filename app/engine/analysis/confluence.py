"""Confluence: an intraday pattern in the direction of a daily pattern that still holds."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from app.engine.analysis.analyse import identity
from app.finance.detections import LIFE, tier
from app.wire.events.event import PatternDetected

TIMEFRAME = "combo"
MOST_PER_SYMBOL = 20
"""Daily patterns of a symbol that are remembered."""


class DailyPattern(NamedTuple):
    symbol: str
    pattern: str
    direction: str
    at: float
    confidence: float


class Confluence:
    def __init__(self) -> None:
        self._daily: dict[str, list[DailyPattern]] = {}

    def add_daily(self, patterns: Iterable[DailyPattern]) -> None:
        for daily in patterns:
            others = [one for one in self._daily.get(daily.symbol, []) if one[:4] != daily[:4]]
            self._daily[daily.symbol] = [*others, daily][-MOST_PER_SYMBOL:]

    def detect(self, patterns: Iterable[PatternDetected]) -> list[PatternDetected]:
        """The confluence patterns of intraday patterns: each with the daily pattern of its direction that has the
        highest confidence. Their confidence is the geometric mean of both; their name is the daily pattern's."""
        combos: dict[str, PatternDetected] = {}
        for event in patterns:
            if event.timeframe == "daily":
                daily = DailyPattern(event.symbol, event.pattern, event.direction, event.at, event.confidence)
                self.add_daily([daily])
            elif tier(event.timeframe) == "intraday" and (confirming := self._confirming_pattern(event)):
                combo = _combo(confirming, event)
                earlier = combos.get(combo.flow_id)
                if earlier is None or earlier.confidence < combo.confidence:
                    combos[combo.flow_id] = combo
        return list(combos.values())

    def _confirming_pattern(self, event: PatternDetected) -> DailyPattern | None:
        holding = [
            daily
            for daily in self._daily.get(event.symbol, ())
            if daily.direction == event.direction != "neutral" and daily.at < event.at <= daily.at + LIFE["daily"]
        ]
        return max(holding, key=lambda daily: daily.confidence, default=None)


def _combo(daily: DailyPattern, event: PatternDetected) -> PatternDetected:
    return replace(
        event,
        pattern=daily.pattern,
        timeframe=TIMEFRAME,
        tier=TIMEFRAME,
        confidence=round(math.sqrt(daily.confidence * event.confidence), 3),
        flow_id=identity(event.symbol, daily.pattern, TIMEFRAME, event.at),
        expires_at=event.at + LIFE[TIMEFRAME],
    )
