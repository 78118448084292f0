"""The last bars of every symbol, in memory: what indicators and patterns are computed from."""

from collections.abc import Iterable, Sequence

from app.finance.bars import Bar, Timeframe

KEPT = 120
SLACK = 40
"""A list is cut only when it is that much too long, so that most bars cost one append."""


class Series:
    def __init__(self) -> None:
        self._bars: dict[tuple[str, Timeframe], list[Bar]] = {}

    def extend(self, bars: Iterable[Bar]) -> None:
        for bar in bars:
            self.add(bar)

    def add(self, bar: Bar) -> None:
        """A bar that starts where a known one does replaces it; what is known beyond it belongs to an older run."""
        bars = self._bars.setdefault((bar.symbol, bar.timeframe), [])
        while bars and bars[-1].start >= bar.start:
            bars.pop()
        bars.append(bar)
        if len(bars) > KEPT + SLACK:
            del bars[:-KEPT]

    def last(self, symbol: str, timeframe: Timeframe) -> Sequence[Bar]:
        """Oldest first, at most KEPT."""
        return self._bars.get((symbol, timeframe), [])[-KEPT:]
