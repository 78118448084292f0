"""Both tiers at once: a pattern of minutes or hours that goes the way of a daily one that still holds."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from app.engine.analysis.analyse import LIFE, identity, tier
from app.wire.events.event import PatternDetected

TIMEFRAME = "combo"
MOST_EACH = 20
"""Daily patterns of a symbol that are remembered."""


class Daily(NamedTuple):
    symbol: str
    pattern: str
    direction: str
    at: float
    confidence: float


class Combos:
    def __init__(self) -> None:
        self._daily: dict[str, list[Daily]] = {}

    def remember(self, found: Iterable[Daily]) -> None:
        for daily in found:
            kept = [one for one in self._daily.get(daily.symbol, []) if one[:4] != daily[:4]]
            self._daily[daily.symbol] = [*kept, daily][-MOST_EACH:]

    def hear(self, patterns: Iterable[PatternDetected]) -> list[PatternDetected]:
        """What the intraday ones among them confirm: each with the surest daily one of its direction.

        confidence is the geometric mean of both: neither can make up for the other. It is named as the daily one.
        """
        found: dict[str, PatternDetected] = {}
        for event in patterns:
            if event.timeframe == "daily":
                daily = Daily(event.symbol, event.pattern, event.direction, event.at, event.confidence)
                self.remember([daily])
            elif tier(event.timeframe) == "intraday" and (confirmed := self._confirmed(event)):
                combo = _combo(confirmed, event)
                known = found.get(combo.flow_id)
                if known is None or known.confidence < combo.confidence:
                    found[combo.flow_id] = combo
        return list(found.values())

    def _confirmed(self, event: PatternDetected) -> Daily | None:
        holding = [
            daily
            for daily in self._daily.get(event.symbol, ())
            if daily.direction == event.direction != "neutral" and daily.at < event.at <= daily.at + LIFE["daily"]
        ]
        return max(holding, key=lambda daily: daily.confidence, default=None)


def _combo(daily: Daily, event: PatternDetected) -> PatternDetected:
    return replace(
        event,
        pattern=daily.pattern,
        timeframe=TIMEFRAME,
        tier=TIMEFRAME,
        confidence=round(math.sqrt(daily.confidence * event.confidence), 3),
        flow_id=identity(event.symbol, daily.pattern, TIMEFRAME, event.at),
        expires_at=event.at + LIFE[TIMEFRAME],
    )
