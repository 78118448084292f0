"""Returns after detections of a pattern, summed up: how many, how often in its direction, how much on average."""

import msgspec

FEW = 30
"""With fewer cases a rate says little."""


class ReturnSums(msgspec.Struct, frozen=True):
    """`cases`: known returns; `total`: their sum, 0.01 for 1 %; `rises`, `falls`: those above and below zero."""

    cases: int
    total: float
    rises: int
    falls: int

    @property
    def mean(self) -> float | None:
        return self.total / self.cases if self.cases else None

    @property
    def few(self) -> bool:
        return self.cases < FEW


class PatternOutcomes(msgspec.Struct, frozen=True):
    """`returns`: one for each of analysis_tables.HORIZONS."""

    pattern: str
    timeframe: str
    direction: str
    returns: tuple[ReturnSums, ...]

    @property
    def name(self) -> tuple[str, str, str]:
        return self.pattern, self.timeframe, self.direction

    def hit_rate(self, horizon: int) -> float | None:
        """Share of the returns in the pattern's direction, 0 to 1, by the place in HORIZONS; None for a neutral one."""
        sums = self.returns[horizon]
        hits = {"bullish": sums.rises, "bearish": sums.falls}.get(self.direction)
        return None if hits is None or not sums.cases else hits / sums.cases

    def merged_with(self, other: "PatternOutcomes") -> "PatternOutcomes":
        return msgspec.structs.replace(
            self,
            returns=tuple(
                ReturnSums(
                    own.cases + more.cases, own.total + more.total, own.rises + more.rises, own.falls + more.falls
                )
                for own, more in zip(self.returns, other.returns, strict=True)
            ),
        )
