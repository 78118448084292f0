"""The tape as the engine reads it: ticks and the time go in, and bars that are over come out."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date

from app.engine.close import Close
from app.engine.gaps import Gap
from app.engine.store import Store
from app.finance.bars import Bar, day_start
from app.finance.clock import MarketClock
from app.finance.quote import NewestQuote
from app.finance.repeats import Repeats
from app.finance.rollup import MINUTE, Rollup, in_session
from app.finance.sessions import regular, trading_date
from app.wire.events import Tick

GRACE_SECONDS = 1.0
"""How much later than its time a tick may be, by the clock on the wall, before its bar is closed without it."""
STALE_SECONDS = 3.0
"""A clock that was not announced for so long belongs to a feed that is away, and then the market stands still."""
QUIET_SECONDS = 0.3
"""After the last tick of a session, by the clock on the wall."""
GAP_SECONDS = 90.0
"""Of the market's time: less may be a minute in which nobody traded."""
DEAREST = 1e9
MOST_TRADED = 10**15
LONGEST_SYMBOL = 20
MOST_SYMBOLS = 20_000


class Tape:
    def __init__(self, store: Store, close: Close) -> None:
        self._store = store
        self._close = close
        self._minutes = Rollup("1min")
        self._days = Rollup("daily")
        self._repeats = Repeats()
        self._newest: dict[str, float] = {}
        self._heard: tuple[float, float] = (0.0, 0.0)
        self._over: list[Bar] = []
        self._ended = 0.0
        self._stood = 0.0
        self.something = asyncio.Event()
        """Whether there is a bar to look at."""
        self.taken = 0
        self.refused = 0
        self.repeated = 0

    @property
    def symbols(self) -> int:
        return len(self._newest)

    @property
    def late(self) -> int:
        return self._minutes.late

    def seed(self, minutes: Iterable[Bar], quotes: Mapping[str, NewestQuote]) -> None:
        """Go on in the middle of a minute and of a day that were begun before this process."""
        last = 0.0
        for bar in minutes:
            self._minutes.seed(bar)
            last = max(last, bar.start)
        for quote in quotes.values():
            self._days.correct(_day_bar(quote))
        newest = max((quote.at for quote in quotes.values()), default=0.0)
        if last:
            self.missed("restart", last + MINUTE, newest, len(quotes))

    def missed(self, reason: str, began: float, ended: float, symbols: int) -> None:
        """Minutes that nobody heard, where the session was on: the daily bar has what was traded, no minute does."""
        session = regular(trading_date(ended))
        began = max(began, session.opens)
        if ended - began > GAP_SECONDS:
            self._store.miss(Gap(reason, began, min(ended, session.closes), symbols))

    def heard_at(self) -> float:
        """The market's time of the newest tick."""
        return self._heard[0]

    def take(self, tick: Tick, arrived_at: float) -> None:
        if not self._plausible(tick):
            self.refused += 1
            return
        if self._repeats.known(tick):
            self.repeated += 1
            return
        self.taken += 1
        self._newest[tick.symbol] = tick.at
        self._heard = (tick.at, arrived_at)
        minute = self._minutes.add(tick)
        day = self._days.add(tick) if in_session(tick.symbol, tick.at) else None
        if minute or day:
            self._finished([*self._minutes.mended(), *(bar for bar in (minute, day) if bar)])

    def tell_time(self, clock: MarketClock | None, wall: float) -> None:
        """Closes the minutes that are over although no later tick has said so."""
        self._ended = self._now(clock, wall) - (0.0 if self._shut(clock, wall) else _grace(clock))
        self._finished(self._minutes.finish(before=self._ended - MINUTE + 0.001))
        self._close.expire(self._ended)
        at, arrived_at = self._heard
        if clock and clock.state == "open" and clock.speed > 0 and clock.wall_time <= arrived_at:
            self._close.stopwatch.behind(max(0.0, clock.now(arrived_at) - at) / clock.speed)

    def seconds_to_close(self, clock: MarketClock | None, wall: float) -> float:
        """By the clock on the wall, until the minute that is running is closed."""
        if clock is None or clock.state != "open" or clock.speed <= 0:
            return float("inf")
        left = MINUTE - (self._now(clock, wall) - _grace(clock)) % MINUTE
        return left / clock.speed

    def turn(self) -> None:
        """Looks at what is over, all at once."""
        over, self._over = self._over, []
        self.something.clear()
        self._close.bars(over)
        self._close.until(self._ended)
        minutes = [bar.start for bar in over if bar.timeframe == "1min"]
        if minutes and max(minutes) != self._stood:
            self._stood = max(minutes)
            self._close.stand(self._stood + MINUTE, self._days.all_running())

    def over(self, clock: MarketClock | None, wall: float) -> date | None:
        """The session that has ended and is not closed yet."""
        # As the clock was announced and not as it may have run on since: a feed that is slow has more to say.
        now = clock.market_time if clock else self._now(None, wall)
        day = date.fromisoformat(clock.session) if clock else trading_date(now)
        if not self._days.changed(day_start(day)):
            return None
        return day if self._shut(clock, wall) or now > regular(day).closes + _grace(clock) else None

    def close(self, day: date, quotes: Mapping[str, NewestQuote]) -> None:
        """Ends a session. What the feed itself says of the day counts more than what was heard of it."""
        for quote in quotes.values():
            if quote.session == day.isoformat() and quote.at >= self._newest.get(quote.symbol, 0.0) - 0.001:
                self._days.correct(_day_bar(quote))
        self._finished(self._days.finish(day_start(day) + 1))
        self._store.forget_before(regular(day).opens)

    def leave(self) -> None:
        """Minutes that are not over go to the store as they are: the next process begins with them."""
        self._store.offer([*self._over, *self._minutes.finish(before=float("inf"))])

    def _finished(self, bars: list[Bar]) -> None:
        if bars:
            self._over += bars
            self.something.set()

    def _now(self, clock: MarketClock | None, wall: float) -> float:
        """Market time; without a clock from the newest tick on, as fast as the wall's."""
        if clock:
            shuts = regular(date.fromisoformat(clock.session)).closes
            return min(clock.now(min(wall, clock.wall_time + STALE_SECONDS)), max(clock.market_time, shuts))
        at, arrived_at = self._heard
        return at + max(0.0, wall - arrived_at) if at else 0.0

    def _shut(self, clock: MarketClock | None, wall: float) -> bool:
        """The market is, and nothing that was traded before is still on its way to us."""
        return clock is not None and clock.state in ("closed", "ended") and wall - self._heard[1] >= QUIET_SECONDS

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


def _grace(clock: MarketClock | None) -> float:
    return GRACE_SECONDS * (clock.speed if clock else 1.0)


def _day_bar(quote: NewestQuote) -> Bar:
    start = day_start(date.fromisoformat(quote.session))
    close = quote.price if quote.close is None else quote.close
    return Bar(quote.symbol, "daily", start, quote.open, quote.high, quote.low, close, quote.volume)
