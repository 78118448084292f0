"""The tape as the engine reads it: ticks and the time go in, and bars that are over come out."""

import asyncio
import math
import time
from collections.abc import Iterable, Mapping
from datetime import date

from app.engine.bars.bar_close import Close
from app.engine.bars.gaps import in_sessions
from app.engine.bars.plausible import plausible
from app.engine.market_time import grace, market_now
from app.engine.startup.predecessor import Predecessor
from app.engine.storage.store import Store
from app.finance.bars import DAY, Bar
from app.finance.clock import MarketClock
from app.finance.markets import market
from app.finance.quote import NewestQuote
from app.finance.rollup import Rollup
from app.finance.session_days import SessionDay, SessionDays
from app.finance.sessions import AUCTION_SECONDS, MINUTE, regular, session_end, trading_date
from app.finance.trades import Contribution, contribution
from app.wire.events.event import Tick

QUIET_SECONDS = 0.3
"""After the last tick of a session, by the clock on the wall."""
SLOW_SECONDS = 1.0
"""A bar that is over and has waited for so long to be analysed: nobody can tell then that no more ticks come."""
DOUBT_SECONDS = 2.0
"""After a tick that came too late to be counted here: by then the feed has written what it makes of the day."""
MOST_SYMBOLS = 20_000
MOST_OVER = 20_000
"""Bars that wait to be analysed; then no more ticks are taken."""


class TickIntake:
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
        self._predecessor = Predecessor()
        self._ended = 0.0
        self._stood = 0.0
        self.something = asyncio.Event()
        """Whether there is a bar to look at."""
        self.taken = 0
        self.refused = 0
        self.late = 0
        """Ticks that came too late for their minute, their session or both."""

    @property
    def symbols(self) -> int:
        return len(self._days.all())

    @property
    def given_out_until(self) -> float:
        """Minutes that start before this market time are over, and were given out; 0 while no clock was told."""
        return self._ended // MINUTE * MINUTE

    @property
    def repeated(self) -> int:
        return self._days.repeated

    def seed(self, quotes: Mapping[str, NewestQuote], minutes_until: float) -> None:
        """Go on in the middle of a day that was begun before this process, with minutes stored until that instant."""
        for quote in quotes.values():
            self._days.put(SessionDay.seeded(quote))
        self._predecessor.seed(quotes.values(), minutes_until)

    def resume(self, whole_from: float, stored_until: float) -> None:
        """Ticks come again that came to a process before this one: all of the minutes that start at `whole_from` or
        later. Those that start before `stored_until` were stored, and what was found in them was published."""
        self._minutes.leave_out(-math.inf, whole_from)
        self._predecessor.stored_until = stored_until

    @property
    def behind(self) -> float:
        """For how many seconds the oldest bar that is over has waited to be looked at."""
        since = self._looked_at_since or (self._over_since if self._over else 0.0)
        return time.monotonic() - since if since else 0.0

    def caught_up(self) -> None:
        """What comes from now on came to no process before."""
        self._predecessor.caught_up()

    def lost(self, reason: str, first: float, *, whole: bool = False) -> float:
        """Ticks did not come here after the newest that did, or after what was stored, and the first one that did again
        is of that market time; `whole`: no tick of its minute is missing. Where the minutes begin that are whole again.
        Those in between are left out."""
        minute = first // MINUTE * MINUTE
        began = self._missing_from()
        # A session that had not begun when ticks last came is whole, if its first minute is.
        whole = whole or 0 < began < minute == regular(trading_date(minute)).opens
        until = minute if whole else minute + MINUTE
        self._minutes.leave_out(began if self._heard[0] else -math.inf, until)
        for gap in in_sessions(reason, began, until, self.symbols) if began else ():
            self._store.miss(gap)
        return until

    @property
    def quoted_at(self) -> float:
        """The market's time of the newest quote that the feed had written when this process began."""
        return self._predecessor.quoted_at

    @property
    def knows_minutes(self) -> bool:
        """Whether any are stored, or ticks came."""
        return self._predecessor.minutes_until > 0 or self._heard[0] > 0

    def newest_minute(self) -> float:
        """Where the newest minute starts that ticks came for since this was last asked; 0 where none came."""
        newest, self._minutes.newest = self._minutes.newest, 0.0
        return newest

    def _missing_from(self) -> float:
        """Where the first minute starts that may lack ticks, if they end now; 0 where nothing is known."""
        if not self._heard[0]:
            return self._predecessor.minutes_until
        unfinished = self._minutes.unfinished_from()
        return self._heard[0] // MINUTE * MINUTE + MINUTE if unfinished is None else unfinished

    def take(self, tick: Tick, arrived_at: float) -> None:
        if not plausible(tick) or (self.symbols >= MOST_SYMBOLS and self._days.get(tick.symbol) is None):
            self.refused += 1
            return
        if tick.kind == "Q":
            return
        one = contribution(tick)
        if self._days.repeats(tick, one):
            return
        refused = self._days.late + self._minutes.late
        if not self._predecessor.counts(tick):
            self._count(tick, one, arrived_at)
        self._note(tick, one, arrived_at)
        minute = self._minutes.add(tick, one)
        if self._days.late + self._minutes.late > refused:
            self.late += 1
        else:
            self.taken += 1
        if minute:
            self._finished([minute])

    def _note(self, tick: Tick, one: Contribution, arrived_at: float) -> None:
        """When it came."""
        if not self._heard[0] - DAY < tick.at < self._heard[0]:
            self._heard = (tick.at, arrived_at)
        if one.regular and market(tick.symbol) == "exchange":
            self._counted_at = arrived_at

    def _count(self, tick: Tick, one: Contribution, arrived_at: float) -> None:
        """For its session."""
        late = self._days.late
        self._days.count(tick, one)
        if one.regular and self._days.late > late:
            self._uncounted_at = arrived_at
        self._finished(self._days_over(tick.at))

    def tell_time(self, clock: MarketClock | None, wall: float) -> None:
        """Closes the minutes that are over although no later tick has said so; not while ticks wait to be taken."""
        if self.full:
            return
        self._ended = market_now(clock, wall, self._heard) - (0.0 if self._shut(clock, wall) else grace(clock))
        self._finished(self._minutes.finish(before=self._ended - MINUTE + 0.001))
        # Coins and currencies know no close of an exchange.
        self._finished(_given_out(day for day in self._changed(exchange=False) if _end(day) <= self._ended))
        self._close.expire(self._ended)
        at, arrived_at = self._heard
        if clock and clock.state == "open" and clock.speed > 0 and clock.wall_time <= arrived_at:
            self._close.stopwatch.behind(max(0.0, clock.now(arrived_at) - at) / clock.speed)

    async def turn(self) -> None:
        """Looks at what is over, all at once. Waits while too much waits in the store."""
        over, self._over = self._over, []
        self._looked_at, self._looked_at_since = over, self._over_since
        self.something.clear()
        ended, over = self._ended, self._predecessor.unseen(over, self._close)
        try:
            await self._close.bars(over)
            await self._close.until(ended)
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
        now = clock.market_time if clock else market_now(None, wall, self._heard)
        day = date.fromisoformat(clock.session) if clock else trading_date(now)
        late = now > regular(day).closes + AUCTION_SECONDS + grace(clock)
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
        """Bars that were not looked at yet are stored as they are."""
        self._store.offer([*self._looked_at, *self._over])

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

    def _shut(self, clock: MarketClock | None, wall: float) -> bool:
        """The market is, and nothing that was traded before is still on its way to us."""
        return clock is not None and clock.state in ("closed", "ended") and wall - self._heard[1] >= QUIET_SECONDS


def _end(day: SessionDay) -> float:
    return session_end(day.symbol, day.day)


def _given_out(days: Iterable[SessionDay]) -> list[Bar]:
    return [bar for day in days if (bar := day.given_out())]
