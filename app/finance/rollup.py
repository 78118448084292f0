"""Aggregates ticks into one-minute bars, and corrects a bar when a late tick arrives."""

import math

from app.finance.bars import DAY, Bar
from app.finance.running import RunningBar
from app.finance.sessions import MINUTE
from app.finance.trades import Contribution, Trade, contribution

CORRECTION_SECONDS = 900.0
"""A minute can be mended until the symbol's newest minute is so much later, in market time."""


class Rollup:
    """What a bar becomes depends on the symbol's ticks alone, and neither on their order nor on a clock. A tick that is
    later than HELD_SECONDS is counted in `late` and changes nothing. The auctions print a little before the open and
    after the close, and belong to the first and the last minute."""

    def __init__(self) -> None:
        self.late = 0
        self.newest = 0.0
        """Where the newest of the minutes starts that ticks came for since this was set to 0."""
        self._running: dict[str, RunningBar] = {}
        self._earlier: dict[str, dict[float, RunningBar]] = {}
        """Earlier minutes that can still be mended."""
        self._corrected: dict[tuple[str, float], RunningBar] = {}
        self._whole_from = -math.inf
        """Where the minutes begin of which every tick comes here; of earlier ones those count that are held."""

    def add(self, trade: Trade, one: Contribution | None = None) -> Bar | None:
        """The bar that this tick ended, if it did."""
        one, symbol = one or contribution(trade), trade.symbol
        start = one.part.first // MINUTE * MINUTE
        if one.regular:
            start = min(max(start, one.session.opens), one.session.closes - MINUTE)
        if start > self.newest:
            self.newest = start
        running = self._running.get(symbol)
        if running is not None and running.start == start:
            self._extend(running, one)
        elif running is not None and running.start - start >= DAY:
            self._begin_again(symbol, start, one)
        elif start < self._whole_from or (running is not None and start < running.start):
            self._correct(symbol, running.start if running else start, start, one)
        elif running is None:
            self._running[symbol] = _new_bar(start, one)
        else:
            return self._next(symbol, running, start, one)
        return None

    def exclude(self, began: float, until: float) -> None:
        """Ticks of the minutes that start from `began` up to `until` did not come here: they are never given out, and
        of later ones every tick comes."""
        for symbol, running in list(self._running.items()):
            if began <= running.start < until:
                del self._running[symbol]
        for key in [key for key in self._corrected if began <= key[1] < until]:
            del self._corrected[key]
        for earlier in self._earlier.values():
            for start in [start for start in earlier if began <= start < until]:
                del earlier[start]
        self._whole_from = until

    def unfinished_from(self) -> float | None:
        """Where the newest minute that is not given out starts; None where all are."""
        return max((running.start for running in self._running.values() if running.changed), default=None)

    def corrected(self) -> list[Bar]:
        """Earlier minutes as late ticks have made them."""
        bars = [self._emit(symbol, bar) for (symbol, _), bar in self._corrected.items()]
        self._corrected.clear()
        return bars

    def running(self, symbol: str) -> Bar | None:
        running = self._running.get(symbol)
        return running.bar(symbol, "1min") if running else None

    def finish(self, before: float) -> list[Bar]:
        """Bars that started before this instant and have not been given out as they are now."""
        return self.corrected() + [
            self._emit(symbol, running)
            for symbol, running in self._running.items()
            if running.changed and running.start < before
        ]

    def _begin_again(self, symbol: str, start: float, one: Contribution) -> None:
        """A feed that began again on an earlier day."""
        self._earlier.pop(symbol, None)
        if self._whole_from - start >= DAY:
            self._whole_from = -math.inf
        self._running[symbol] = _new_bar(start, one)

    def _next(self, symbol: str, over: RunningBar, start: float, one: Contribution) -> Bar | None:
        earlier = self._earlier.setdefault(symbol, {})
        earlier[over.start] = over
        for past in [past for past in earlier if past < start - CORRECTION_SECONDS]:
            del earlier[past]
        self._running[symbol] = _new_bar(start, one)
        return self._emit(symbol, over) if over.changed else None

    def _extend(self, bar: RunningBar, one: Contribution) -> bool:
        if bar.can_count(one.span):
            return bar.add(one.part, one.span)
        self.late += 1
        return False

    def _correct(self, symbol: str, newest: float, start: float, one: Contribution) -> None:
        earlier = self._earlier.setdefault(symbol, {})
        bar = earlier.get(start)
        if bar is None:
            if start < max(newest - CORRECTION_SECONDS, self._whole_from):
                # What is stored of that minute is more than this tick.
                self.late += 1
                return
            bar = earlier[start] = RunningBar(start)
        if self._extend(bar, one):
            self._corrected[symbol, start] = bar

    def _emit(self, symbol: str, running: RunningBar) -> Bar:
        running.changed = False
        return running.bar(symbol, "1min")


def _new_bar(start: float, one: Contribution) -> RunningBar:
    running = RunningBar(start)
    running.add(one.part, one.span)
    return running
