"""The session of each symbol (open, high, low, close, volume), computed alike by feed, engine and desk."""

import math
from collections.abc import Collection
from datetime import date

from app.finance.bars import DAY, Bar, day_start
from app.finance.quote import NewestQuote
from app.finance.repeats import RepeatFilter
from app.finance.running import RunningBar
from app.finance.sessions import Hours, session_hours
from app.finance.trades import Contribution, Trade, contribution


class SessionDay:
    """The session of one symbol."""

    __slots__ = ("_newest_is_regular", "_outside", "_regular", "at", "closes", "day", "symbol")

    def __init__(self, symbol: str, session: Hours) -> None:
        self.symbol = symbol
        self.day = session.day
        self.closes = session.closes
        self.at = -math.inf
        """Of the newest print, in whatever hours, by market time."""
        self._regular: RunningBar | None = None
        self._outside: RunningBar | None = None
        self._newest_is_regular = False

    @classmethod
    def from_quote(cls, quote: NewestQuote) -> "SessionDay":
        """Restores a session from a stored quote."""
        day = cls(quote.symbol, session_hours(quote.symbol, date.fromisoformat(quote.session)))
        day.at = quote.at
        day._newest_is_regular = quote.has_traded and quote.close is None
        start, price = day_start(day.day), quote.price
        if quote.has_traded:
            close = price if quote.close is None else quote.close
            bar = Bar(quote.symbol, "daily", start, quote.open, quote.high, quote.low, close, quote.volume)
            day._regular = RunningBar.from_bar(bar, quote.at)
            day._regular.changed = True
        if quote.outside or not day._newest_is_regular:
            bar = Bar(quote.symbol, "daily", start, price, price, price, price, quote.outside)
            day._outside = RunningBar.from_bar(bar, quote.at)
        return day

    def add(self, trade: Trade, one: Contribution) -> bool | None:
        """Whether it changed anything; None where it came too late to be counted."""
        bar = self._regular if one.regular else self._outside
        if bar is None:
            bar = RunningBar(day_start(self.day))
            if one.regular:
                self._regular = bar
            else:
                self._outside = bar
        elif not bar.can_count(one.span):
            return None
        if one.regular and (trade.day_volume is not None or trade.day_open is not None):
            bar.set_day_totals(trade)
        if trade.at >= self.at:
            self.at, self._newest_is_regular = trade.at, one.regular
        return bar.add(one.part, one.span)

    @property
    def has_traded(self) -> bool:
        """Whether it was traded in the regular hours."""
        return self._regular is not None

    @property
    def outside(self) -> int:
        """Volume before and after the regular hours."""
        return round(self._outside.volume) if self._outside else 0

    @property
    def bar(self) -> Bar | None:
        """Of the regular hours alone."""
        return self._regular.bar(self.symbol, "daily", self.outside) if self._regular else None

    @property
    def changed(self) -> bool:
        """Since the bar was last given out."""
        return self._regular is not None and self._regular.changed

    def emit_bar(self) -> Bar | None:
        if self._regular:
            self._regular.changed = False
        return self.bar

    def quote(self, previous_close: float | None = None) -> NewestQuote:
        """Of a day on which something was traded."""
        newest = self._regular if self._newest_is_regular else self._outside
        if newest is None:
            raise ValueError("nothing was traded on this day")
        price, bar, session = newest.close, self.bar, self.day.isoformat()
        if bar is None:
            return NewestQuote(
                self.symbol, price, self.at, session, price, price, price, 0, previous_close, None, self.outside, False
            )
        after = not self._newest_is_regular and self.at > self.closes
        return NewestQuote(
            self.symbol, price, self.at, session, bar.open, bar.high, bar.low, bar.volume, previous_close,
            bar.close if after else None, self.outside, True,
        )  # fmt: skip


class SessionDays:
    """`late`: ticks of which nobody can tell any more whether they were counted; `repeated`: those that came twice."""

    def __init__(self) -> None:
        self.late = 0
        self.repeated = 0
        self._days: dict[str, SessionDay] = {}
        self._repeats = RepeatFilter()
        self._finished: list[Bar] = []

    def add(self, trade: Trade, one: Contribution | None = None) -> SessionDay | None:
        """The day that it changed; None where it changed none: a quote, a repetition, a tick of a day that is over."""
        if trade.kind == "Q":
            return None
        one = one or contribution(trade)
        return None if self.is_repeat(trade, one) else self.count(trade, one)

    def is_repeat(self, trade: Trade, one: Contribution) -> bool:
        """Whether the same print came before; else it is remembered now."""
        is_repeat = one.span is None and self._repeats.is_repeat(trade)
        self.repeated += is_repeat
        return is_repeat

    def count(self, trade: Trade, one: Contribution) -> SessionDay | None:
        """What `add` does with a print or an aggregate that is no repetition."""
        session = one.session
        day = self._days.get(trade.symbol)
        if day is None or day.day < session.day or day.at - trade.at >= DAY:
            day = self._next(trade.symbol, session, day)
        elif day.day > session.day:
            self.late += 1
            return None
        changed = day.add(trade, one)
        self.late += changed is None
        return day if changed else None

    def put(self, day: SessionDay) -> None:
        """Replaces a session with a better-informed one."""
        self._days[day.symbol] = day

    def get(self, symbol: str) -> SessionDay | None:
        return self._days.get(symbol)

    def all(self) -> Collection[SessionDay]:
        return self._days.values()

    def bars(self) -> list[Bar]:
        """The daily bars as they stand."""
        return [bar for day in self.all() if (bar := day.bar)]

    def take_finished(self) -> list[Bar]:
        """Bars that changed since they were given out, of days that another took the place of."""
        bars, self._finished = self._finished, []
        return bars

    def _next(self, symbol: str, session: Hours, before: SessionDay | None) -> SessionDay:
        if before and before.changed and before.day < session.day and (bar := before.emit_bar()):
            self._finished.append(bar)
        day = self._days[symbol] = SessionDay(symbol, session)
        return day
