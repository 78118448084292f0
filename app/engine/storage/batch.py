"""A batch of rows for one transaction and of events that follow it; a newer row replaces an older one."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from app.engine.analysis.breadth import MarketConditions
from app.engine.analysis.outcomes import PatternOutcome
from app.engine.storage.gaps import FeedGap
from app.finance.bars import Bar
from app.rules.latest_row import LatestRow
from app.wire.events.event import AnyEvent, IndicatorCalculated, PatternDetected

KINDS = ("bars", "latest", "patterns", "indicators", "outcomes", "conditions", "gaps")
TIMEFRAME_AT: Mapping[str, int] = {"bars": 1, "latest": 1, "patterns": 2, "indicators": 2, "outcomes": 2}
"""Index of the timeframe in the key of a row: rows of two timeframes may go into two tables."""


class StorageBatch:
    def __init__(self) -> None:
        self.bars: dict[tuple[str, str, float], Bar] = {}
        self.latest: dict[tuple[str, str, bool], LatestRow] = {}
        self.patterns: dict[tuple[str, str, str, float], PatternDetected] = {}
        self.indicators: dict[tuple[str, str, str, float], IndicatorCalculated] = {}
        self.outcomes: dict[tuple[str, str, str, float], PatternOutcome] = {}
        self.conditions: dict[float, MarketConditions] = {}
        self.gaps: dict[tuple[str, float], FeedGap] = {}
        self.events: list[AnyEvent] = []
        """Published once the rows are stored."""
        self.began_at = time.monotonic()

    def __len__(self) -> int:
        return self.rows + len(self.events)

    @property
    def rows(self) -> int:
        return sum(len(getattr(self, kind)) for kind in KINDS)

    def add_bars(self, bars: Iterable[Bar]) -> None:
        for bar in bars:
            self.bars[bar.symbol, bar.timeframe, bar.start] = bar

    def add_latest(self, rows: Iterable[LatestRow]) -> None:
        for row in rows:
            self.latest[row.key] = row

    def add_patterns(self, patterns: Iterable[PatternDetected]) -> None:
        for event in patterns:
            self.patterns[event.symbol, event.pattern, event.timeframe, event.at] = event

    def add_indicators(self, indicators: Iterable[IndicatorCalculated]) -> None:
        for event in indicators:
            self.indicators[event.symbol, event.indicator, event.timeframe, event.at] = event

    def add_outcomes(self, outcomes: Iterable[PatternOutcome]) -> None:
        for outcome in outcomes:
            earlier = self.outcomes.get(outcome.key)
            self.outcomes[outcome.key] = outcome.merged_with(earlier) if earlier else outcome

    def add_rows(self, rows: "StorageBatch") -> None:
        """Adds the rows of another batch, without its events."""
        for kind in KINDS:
            getattr(self, kind).update(getattr(rows, kind))

    def split_by_kind(self) -> list["StorageBatch"]:
        """The rows without the events, one batch for each kind and timeframe."""
        parts: dict[tuple[str, object], dict[Any, Any]] = {}
        for kind in KINDS:
            at = TIMEFRAME_AT.get(kind)
            for key, row in getattr(self, kind).items():
                parts.setdefault((kind, None if at is None else key[at]), {})[key] = row
        return [_batch_of(kind, rows) for (kind, _), rows in parts.items()]

    def split_in_half(self) -> list["StorageBatch"]:
        """Of a batch of one kind with two rows or more."""
        kind = next(kind for kind in KINDS if getattr(self, kind))
        rows = list(getattr(self, kind).items())
        middle = len(rows) // 2
        return [_batch_of(kind, dict(rows[:middle])), _batch_of(kind, dict(rows[middle:]))]


def _batch_of(kind: str, rows: dict[Any, Any]) -> StorageBatch:
    part = StorageBatch()
    setattr(part, kind, rows)
    return part
