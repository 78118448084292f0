"""What waits to be stored, each thing once: the newer of two with the same identity wins."""

from collections.abc import Iterable
from typing import Any, TypeVar

from app.engine.breadth import Conditions
from app.engine.gaps import Gap
from app.engine.outcomes import Outcome
from app.finance.bars import Bar
from app.wire.events import AnyEvent, IndicatorCalculated, PatternDetected

MOST = 50_000
"""Of each kind, when the database is away for long; then the oldest go."""

K = TypeVar("K")
V = TypeVar("V")


class Batch:
    def __init__(self) -> None:
        self.bars: dict[tuple[str, str, float], Bar] = {}
        self.patterns: dict[tuple[str, str, str, float], PatternDetected] = {}
        self.indicators: dict[tuple[str, str, str, float], IndicatorCalculated] = {}
        self.outcomes: dict[tuple[str, str, str, float], Outcome] = {}
        self.conditions: dict[float, Conditions] = {}
        self.gaps: dict[tuple[str, float], Gap] = {}
        self.told: dict[tuple[str, str, str], IndicatorCalculated] = {}
        """To be published: of an indicator only the newest value counts."""
        self.events: list[AnyEvent] = []
        """To be published when the rest is stored, every one."""
        self.expired_until: float | None = None
        """To be stored when the events are published."""

    def __len__(self) -> int:
        return sum(len(kind) for kind in self._kinds()) + len(self.events) + (self.expired_until is not None)

    def add_bars(self, bars: Iterable[Bar]) -> None:
        for bar in bars:
            self.bars[bar.symbol, bar.timeframe, bar.start] = bar

    def add_patterns(self, patterns: Iterable[PatternDetected]) -> None:
        for event in patterns:
            self.patterns[event.symbol, event.pattern, event.timeframe, event.at] = event

    def add_indicators(self, indicators: Iterable[IndicatorCalculated], *, tell: bool) -> None:
        for event in indicators:
            self.indicators[event.symbol, event.indicator, event.timeframe, event.at] = event
            if tell:
                self.told[event.symbol, event.indicator, event.timeframe] = event

    def add_outcomes(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            known = self.outcomes.get(outcome.key)
            self.outcomes[outcome.key] = outcome.after(known) if known else outcome

    def take_last(self) -> "Batch":
        """What is stored when the rest is published."""
        taken = Batch()
        taken.indicators, self.indicators = self.indicators, {}
        taken.expired_until, self.expired_until = self.expired_until, None
        return taken

    def put_before(self, later: "Batch") -> int:
        """Takes in what came after it; how much had to go because it became too much."""
        outcomes = later.outcomes.values()
        later.outcomes = {}
        for own, newer in zip(self._kinds(), later._kinds(), strict=True):
            own.update(newer)
        self.add_outcomes(outcomes)
        if later.expired_until is not None:
            self.expired_until = later.expired_until
        self.events.extend(later.events)
        excess = max(0, len(self.events) - MOST)
        del self.events[:excess]
        return excess + sum(_cut(kind) for kind in self._kinds())

    def _kinds(self) -> tuple[dict[Any, Any], ...]:
        found: tuple[Any, ...] = (self.bars, self.patterns, self.indicators, self.outcomes, self.conditions, self.gaps)
        return (*found, self.told)


def _cut(rows: dict[K, V]) -> int:
    excess = max(0, len(rows) - MOST)
    for key in list(rows)[:excess]:
        del rows[key]
    return excess
