"""The tape as the engine reads it: ticks and the time go in, bars and what they mean go to the store."""

import time
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from app.engine.analysis import Analysis, Indicator, analyse
from app.engine.series import Series
from app.engine.store import Store
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.clock import MarketClock
from app.finance.quote import NewestQuote
from app.finance.rollup import MINUTE, Rollup
from app.finance.sessions import regular, trading_date
from app.wire.events import AnyEvent, Tick

GRACE_SECONDS = 1.0
"""How much later than its time a tick may be, by the clock on the wall, before its bar is closed without it."""
TELL_SECONDS = 1.0
"""A symbol's indicators are published at most that often; stored they always are."""
STALE_SECONDS = 3.0
"""A clock that was not announced for so long belongs to a feed that is away, and then the market stands still."""
DEAREST = 1e9
MOST_TRADED = 10**15
LONGEST_SYMBOL = 20
MOST_SYMBOLS = 20_000


class Tape:
    def __init__(
        self, series: Series, store: Store, min_confidence: float, timeframes: Collection[Timeframe] = ("1min", "daily")
    ) -> None:
        self._series = series
        self._store = store
        self._min_confidence = min_confidence
        self._timeframes = frozenset(timeframes)
        self._minutes = Rollup("1min")
        self._days = Rollup("daily")
        self._newest: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._heard: tuple[float, float] = (0.0, 0.0)
        self.refused = 0

    @property
    def symbols(self) -> int:
        return len(self._newest)

    @property
    def late(self) -> int:
        return self._minutes.late

    def seed(self, minutes: Iterable[Bar], quotes: Mapping[str, NewestQuote]) -> None:
        """Go on in the middle of a minute and of a day that were begun before this process."""
        for bar in minutes:
            self._minutes.seed(bar)
        for quote in quotes.values():
            self._days.correct(_day_bar(quote))

    def take(self, tick: Tick, arrived_at: float) -> None:
        if not self._plausible(tick):
            self.refused += 1
            return
        self._newest[tick.symbol] = tick.at
        self._heard = (tick.at, arrived_at)
        minute = self._minutes.add(tick)
        if minute:
            self._finished(minute)
        day = self._days.add(tick)
        if day:
            self._finished(day)

    def tell_time(self, clock: MarketClock | None, wall: float) -> None:
        """Closes the minutes that are over although no later tick has said so."""
        ended = self._now(clock, wall) - (0.0 if _closed(clock) else _grace(clock))
        for minute in self._minutes.finish(before=ended - MINUTE + 0.001):
            self._finished(minute)

    def over(self, clock: MarketClock | None, wall: float) -> date | None:
        """The session that has ended and is not closed yet."""
        now = self._now(clock, wall)
        day = date.fromisoformat(clock.session) if clock else trading_date(now)
        if not self._days.changed(day_start(day)):
            return None
        return day if _closed(clock) or now > regular(day).closes + _grace(clock) else None

    def close(self, day: date, quotes: Mapping[str, NewestQuote]) -> None:
        """Ends a session. What the feed itself says of the day counts more than what was heard of it."""
        for quote in quotes.values():
            if quote.session == day.isoformat() and quote.at >= self._newest.get(quote.symbol, 0.0) - 0.001:
                self._days.correct(_day_bar(quote))
        for bar in self._days.finish(day_start(day) + 1):
            self._finished(bar)
        self._store.forget_before(regular(day).opens)

    def leave(self) -> None:
        """Minutes that are not over go to the store as they are: the next process begins with them."""
        self._store.offer(self._minutes.finish(before=float("inf")))

    def _finished(self, bar: Bar) -> None:
        self._series.add(bar)
        if bar.timeframe not in self._timeframes:
            self._store.offer([bar])
            return
        analysis = analyse(self._series.last(bar.symbol, bar.timeframe), 1, self._min_confidence)
        self._store.offer([bar], analysis, [*_patterns(analysis), *self._worth_telling(bar, analysis.indicators)])

    def _worth_telling(self, bar: Bar, indicators: Iterable[Indicator]) -> list[AnyEvent]:
        now = time.monotonic()
        if bar.timeframe == "1min" and now - self._told.get(bar.symbol, -TELL_SECONDS) < TELL_SECONDS:
            return []
        self._told[bar.symbol] = now
        return [indicator.event for indicator in indicators]

    def _now(self, clock: MarketClock | None, wall: float) -> float:
        """Market time; without a clock from the newest tick on, as fast as the wall's."""
        if clock:
            return clock.now(min(wall, clock.wall_time + STALE_SECONDS))
        at, arrived_at = self._heard
        return at + max(0.0, wall - arrived_at) if at else 0.0

    def _plausible(self, tick: Tick) -> bool:
        """What the tables can hold."""
        known = tick.symbol in self._newest or len(self._newest) < MOST_SYMBOLS
        prices = (tick.price, tick.open or tick.price, tick.high or tick.price, tick.low or tick.price)
        return (
            known
            and len(tick.symbol) <= LONGEST_SYMBOL
            and all(0 < price < DEAREST for price in prices)
            and 0 <= tick.volume < MOST_TRADED
        )


def _closed(clock: MarketClock | None) -> bool:
    return clock is not None and clock.state in ("closed", "ended")


def _grace(clock: MarketClock | None) -> float:
    return GRACE_SECONDS * (clock.speed if clock else 1.0)


def _patterns(analysis: Analysis) -> list[AnyEvent]:
    return [pattern.event for pattern in analysis.patterns]


def _day_bar(quote: NewestQuote) -> Bar:
    start = day_start(date.fromisoformat(quote.session))
    return Bar(quote.symbol, "daily", start, quote.open, quote.high, quote.low, quote.price, quote.volume)
