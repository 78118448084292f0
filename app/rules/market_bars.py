"""What rules are evaluated on: bars, facts of symbols and detections."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from app.finance.bars import Timeframe
from app.finance.detections import DetectedPattern
from app.finance.matrix import BarMatrix, MatrixChange, empty


class MarketBars(Protocol):
    """Matrices are of closed bars; those of the rule's own timeframe may end with the running ones."""

    @property
    def detections(self) -> Sequence[DetectedPattern]: ...

    @property
    def now(self) -> float:
        """Market time, UTC epoch seconds: detections that expired until then count no more on a running bar."""

    def matrix(self, timeframe: Timeframe) -> BarMatrix: ...

    def change(self, timeframe: Timeframe) -> MatrixChange | None:
        """Since the market before; None where all bars may differ."""

    def words(self, symbol: str, field: str) -> Collection[str]:
        """Of a word field of the catalogue, such as the one sector or all universes. Without words a sector, industry,
        exchange or type is unknown, and a symbol is in no universe."""

    def cap(self, symbol: str) -> float:
        """Market capitalisation; NaN where nobody knows it."""


class MarketSnapshot(NamedTuple):
    """MarketBars in memory."""

    matrices: Mapping[Timeframe, BarMatrix]
    """A timeframe that is not there has no bars."""
    facts: Mapping[str, Mapping[str, Collection[str]]] = {}
    """Words by field and symbol."""
    caps: Mapping[str, float] = {}
    detections: Sequence[DetectedPattern] = ()
    now: float = math.inf
    changes: Mapping[Timeframe, MatrixChange] = {}
    """Since the snapshot before."""

    def matrix(self, timeframe: Timeframe) -> BarMatrix:
        return self.matrices.get(timeframe) or empty(timeframe)

    def change(self, timeframe: Timeframe) -> MatrixChange | None:
        return self.changes.get(timeframe)

    def words(self, symbol: str, field: str) -> Collection[str]:
        return self.facts.get(field, {}).get(symbol, ())

    def cap(self, symbol: str) -> float:
        return self.caps.get(symbol, math.nan)
