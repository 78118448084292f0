"""What waits to be stored, each thing once: the newer of two with the same identity wins."""

from collections.abc import Iterable
from typing import TypeVar

from app.engine.analysis import Analysis, Indicator, Pattern
from app.finance.bars import Bar
from app.wire.events import AnyEvent

MOST = 20_000
"""Of each kind, when the database is away for long; then the oldest go."""

K = TypeVar("K")
V = TypeVar("V")


class Batch:
    def __init__(self) -> None:
        self.bars: dict[tuple[str, str, float], Bar] = {}
        self.patterns: dict[tuple[str, str, str, float], Pattern] = {}
        self.indicators: dict[tuple[str, str, str, float], Indicator] = {}
        self.events: list[AnyEvent] = []
        """To be published when the rest is stored."""

    def __len__(self) -> int:
        return len(self.bars) + len(self.patterns) + len(self.indicators) + len(self.events)

    def add(self, bars: Iterable[Bar], analysis: Analysis, events: Iterable[AnyEvent]) -> None:
        for bar in bars:
            self.bars[bar.symbol, bar.timeframe, bar.start] = bar
        for pattern in analysis.patterns:
            event = pattern.event
            self.patterns[event.symbol, event.pattern, event.timeframe, event.at] = pattern
        for indicator in analysis.indicators:
            told = indicator.event
            self.indicators[told.symbol, told.indicator, told.timeframe, told.at] = indicator
        self.events.extend(events)

    def put_before(self, later: "Batch") -> int:
        """Takes in what came after it; how much had to go because it became too much."""
        self.bars.update(later.bars)
        self.patterns.update(later.patterns)
        self.indicators.update(later.indicators)
        self.events.extend(later.events)
        excess = max(0, len(self.events) - MOST)
        del self.events[:excess]
        return excess + _cut(self.bars) + _cut(self.patterns) + _cut(self.indicators)


def _cut(rows: dict[K, V]) -> int:
    excess = max(0, len(rows) - MOST)
    for key in list(rows)[:excess]:
        del rows[key]
    return excess
