"""Ticks into minutes: one running bar per symbol, given out when it is over and again when a late tick mends it."""

import math

from app.finance.bars import DAY, Bar
from app.finance.running import RunningBar
from app.finance.sessions import MINUTE, Hours
from app.finance.trades import Trade, begins, counts, trading_hours

HELD_SECONDS = 900.0
"""A minute can be mended until the symbol's newest minute is so much later, in market time."""


class Rollup:
    """What a bar becomes depends on the symbol's ticks alone, and neither on their order nor on a clock. A tick that is
    later than HELD_SECONDS is counted in `late` and changes nothing."""

    def __init__(self) -> None:
        self.late = 0
        self._running: dict[str, RunningBar] = {}
        self._held: dict[str, dict[float, RunningBar]] = {}
        """Earlier minutes that can still be mended."""
        self._mended: dict[tuple[str, float], RunningBar] = {}
        self._since: dict[str, float] = {}
        """Where the minutes begin of which this process has seen every tick."""

    def add(self, trade: Trade) -> Bar | None:
        """The bar that this tick ended, if it did."""
        session = trading_hours(trade)
        regular = counts(trade, session)
        start = _minute(begins(trade), session) if regular else begins(trade) // MINUTE * MINUTE
        closes = session.closes if regular else math.inf
        running = self._running.get(trade.symbol)
        if running is None or running.start - start >= DAY:
            self._begin(trade, start, closes)
        elif running.start == start:
            self._extend(running, trade, closes)
        elif running.start < start:
            return self._next(running, trade, start, closes)
        else:
            self._mend(running.start, trade, start, closes)
        return None

    def mended(self) -> list[Bar]:
        """Earlier minutes as late ticks have made them."""
        bars = [self._given_out(symbol, bar) for (symbol, _), bar in self._mended.items()]
        self._mended.clear()
        return bars

    def seed(self, bar: Bar, until: float) -> None:
        """Go on with a minute that an earlier process began, made of what ended until that instant."""
        self._running[bar.symbol] = RunningBar.seeded(bar, max(bar.start, until))
        self._since[bar.symbol] = bar.start

    def running(self, symbol: str) -> Bar | None:
        running = self._running.get(symbol)
        return running.bar(symbol, "1min") if running else None

    def finish(self, before: float) -> list[Bar]:
        """Bars that started before this instant and have not been given out as they are now."""
        return self.mended() + [
            self._given_out(symbol, running)
            for symbol, running in self._running.items()
            if running.changed and running.start < before
        ]

    def _begin(self, trade: Trade, start: float, closes: float) -> None:
        """The first tick of a symbol, or of a feed that began again on an earlier day."""
        self._held.pop(trade.symbol, None)
        self._since.pop(trade.symbol, None)
        self._running[trade.symbol] = _begun(trade, start, closes)

    def _next(self, over: RunningBar, trade: Trade, start: float, closes: float) -> Bar | None:
        held = self._held.setdefault(trade.symbol, {})
        held[over.start] = over
        for past in [past for past in held if past < start - HELD_SECONDS]:
            del held[past]
        self._running[trade.symbol] = _begun(trade, start, closes)
        return self._given_out(trade.symbol, over) if over.changed else None

    def _extend(self, bar: RunningBar, trade: Trade, closes: float) -> bool:
        if bar.takes(trade):
            return bar.add(trade, closes)
        self.late += 1
        return False

    def _mend(self, newest: float, trade: Trade, start: float, closes: float) -> None:
        held = self._held.setdefault(trade.symbol, {})
        bar = held.get(start)
        if bar is None:
            if start < max(newest - HELD_SECONDS, self._since.get(trade.symbol, -math.inf)):
                # What is stored of that minute is more than this tick.
                self.late += 1
                return
            bar = held[start] = RunningBar(start)
        if self._extend(bar, trade, closes):
            self._mended[trade.symbol, start] = bar

    def _given_out(self, symbol: str, running: RunningBar) -> Bar:
        running.changed = False
        return running.bar(symbol, "1min")


def _begun(trade: Trade, start: float, closes: float) -> RunningBar:
    running = RunningBar(start)
    running.add(trade, closes)
    return running


def _minute(at: float, session: Hours) -> float:
    """The auctions print a little before the open and after the close, and belong to the first and last minute."""
    if at >= session.closes:
        return session.closes - MINUTE
    return max(at // MINUTE * MINUTE, session.opens)
