"""Ticks into bars: one running bar per symbol, given out when it is over."""

from typing import NamedTuple, Protocol

from app.finance.bars import Bar, Timeframe, day_start
from app.finance.sessions import trading_date

MINUTE = 60
RESTART_SECONDS = 900
"""A tick that much older than the running bar means that the feed began again, not that the tick is late."""


class Trade(Protocol):
    """What a tick must have; the optional prices are those of the span that it sums up."""

    @property
    def symbol(self) -> str: ...
    @property
    def at(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def volume(self) -> int: ...
    @property
    def open(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...


class Running(NamedTuple):
    bar: Bar
    changed: bool
    """Since it was last given out: a late tick makes a finished bar worth giving out again."""


class Rollup:
    """Ticks of a symbol must come in order of time; those of a bar that is over already are counted in `late`."""

    def __init__(self, timeframe: Timeframe) -> None:
        self.timeframe = timeframe
        self.late = 0
        self._running: dict[str, Running] = {}

    def add(self, trade: Trade) -> Bar | None:
        """The bar that this tick ended, if it did."""
        start = self._start(trade.at)
        running = self._running.get(trade.symbol)
        if running is None:
            self._open(trade, start)
        elif running.bar.start == start:
            self._running[trade.symbol] = Running(_extended(running.bar, trade), changed=True)
        elif running.bar.start < start:
            self._open(trade, start)
            return running.bar if running.changed else None
        elif running.bar.start - start > RESTART_SECONDS:
            self._open(trade, start)
        else:
            self.late += 1
        return None

    def seed(self, bar: Bar) -> None:
        """Go on with a bar that was begun before this process."""
        self._running[bar.symbol] = Running(bar, changed=False)

    def correct(self, bar: Bar) -> None:
        """Somebody knows better than the ticks that were heard; a bar of an earlier span is no longer of interest."""
        running = self._running.get(bar.symbol)
        if running is None or (running.bar.start <= bar.start and running.bar != bar):
            self._running[bar.symbol] = Running(bar, changed=True)

    def changed(self, start: float) -> bool:
        """Whether a bar that starts there has something to give out."""
        return any(running.changed and running.bar.start == start for running in self._running.values())

    def running(self, symbol: str) -> Bar | None:
        running = self._running.get(symbol)
        return running.bar if running else None

    def finish(self, before: float) -> list[Bar]:
        """Bars that started before this instant and have not been given out as they are now."""
        over = [running.bar for running in self._running.values() if running.changed and running.bar.start < before]
        for bar in over:
            self._running[bar.symbol] = Running(bar, changed=False)
        return over

    def _open(self, trade: Trade, start: float) -> None:
        first = trade.price if trade.open is None else trade.open
        bar = Bar(trade.symbol, self.timeframe, start, first, first, first, first, 0)
        self._running[trade.symbol] = Running(_extended(bar, trade), changed=True)

    def _start(self, at: float) -> float:
        return at // MINUTE * MINUTE if self.timeframe == "1min" else day_start(trading_date(at))


def _extended(bar: Bar, trade: Trade) -> Bar:
    high = max(bar.high, trade.price, trade.high or trade.price)
    low = min(bar.low, trade.price, trade.low or trade.price)
    return bar._replace(high=high, low=low, close=trade.price, volume=bar.volume + trade.volume)
