"""Ticks into bars: one running bar per symbol, given out when it is over."""

from functools import lru_cache
from typing import Protocol

from app.finance.bars import Bar, Timeframe, day_start
from app.finance.sessions import Session, regular, trading_date

MINUTE = 60
RESTART_SECONDS = 900
"""A tick that much older than the running bar means that the feed began again, not that the tick is late."""
MEND_SECONDS = 5.0
"""A minute that is over takes late ticks until the symbol's newest tick is so long past its end, in market time."""


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


class Running:
    """A bar that takes ticks in any order: the earliest opens it and the latest closes it, by market time."""

    __slots__ = ("changed", "close", "first", "high", "last", "low", "open", "start", "volume")

    def __init__(self, trade: Trade, start: float) -> None:
        self.start = start
        self.open = self.high = self.low = self.close = trade.price
        self.volume = 0
        self.first = float("inf")
        self.last = trade.at
        self.changed = True
        """Since it was last given out: a late tick makes a finished bar worth giving out again."""
        self.extend(trade)

    def extend(self, trade: Trade) -> None:
        price, at = trade.price, trade.at
        self.high = max(self.high, price, trade.high or price)
        self.low = min(self.low, price, trade.low or price)
        self.volume += trade.volume
        if at < self.first:
            self.first = at
            self.open = price if trade.open is None else trade.open
            self.high, self.low = max(self.high, self.open), min(self.low, self.open)
        if at >= self.last:
            self.last = at
            self.close = price
        self.changed = True

    def become(self, bar: Bar, *, changed: bool) -> None:
        """What somebody else knows of it; ticks to come are later than what that was made of."""
        _, _, self.start, self.open, self.high, self.low, self.close, self.volume, _ = bar
        self.first = self.last = float("-inf")
        self.changed = changed

    @property
    def seeded(self) -> bool:
        return self.first == float("-inf")

    def bar(self, symbol: str, timeframe: Timeframe) -> Bar:
        return Bar(symbol, timeframe, self.start, self.open, self.high, self.low, self.close, self.volume)


class Rollup:
    """Of ticks into minutes or days. What a bar becomes depends on the symbol's ticks alone and on no clock: a tick
    mends its own bar while that is the symbol's newest, and a minute for MEND_SECONDS longer; a tick that is later
    still is counted in `late` and changes nothing."""

    def __init__(self, timeframe: Timeframe) -> None:
        self.timeframe = timeframe
        self.late = 0
        self._running: dict[str, Running] = {}
        self._before: dict[str, Running] = {}
        self._mended: list[Bar] = []

    def add(self, trade: Trade) -> Bar | None:
        """The bar that this tick ended, if it did."""
        start = self._start(trade.at)
        running = self._running.get(trade.symbol)
        if running is None:
            self._running[trade.symbol] = Running(trade, start)
        elif running.start == start:
            running.extend(trade)
        elif running.start < start:
            self._running[trade.symbol] = Running(trade, start)
            self._put_before(trade.symbol, running)
            return self._given_out(trade.symbol, running) if running.changed else None
        elif running.start - start > RESTART_SECONDS:
            self._before.pop(trade.symbol, None)
            self._running[trade.symbol] = Running(trade, start)
        else:
            self._mend(trade, start, running)
        return None

    def mended(self) -> list[Bar]:
        """Bars that others took the place of before they could be given out again as late ticks had made them."""
        mended, self._mended = self._mended, []
        return mended

    def seed(self, bar: Bar) -> None:
        """Go on with a bar that was begun before this process."""
        self._become(bar, changed=False)

    def correct(self, bar: Bar) -> None:
        """Somebody knows better than the ticks that were heard; a bar of an earlier span is no longer of interest."""
        running = self.running(bar.symbol)
        if running is None or (running.start <= bar.start and running != bar):
            self._become(bar, changed=True)

    def changed(self, start: float) -> bool:
        """Whether a bar that starts there has something to give out."""
        return any(running.changed and running.start == start for running in self._running.values())

    def running(self, symbol: str) -> Bar | None:
        running = self._running.get(symbol)
        return running.bar(symbol, self.timeframe) if running else None

    def all_running(self) -> list[Bar]:
        return [running.bar(symbol, self.timeframe) for symbol, running in self._running.items()]

    def finish(self, before: float) -> list[Bar]:
        """Bars that started before this instant and have not been given out as they are now."""
        return self.mended() + [
            self._given_out(symbol, running)
            for kept in (self._before, self._running)
            for symbol, running in kept.items()
            if running.changed and running.start < before
        ]

    def _mend(self, trade: Trade, start: float, running: Running) -> None:
        before = self._before.get(trade.symbol)
        if self.timeframe != "1min" or running.last >= start + MINUTE + MEND_SECONDS:
            self.late += 1
        elif before and before.start == start:
            before.extend(trade)
        elif running.seeded or running.start != start + MINUTE:
            # What is stored of that minute is more than this tick.
            self.late += 1
        else:
            self._put_before(trade.symbol, Running(trade, start))

    def _put_before(self, symbol: str, running: Running) -> None:
        before = self._before.get(symbol)
        if self.timeframe == "1min" and before and before.changed:
            self._mended.append(self._given_out(symbol, before))
        self._before[symbol] = running

    def _given_out(self, symbol: str, running: Running) -> Bar:
        running.changed = False
        return running.bar(symbol, self.timeframe)

    def _become(self, bar: Bar, *, changed: bool) -> None:
        running = self._running.setdefault(bar.symbol, Running(_Seed(bar), bar.start))
        running.become(bar, changed=changed)

    def _start(self, at: float) -> float:
        return at // MINUTE * MINUTE if self.timeframe == "1min" else day_start(trading_date(at))


class _Seed:
    """A bar as the trade that a running one can begin with."""

    open = high = low = None

    def __init__(self, bar: Bar) -> None:
        self.symbol, self.at, self.price, self.volume = bar.symbol, bar.start, bar.close, 0


def in_session(symbol: str, at: float) -> bool:
    """Whether a trade counts for the daily bar: in regular hours, their last instant included, where the close prints.

    Currencies and coins (X:BTCUSD, C:EURUSD) know no hours.
    """
    if ":" in symbol:
        return True
    session = _session(int(at // 1800))
    return session.opens <= at <= session.closes


@lru_cache(maxsize=256)
def _session(half_hour: int) -> Session:
    """No trading date begins within a half-hour of UTC."""
    return regular(trading_date(half_hour * 1800.0))
