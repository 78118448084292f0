"""The tape as the engine reads it: ticks and the time go in, and bars that are over come out."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import date

from app.engine.close import Close
from app.engine.gaps import Gap
from app.engine.store import Store
from app.finance.bars import DAY, Bar
from app.finance.clock import MarketClock
from app.finance.markets import market
from app.finance.quote import NewestQuote
from app.finance.rollup import Rollup
from app.finance.session_days import SessionDay, SessionDays
from app.finance.sessions import AUCTION_SECONDS, MINUTE, regular, session_end, trading_date
from app.finance.symbols import is_storable
from app.finance.trades import contribution
from app.wire.events import Tick

GRACE_SECONDS = 1.0
"""How much later than its time a tick may be, by the clock on the wall, before its bar is closed without it."""
STALE_SECONDS = 3.0
"""A clock that was not announced for so long belongs to a feed that is away, and then the market stands still."""
QUIET_SECONDS = 0.3
"""After the last tick of a session, by the clock on the wall."""
SLOW_SECONDS = 1.0
"""A bar that is over and has waited for so long to be analysed: nobody can tell then that no more ticks come."""
DOUBT_SECONDS = 2.0
"""After a tick that came too late to be counted here: by then the feed has written what it makes of the day."""
GAP_SECONDS = 90.0
"""Of the market's time: less may be a minute in which nobody traded."""
DEAREST = 1e9
MOST_TRADED = 10**15
MOST_SYMBOLS = 20_000
MOST_OVER = 20_000
"""Bars that wait to be analysed; then no more ticks are taken."""


class Tape:
    def __init__(self, store: Store, close: Close) -> None:
        self._store = store
        self._close = close
        self._minutes = Rollup()
        self._days = SessionDays()
        self._uncounted_at = 0.0
        """When the last tick came that its session could not count, on the clock on the wall; 0 when all is done."""
        self._left: dict[date, float] = {}
        """Sessions that another one followed before they were closed, and the market's time of its first tick."""
        self._counted_at = 0.0
        """When the last tick came that a session of an exchange counts, on the clock on the wall."""
        self._heard: tuple[float, float] = (0.0, 0.0)
        self._over: list[Bar] = []
        self._looked_at: list[Bar] = []
        """What `turn` is at: not all of it is in the store yet."""
        self._looked_at_since = 0.0
        """Since when the oldest of them waited, on a clock that only goes forward; 0 while nothing is looked at."""
        self._over_since = 0.0
        """Since when the oldest bar waits that is to be looked at next."""
        self._turned = asyncio.Event()
        """Set at the end of the turn that is next to end."""
        self._ended = 0.0
        self._stood = 0.0
        self.something = asyncio.Event()
        """Whether there is a bar to look at."""
        self.taken = 0
        self.refused = 0

    @property
    def symbols(self) -> int:
        return len(self._days.all())

    @property
    def late(self) -> int:
        return self._minutes.late + self._days.late

    @property
    def repeated(self) -> int:
        return self._days.repeated

    def seed(self, minutes: Iterable[Bar], quotes: Mapping[str, NewestQuote]) -> None:
        """Go on in the middle of a minute and of a day that were begun before this process."""
        last = 0.0
        for bar in minutes:
            quote = quotes.get(bar.symbol)
            self._minutes.seed(bar, quote.at if quote else bar.start)
            last = max(last, bar.start)
        for quote in quotes.values():
            self._days.put(SessionDay.seeded(quote))
        newest = max((quote.at for quote in quotes.values()), default=0.0)
        if last:
            self.missed("restart", last + MINUTE, newest, len(quotes))

    def missed(self, reason: str, began: float, ended: float, symbols: int) -> None:
        """Minutes that nobody heard, where the session was on: the daily bar has what was traded, no minute does."""
        session = regular(trading_date(ended))
        began = max(began, session.opens)
        if ended - began > GAP_SECONDS:
            self._store.miss(Gap(reason, began, min(ended, session.closes), symbols))

    @property
    def behind(self) -> float:
        """For how many seconds the oldest bar that is over has waited to be looked at."""
        since = self._looked_at_since or (self._over_since if self._over else 0.0)
        return time.monotonic() - since if since else 0.0

    def heard_at(self) -> float:
        """The market's time of the newest tick."""
        return self._heard[0]

    def take(self, tick: Tick, arrived_at: float) -> None:
        if not self._plausible(tick):
            self.refused += 1
            return
        if tick.kind == "Q":
            return
        one = contribution(tick)
        late = self._days.late
        if self._days.add(tick, one) is None:
            if one.regular and self._days.late > late:
                self._uncounted_at = arrived_at
            return
        self.taken += 1
        if not self._heard[0] - DAY < tick.at < self._heard[0]:
            self._heard = (tick.at, arrived_at)
        if one.regular and market(tick.symbol) == "exchange":
            self._counted_at = arrived_at
        minute = self._minutes.add(tick, one)
        day = self._days_over(tick.at)
        if minute or day:
            self._finished([*([minute] if minute else []), *day])

    def tell_time(self, clock: MarketClock | None, wall: float) -> None:
        """Closes the minutes that are over although no later tick has said so; not while ticks wait to be taken."""
        if self.full:
            return
        self._ended = self._now(clock, wall) - (0.0 if self._shut(clock, wall) else _grace(clock))
        self._finished(self._minutes.finish(before=self._ended - MINUTE + 0.001))
        # Coins and currencies know no close of an exchange.
        self._finished(_given_out(day for day in self._changed(exchange=False) if _end(day) <= self._ended))
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

    async def turn(self) -> None:
        """Looks at what is over, all at once. Waits while too much waits in the store."""
        over, self._over = self._over, []
        self._looked_at, self._looked_at_since = over, self._over_since
        self.something.clear()
        try:
            await self._close.bars(over)
            await self._close.until(self._ended)
            self._looked_at = []
        finally:
            self._looked_at_since = 0.0
            turned, self._turned = self._turned, asyncio.Event()
            turned.set()
        minutes = [bar.start for bar in over if bar.timeframe == "1min"]
        if minutes and max(minutes) != self._stood:
            self._stood = max(minutes)
            self._close.stand(self._stood + MINUTE, [bar for day in self._days.all() if (bar := day.bar)])

    @property
    def full(self) -> bool:
        """Whether no more ticks should be taken: so much waits to be analysed or stored."""
        return self._store.full or len(self._over) > MOST_OVER

    async def room(self) -> None:
        """Returns at once unless the tape is full."""
        while self.full:
            await self._store.room()
            if len(self._over) > MOST_OVER:
                await self._turned.wait()

    async def settled(self) -> None:
        """Returns when all bars that are over by now were looked at."""
        if self._looked_at_since:
            await self._turned.wait()
        if self._over:
            await self._turned.wait()

    def over(self, clock: MarketClock | None, wall: float) -> date | None:
        """The session that has ended and is not closed yet."""
        left = next((day for day, at in self._left.items() if self._heard[0] >= at + MINUTE), None)
        if left or self.full or self.behind > SLOW_SECONDS:
            # Where the engine is behind, ticks of the session may still wait to be taken.
            return left
        # As the clock was announced and not as it may have run on since: a feed that is slow has more to say.
        now = clock.market_time if clock else self._now(None, wall)
        day = date.fromisoformat(clock.session) if clock else trading_date(now)
        late = now > regular(day).closes + AUCTION_SECONDS + _grace(clock)
        ended = self._shut(clock, wall) or (late and wall - self._counted_at >= QUIET_SECONDS)
        return day if ended and self._unfinished(day, wall) else None

    def close(self, day: date, quotes: Mapping[str, NewestQuote]) -> bool:
        """Ends a session: whether any of its bars is new. What the feed itself says of the day counts more than what
        came here of it."""
        self._uncounted_at = 0.0
        for quote in quotes.values():
            if quote.session == day.isoformat() and quote.begun and self._differs(quote):
                self._days.put(SessionDay.seeded(quote))
        bars = _given_out(ended for ended in self._changed(exchange=True) if ended.day <= day)
        self._finished(bars)
        left = self._left.pop(day, None)
        self._store.forget_before(regular(day).opens)
        return bool(bars) or left is not None

    def leave(self) -> None:
        """Minutes that are not over go to the store as they are: the next process begins with them."""
        self._store.offer([*self._looked_at, *self._over, *self._minutes.finish(before=float("inf"))])

    def _changed(self, *, exchange: bool) -> list[SessionDay]:
        return [day for day in self._days.all() if day.changed and (market(day.symbol) == "exchange") is exchange]

    def _unfinished(self, day: date, wall: float) -> bool:
        """Whether the session's bars are not as they were given out, or the feed is to be asked for one once more."""
        if any(changed.day == day for changed in self._changed(exchange=True)):
            return True
        return 0 < self._uncounted_at <= wall - DOUBT_SECONDS

    def _differs(self, quote: NewestQuote) -> bool:
        """Whether the feed knows the session otherwise, and as far as it is known here."""
        day, said = self._days.get(quote.symbol), SessionDay.seeded(quote)
        if day is None or day.bar is None or day.day < said.day:
            return True
        known_to = min(day.at, _end(day))
        return day.day == said.day and quote.at >= known_to - 0.001 and day.bar != said.bar

    def _days_over(self, at: float) -> list[Bar]:
        """Of symbols that have a tick of another day, at that market time."""
        bars = self._days.over()
        for bar in bars:
            if market(bar.symbol) == "exchange":
                self._left.setdefault(bar.day, at)
        return bars

    def _finished(self, bars: list[Bar]) -> None:
        if bars:
            if not self._over:
                self._over_since = time.monotonic()
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
        known = self._days.get(tick.symbol) is not None or self.symbols < MOST_SYMBOLS
        prices = (tick.price, tick.open or tick.price, tick.high or tick.price, tick.low or tick.price)
        return (
            known
            and is_storable(tick.symbol)
            and all(0 < price < DEAREST for price in prices)
            and 0 <= tick.volume < MOST_TRADED
        )


def _grace(clock: MarketClock | None) -> float:
    return GRACE_SECONDS * (clock.speed if clock else 1.0)


def _end(day: SessionDay) -> float:
    return session_end(day.symbol, day.day)


def _given_out(days: Iterable[SessionDay]) -> list[Bar]:
    return [bar for day in days if (bar := day.given_out())]
