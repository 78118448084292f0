"""What became of a pattern: how the price stood one, five and twenty bars later."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.finance import shares
from app.finance.bars import Bar
from app.finance.shares import Splits
from app.wire.events.event import PatternDetected

AFTER = (1, 5, 20)
"""Bars of the pattern's own timeframe."""
MOST_OPEN = 50_000

Key = tuple[str, str, str, float]


class Outcome(NamedTuple):
    """`returns`: by the number of bars, the price's change since the pattern's own close; 0.01 for 1 % up."""

    symbol: str
    pattern: str
    timeframe: str
    at: float
    """Of the detection."""
    direction: str
    price: float
    returns: Mapping[int, float] = {}

    @property
    def key(self) -> Key:
        return self.symbol, self.pattern, self.timeframe, self.at

    def after(self, earlier: "Outcome") -> "Outcome":
        return self._replace(returns={**earlier.returns, **self.returns})


class Open(NamedTuple):
    """A pattern that is followed; `newest` is the start of the last bar that was counted."""

    outcome: Outcome
    bars: int
    newest: float


class Outcomes:
    """Follows live patterns. Bounded: beyond MOST_OPEN the oldest is no longer followed."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], list[Open]] = {}
        self._count = 0
        self.splits: Splits = shares.NONE

    def follow(self, outcome: Outcome, newest: float, bars: int = 0) -> None:
        """From the bar on that starts at `newest`; `bars` were seen after it already."""
        followed = self._open.setdefault((outcome.symbol, outcome.timeframe), [])
        known = any(one.outcome.key == outcome.key for one in followed)
        if known or bars >= AFTER[-1]:
            return
        followed.append(Open(outcome, bars, newest))
        self._count += 1
        while self._count > MOST_OPEN:
            key = next(iter(self._open))
            self._count -= len(self._open.pop(key))

    def hear(self, bars: Iterable[Bar]) -> list[Outcome]:
        """Those of which something new is known."""
        found: list[Outcome] = []
        for bar in bars:
            followed = self._open.get((bar.symbol, bar.timeframe))
            if followed:
                left = [self._older(one, bar, found) for one in followed]
                self._open[bar.symbol, bar.timeframe] = kept = [one for one in left if one.bars < AFTER[-1]]
                self._count -= len(left) - len(kept)
                if not kept:
                    del self._open[bar.symbol, bar.timeframe]
        return found

    def _older(self, one: Open, bar: Bar, found: list[Outcome]) -> Open:
        if bar.start <= one.newest:
            return one
        bars = one.bars + 1
        if bars in AFTER:
            held = shares.between(one.outcome.at, bar.start, self.splits.get(bar.symbol, ()), bar.timeframe)
            found.append(one.outcome._replace(returns={bars: _change(one.outcome.price, bar.close * held)}))
        return Open(one.outcome, bars, bar.start)


def begun(event: PatternDetected) -> Outcome:
    return Outcome(event.symbol, event.pattern, event.timeframe, event.at, event.direction, event.price or 0.0)


def known(event: PatternDetected, closes: Sequence[float]) -> Outcome:
    """From the closes of the bars after it, as many as there are, in the share of its own day."""
    outcome = begun(event)
    returns = {bars: _change(outcome.price, closes[bars - 1]) for bars in AFTER if bars <= len(closes)}
    return outcome._replace(returns=returns)


def _change(price: float, close: float) -> float:
    return round(close / price - 1, 6) if price > 0 else 0.0
