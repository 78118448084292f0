"""A bar under construction: trades add to it, and a repeated aggregate replaces its earlier value."""

import math

from app.finance.bars import Bar, Timeframe
from app.finance.trades import UNCOUNTED, BarPart, Trade

REPLACEABLE_SPANS = 600
"""Aggregates of one bar that can still be replaced: ten minutes of seconds, or ten hours of minutes."""


class Totals:
    """Of parts in any order: the earliest opens and the latest closes, by market time."""

    __slots__ = ("close", "first", "high", "last", "low", "open", "ticks", "volume")

    def __init__(self, one: BarPart) -> None:
        self.first, self.open, self.high, self.low, self.last, self.close, self.volume, self.ticks = one

    def include(self, other: BarPart) -> None:
        first, open_price, high, low, last, close, volume, ticks = other
        if first < self.first:
            self.first, self.open = first, open_price
        if high > self.high:
            self.high = high
        if low < self.low:
            self.low = low
        if last >= self.last:
            self.last, self.close = last, close
        self.volume += volume
        self.ticks += ticks

    @property
    def part(self) -> BarPart:
        return BarPart(self.first, self.open, self.high, self.low, self.last, self.close, self.volume, self.ticks)


class RunningBar:
    """`changed`: since it was last given out."""

    __slots__ = ("_day_open", "_day_volume", "_fixed", "_replaceable_from", "_spans", "_totals", "changed", "start")

    def __init__(self, start: float) -> None:
        self.start = start
        self.changed = True
        self._totals: Totals | None = None
        self._fixed: Totals | None = None
        """All but the spans that can still be replaced; None while there are no spans."""
        self._spans: dict[float, BarPart] = {}
        self._replaceable_from = -math.inf
        """Of spans up to there only those that are held can be replaced; others were counted, or never will be."""
        self._day_volume: tuple[float, float] | None = None
        self._day_open: float | None = None

    @classmethod
    def from_bar(cls, bar: Bar, until: float) -> "RunningBar":
        """What somebody else knows of it, made of all that ended until that instant."""
        running = cls(bar.start)
        ticks = UNCOUNTED if bar.ticks is None else bar.ticks
        running._totals = Totals(
            BarPart(-math.inf, bar.open, bar.high, bar.low, (until, 0.0), bar.close, bar.volume, ticks)
        )
        running._replaceable_from = until
        running.changed = False
        return running

    def can_count(self, span: float | None) -> bool:
        """Whether the trade can still be counted: an aggregate that is no longer kept cannot be replaced."""
        return span is None or span > self._replaceable_from or span in self._spans

    def add(self, one: BarPart, span: float | None) -> bool:
        """Whether it changed anything."""
        if span is None:
            if self._totals is None:
                self._totals = Totals(one)
            else:
                self._totals.include(one)
            if self._spans:
                self._fixed = _with(self._fixed, one)
        elif self._spans.get(span) == one:
            return False
        else:
            self._put(span, one)
        self.changed = True
        return True

    def set_day_totals(self, trade: Trade) -> None:
        """Stores the feed's own volume and open of the day."""
        if trade.day_volume is not None and (self._day_volume is None or trade.at >= self._day_volume[0]):
            self._day_volume = (trade.at, trade.day_volume)
        if trade.day_open:
            self._day_open = trade.day_open

    def bar(self, symbol: str, timeframe: Timeframe, outside: float = 0.0) -> Bar:
        """`outside`: what the day's volume, as the feed says it, has beside the bar's own."""
        totals = self._totals
        if totals is None:
            raise ValueError("nothing was traded in this bar")
        open_price = totals.open if self._day_open is None else self._day_open
        day_volume = 0.0 if self._day_volume is None else self._day_volume[1] - outside
        ticks = totals.ticks if totals.ticks < UNCOUNTED and timeframe == "1min" else None
        return Bar(
            symbol, timeframe, self.start, open_price, max(totals.high, open_price), min(totals.low, open_price),
            totals.close, round(max(totals.volume, day_volume)), ticks,
        )  # fmt: skip

    @property
    def volume(self) -> float:
        return self._totals.volume if self._totals else 0.0

    @property
    def close(self) -> float:
        if self._totals is None:
            raise ValueError("nothing was traded in this bar")
        return self._totals.close

    def _put(self, start: float, one: BarPart) -> None:
        if not self._spans and self._totals:
            self._fixed = Totals(self._totals.part)
        replaces = start in self._spans
        self._spans[start] = one
        if replaces:
            self._add_up()
        else:
            self._totals = _with(self._totals, one)
        if len(self._spans) > REPLACEABLE_SPANS:
            oldest = next(iter(self._spans))
            self._fixed = _with(self._fixed, self._spans.pop(oldest))
            self._replaceable_from = max(self._replaceable_from, oldest)

    def _add_up(self) -> None:
        totals = Totals(self._fixed.part) if self._fixed else None
        for one in self._spans.values():
            totals = _with(totals, one)
        self._totals = totals


def _with(totals: Totals | None, one: BarPart) -> Totals:
    if totals is None:
        return Totals(one)
    totals.include(one)
    return totals
