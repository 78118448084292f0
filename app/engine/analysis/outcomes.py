"""Outcomes of patterns: the return one, five and twenty bars after the detection."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.finance import shares
from app.finance.bars import Bar
from app.finance.shares import Splits
from app.wire.events.event import PatternDetected

HORIZONS = (1, 5, 20)
"""Bars after the detection, of the pattern's timeframe."""
MOST_OPEN = 50_000

Key = tuple[str, str, str, float]


class PatternOutcome(NamedTuple):
    """`returns`: relative price change since the pattern's close, by number of bars; 0.01 for 1 %."""

    symbol: str
    pattern: str
    timeframe: str
    at: float
    """UTC epoch seconds of the detection."""
    direction: str
    price: float
    returns: Mapping[int, float] = {}

    @property
    def key(self) -> Key:
        return self.symbol, self.pattern, self.timeframe, self.at

    def merged_with(self, earlier: "PatternOutcome") -> "PatternOutcome":
        return self._replace(returns={**earlier.returns, **self.returns})


class OpenOutcome(NamedTuple):
    """`newest`: start of the last bar that was counted."""

    outcome: PatternOutcome
    bars: int
    newest: float


class OutcomeTracker:
    """Follows patterns until their last horizon. Bounded: beyond MOST_OPEN the oldest are dropped."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], list[OpenOutcome]] = {}
        self._count = 0
        self.splits: Splits = shares.NONE

    def follow(self, outcome: PatternOutcome, newest: float, bars: int = 0) -> None:
        """From the bar on that starts at `newest`; `bars` later ones were counted before."""
        open_outcomes = self._open.setdefault((outcome.symbol, outcome.timeframe), [])
        outcome_from_closes = any(one.outcome.key == outcome.key for one in open_outcomes)
        if outcome_from_closes or bars >= HORIZONS[-1]:
            return
        open_outcomes.append(OpenOutcome(outcome, bars, newest))
        self._count += 1
        while self._count > MOST_OPEN:
            key = next(iter(self._open))
            self._count -= len(self._open.pop(key))

    def update(self, bars: Iterable[Bar]) -> list[PatternOutcome]:
        """The outcomes that reached a horizon with these bars."""
        changes: list[PatternOutcome] = []
        for bar in bars:
            open_outcomes = self._open.get((bar.symbol, bar.timeframe))
            if open_outcomes:
                advanced = [self._advance(one, bar, changes) for one in open_outcomes]
                self._open[bar.symbol, bar.timeframe] = unfinished = [
                    one for one in advanced if one.bars < HORIZONS[-1]
                ]
                self._count -= len(advanced) - len(unfinished)
                if not unfinished:
                    del self._open[bar.symbol, bar.timeframe]
        return changes

    def _advance(self, one: OpenOutcome, bar: Bar, changes: list[PatternOutcome]) -> OpenOutcome:
        if bar.start <= one.newest:
            return one
        bars = one.bars + 1
        if bars in HORIZONS:
            split_ratio = shares.between(one.outcome.at, bar.start, self.splits.get(bar.symbol, ()), bar.timeframe)
            changes.append(one.outcome._replace(returns={bars: _change(one.outcome.price, bar.close * split_ratio)}))
        return OpenOutcome(one.outcome, bars, bar.start)


def new_outcome(event: PatternDetected) -> PatternOutcome:
    return PatternOutcome(event.symbol, event.pattern, event.timeframe, event.at, event.direction, event.price or 0.0)


def outcome_from_closes(event: PatternDetected, closes: Sequence[float]) -> PatternOutcome:
    """`closes`: of the bars after the detection, adjusted to the shares of its day."""
    outcome = new_outcome(event)
    returns = {bars: _change(outcome.price, closes[bars - 1]) for bars in HORIZONS if bars <= len(closes)}
    return outcome._replace(returns=returns)


def _change(price: float, close: float) -> float:
    return round(close / price - 1, 6) if price > 0 else 0.0
