"""Aggregates ticks into minute and daily bars, and closes them by ticks and the market clock."""

import asyncio
import math
import time
from collections.abc import Iterable, Mapping
from datetime import date

from app.engine.bars.bar_close import BarClose
from app.engine.bars.plausible import is_plausible
from app.engine.bars.predecessor import Predecessor
from app.engine.market_time import grace, market_now
from app.engine.storage.gaps import in_sessions
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
"""Wall time after the last tick of a session before it is closed."""
SLOW_SECONDS = 1.0
"""Seconds that a closed bar may wait for its analysis before sessions are no longer closed by the clock."""
RECHECK_SECONDS = 2.0
"""Seconds after a late tick until the feed's own daily bar is read again."""
MOST_SYMBOLS = 20_000
MOST_CLOSED_BARS = 20_000
"""Closed bars that wait to be analysed; with more of them no ticks are read."""


class TickIntake:
    def __init__(self, store: Store, bar_close: BarClose) -> None:
        self._store = store
        self._bar_close = bar_close
        self._minutes = Rollup()
        self.days = SessionDays()
        self._late_tick_at = 0.0
        """Wall time of the last tick that came too late for its session; 0 when the session was closed again."""
        self._unclosed_sessions: dict[date, float] = {}
        """Sessions that a later one followed before they were closed; market time of the later one's first tick."""
        self._regular_tick_at = 0.0
        """Wall time of the last tick that counts for a session of the exchange."""
        self._newest_tick: tuple[float, float] = (0.0, 0.0)
        """Its market time, and the wall time at which it came."""
        self._closed_bars: list[Bar] = []
        self._analysing: list[Bar] = []
        """Bars that `analyse_closed` works on: not all of them are in the store yet."""
        self._analysing_since = 0.0
        """Monotonic time since which the oldest of them waited; 0 while none is analysed."""
        self._closed_bars_since = 0.0
        """Monotonic time since which the oldest closed bar waits."""
        self._analysis_done = asyncio.Event()
        """Set when the running analysis ends."""
        self._predecessor = Predecessor()
        self._closes_until = 0.0
        self.has_closed_bars = asyncio.Event()
        """Whether a closed bar waits to be analysed."""
        self.accepted_ticks = 0
        self.rejected_ticks = 0
        self.late_ticks = 0
        """Ticks too late for their minute, their session or both."""

    @property
    def symbols(self) -> int:
        return len(self.days.all())

    @property
    def closed_until(self) -> float:
        """Market time before which all minutes are closed; 0 while no clock was read."""
        return self._closes_until // MINUTE * MINUTE

    @property
    def duplicate_ticks(self) -> int:
        return self.days.repeated

    def seed(self, quotes: Mapping[str, NewestQuote], minutes_until: float) -> None:
        """Continues a session that began before this process; minutes are stored until `minutes_until`."""
        for quote in quotes.values():
            self.days.put(SessionDay.from_quote(quote))
        self._predecessor.seed(quotes.values(), minutes_until)

    def resume(self, whole_from: float, stored_until: float) -> None:
        """Ticks of minutes from `whole_from` on are read again, all of them. Minutes before `stored_until` are stored,
        and their events are published."""
        self._minutes.exclude(-math.inf, whole_from)
        self._predecessor.stored_until = stored_until

    @property
    def behind(self) -> float:
        """Seconds that the oldest closed bar has waited for its analysis."""
        since = self._analysing_since or (self._closed_bars_since if self._closed_bars else 0.0)
        return time.monotonic() - since if since else 0.0

    def end_catch_up(self) -> None:
        """From now on every tick is new: no earlier process has read it."""
        self._predecessor.end_catch_up()

    def record_gap(self, reason: str, first: float, *, whole: bool = False) -> float:
        """Leaves out minutes that lack ticks: those between the newest tick, or the stored minutes, and market time
        `first`, from which ticks come again. `whole`: no tick of the minute of `first` is missing. Returns the start of
        the first complete minute."""
        minute = first // MINUTE * MINUTE
        began = self._missing_from()
        # A session that had not begun when ticks last came is whole, if its first minute is.
        whole = whole or 0 < began < minute == regular(trading_date(minute)).opens
        until = minute if whole else minute + MINUTE
        self._minutes.exclude(began if self._newest_tick[0] else -math.inf, until)
        for gap in in_sessions(reason, began, until, self.symbols) if began else ():
            self._store.add_gap(gap)
        return until

    @property
    def quoted_at(self) -> float:
        """Market time of the newest quote that the feed had written when this process began."""
        return self._predecessor.quoted_at

    @property
    def has_minutes(self) -> bool:
        """Whether minutes are stored or ticks came."""
        return self._predecessor.minutes_until > 0 or self._newest_tick[0] > 0

    def newest_minute(self) -> float:
        """Start of the newest minute that had ticks since the last call; 0 without ticks."""
        newest, self._minutes.newest = self._minutes.newest, 0.0
        return newest

    def _missing_from(self) -> float:
        """Start of the first minute that lacks ticks if none come from now on; 0 where nothing is known."""
        if not self._newest_tick[0]:
            return self._predecessor.minutes_until
        unfinished = self._minutes.unfinished_from()
        return self._newest_tick[0] // MINUTE * MINUTE + MINUTE if unfinished is None else unfinished

    def handle(self, tick: Tick, arrived_at: float) -> None:
        if not is_plausible(tick) or (self.symbols >= MOST_SYMBOLS and self.days.get(tick.symbol) is None):
            self.rejected_ticks += 1
            return
        if tick.kind == "Q":
            return
        one = contribution(tick)
        if self.days.is_repeat(tick, one):
            return
        late_before = self.days.late + self._minutes.late
        if not self._predecessor.has_counted(tick):
            self._add_to_session(tick, one, arrived_at)
        self._note_arrival(tick, one, arrived_at)
        minute = self._minutes.add(tick, one)
        if self.days.late + self._minutes.late > late_before:
            self.late_ticks += 1
        else:
            self.accepted_ticks += 1
        if minute:
            self._enqueue([minute])

    def _note_arrival(self, tick: Tick, one: Contribution, arrived_at: float) -> None:
        if not self._newest_tick[0] - DAY < tick.at < self._newest_tick[0]:
            self._newest_tick = (tick.at, arrived_at)
        if one.regular and market(tick.symbol) == "exchange":
            self._regular_tick_at = arrived_at

    def _add_to_session(self, tick: Tick, one: Contribution, arrived_at: float) -> None:
        late = self.days.late
        self.days.count(tick, one)
        if one.regular and self.days.late > late:
            self._late_tick_at = arrived_at
        self._enqueue(self._completed_days(tick.at))

    def advance_clock(self, clock: MarketClock | None, wall: float) -> None:
        """Closes minutes that are over by the clock; not while unread ticks wait."""
        if self.full:
            return
        delay = 0.0 if self._market_closed(clock, wall) else grace(clock)
        self._closes_until = market_now(clock, wall, self._newest_tick) - delay
        self._enqueue(self._minutes.finish(before=self._closes_until - MINUTE + 0.001))
        # Coins and currencies know no close of an exchange.
        others = self._changed_days(exchange=False)
        self._enqueue(_new_bars(day for day in others if _session_end(day) <= self._closes_until))
        self._bar_close.expire(self._closes_until)
        at, arrived_at = self._newest_tick
        if clock and clock.state == "open" and clock.speed > 0 and clock.wall_time <= arrived_at:
            self._bar_close.stopwatch.behind(max(0.0, clock.now(arrived_at) - at) / clock.speed)

    async def analyse_closed(self) -> None:
        """Analyses all closed bars together. Waits while the write queue is full."""
        bars, self._closed_bars = self._closed_bars, []
        self._analysing, self._analysing_since = bars, self._closed_bars_since
        self.has_closed_bars.clear()
        until, bars = self._closes_until, self._predecessor.not_stored(bars, self._bar_close)
        try:
            await self._bar_close.analyse(bars)
            await self._bar_close.analyse_until(until)
            self._analysing = []
        finally:
            self._analysing_since = 0.0
            done, self._analysis_done = self._analysis_done, asyncio.Event()
            done.set()
        if minutes := [bar for bar in bars if bar.timeframe == "1min"]:
            self._bar_close.record_minute(minutes, self.days.bars())

    @property
    def full(self) -> bool:
        """Whether ticks should wait: too many bars are to be analysed or stored."""
        return self._store.full or len(self._closed_bars) > MOST_CLOSED_BARS

    async def wait_for_space(self) -> None:
        """Returns at once unless `full`."""
        while self.full:
            await self._store.wait_for_space()
            if len(self._closed_bars) > MOST_CLOSED_BARS:
                await self._analysis_done.wait()

    async def wait_analysed(self) -> None:
        """Returns when all bars that are closed by now are analysed."""
        if self._analysing_since:
            await self._analysis_done.wait()
        if self._closed_bars:
            await self._analysis_done.wait()

    def ended_session(self, clock: MarketClock | None, wall: float) -> date | None:
        """The session that has ended and is not closed yet."""
        left = next((day for day, at in self._unclosed_sessions.items() if self._newest_tick[0] >= at + MINUTE), None)
        if left or self.full or self.behind > SLOW_SECONDS:
            # Where the engine is behind, unread ticks of the session may wait.
            return left
        # The announced market time, not extrapolated: a slow feed may have more ticks.
        now = clock.market_time if clock else market_now(None, wall, self._newest_tick)
        day = date.fromisoformat(clock.session) if clock else trading_date(now)
        late = now > regular(day).closes + AUCTION_SECONDS + grace(clock)
        ended = self._market_closed(clock, wall) or (late and wall - self._regular_tick_at >= QUIET_SECONDS)
        return day if ended and self._needs_closing(day, wall) else None

    def close_session(self, day: date, quotes: Mapping[str, NewestQuote]) -> bool:
        """Closes a session; whether any of its bars is new. The feed's own daily bars replace those made here."""
        self._late_tick_at = 0.0
        for quote in quotes.values():
            if quote.session == day.isoformat() and quote.has_traded and self._differs(quote):
                self.days.put(SessionDay.from_quote(quote))
        bars = _new_bars(changed for changed in self._changed_days(exchange=True) if changed.day <= day)
        self._enqueue(bars)
        left_at = self._unclosed_sessions.pop(day, None)
        self._store.forget_before(regular(day).opens)
        return bool(bars) or left_at is not None

    def flush(self) -> None:
        """Stores bars that are not analysed yet as they are."""
        self._store.offer([*self._analysing, *self._closed_bars])

    def _changed_days(self, *, exchange: bool) -> list[SessionDay]:
        return [day for day in self.days.all() if day.changed and (market(day.symbol) == "exchange") is exchange]

    def _needs_closing(self, day: date, wall: float) -> bool:
        """Whether daily bars of the session changed since it was closed, or the feed's are to be read again."""
        if any(changed.day == day for changed in self._changed_days(exchange=True)):
            return True
        return 0 < self._late_tick_at <= wall - RECHECK_SECONDS

    def _differs(self, quote: NewestQuote) -> bool:
        """Whether the feed's bar of the session is at least as new as ours, and another one."""
        day, feed_day = self.days.get(quote.symbol), SessionDay.from_quote(quote)
        if day is None or day.bar is None or day.day < feed_day.day:
            return True
        known_to = min(day.at, _session_end(day))
        return day.day == feed_day.day and quote.at >= known_to - 0.001 and day.bar != feed_day.bar

    def _completed_days(self, at: float) -> list[Bar]:
        """Daily bars of symbols that have a tick of another day, at that market time."""
        bars = self.days.take_finished()
        for bar in bars:
            if market(bar.symbol) == "exchange":
                self._unclosed_sessions.setdefault(bar.day, at)
        return bars

    def _enqueue(self, bars: list[Bar]) -> None:
        if bars:
            if not self._closed_bars:
                self._closed_bars_since = time.monotonic()
            self._closed_bars += bars
            self.has_closed_bars.set()

    def _market_closed(self, clock: MarketClock | None, wall: float) -> bool:
        """Whether the market is closed and no more ticks arrive."""
        return clock is not None and clock.state in ("closed", "ended") and wall - self._newest_tick[1] >= QUIET_SECONDS


def _session_end(day: SessionDay) -> float:
    return session_end(day.symbol, day.day)


def _new_bars(days: Iterable[SessionDay]) -> list[Bar]:
    return [bar for day in days if (bar := day.emit_bar())]
