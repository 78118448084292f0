"""An invented market of as many symbols as wanted, played at any hour and speed; or one of the test scenarios."""

import asyncio
import datetime
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from datetime import date
from typing import Annotated, NamedTuple

import msgspec

from app.finance import calendar, scenarios
from app.finance.clock import MarketClock, State
from app.finance.sessions import MINUTE, NEW_YORK, Phase, phase
from app.ingest.pacer import Pacer
from app.ingest.provider import Beat, Provider
from app.ingest.replay import Pace, Replay
from app.ingest.synthetic_session import Events, InventedDay, summary
from app.ingest.synthetic_universe import Universe
from app.settings.load import Settings
from app.wire.events.event import Tick

ANNOUNCE_SECONDS = 1.0
GATHER_SECONDS = 0.05
"""Ticks that are due within so long go out together."""
MOST_TICKS = 200
"""In one beat, so that the bookmark is never far behind."""

LABEL = "synthetic market, all of it invented"
WORDS: dict[Phase, str] = {"pre": ", before the session", "regular": "", "post": ", after the session", "closed": ""}


class Plan(NamedTuple):
    seed: int
    symbols: int
    first: date
    starts_at: datetime.time
    """Where the first session is entered, by the clock in New York."""
    around: bool
    """With the trading before and after the session."""
    gaps: int
    events: Events


class Bookmark(msgspec.Struct, frozen=True):
    """A session once begun keeps its spacing, or its ticks would be others after a change of speed."""

    market: str
    session: date
    since: Annotated[int, msgspec.Meta(ge=0)]
    """The minute in which this session was entered."""
    minute: Annotated[int, msgspec.Meta(ge=0)]
    played: Annotated[int, msgspec.Meta(ge=0)]
    """Ticks of that minute."""
    spacing: Annotated[float, msgspec.Meta(gt=0)]


def provider(settings: Settings) -> Provider:
    said = settings.synthetic
    pace = Pace(said.speed, said.ticks_per_second, said.pause_seconds)
    if said.scenario:
        return Scenario(said.scenario, pace)
    events = Events(said.halts, said.outages, said.outage_minutes)
    plan = Plan(said.seed, said.symbols, said.first, said.starts_at, said.extended_hours, said.gaps, events)
    return Synthetic(plan, pace)


class Scenario(Replay):
    """Its daily bars, each a session of ticks."""

    def __init__(self, name: str, pace: Pace) -> None:
        super().__init__(scenarios.daily(name), date.min, pace)
        self.name = f"synthetic {name}"
        self.label = f"synthetic test scenario {name}, all of it invented"
        self.source = "synthetic"


class Synthetic:
    name = "synthetic"
    label = LABEL

    def __init__(self, plan: Plan, pace: Pace) -> None:
        self._plan = plan
        self._pace = pace
        self._market = repr(plan)
        self._first = calendar.next_session(plan.first - calendar.DAY)
        self._universe = Universe(plan.seed, plan.symbols, self._first, plan.gaps)
        self._kept: InventedDay | None = None

    def previous_close(self, symbol: str, session: str) -> float | None:
        day, number = date.fromisoformat(session), self._universe.numbers.get(symbol)
        return None if number is None or day < self._first else self._universe.previous_close(number, day)

    def so_far(self, bookmark: bytes | None) -> Sequence[Tick]:
        """Of each symbol one tick that sums up its trades in the session."""
        mark = self._read(bookmark)
        if mark is None:
            return ()
        day = self._day(mark.session)
        whole = range(max(mark.since, day.session.since), min(mark.minute, day.session.until))
        return [*summary(day, whole, mark.spacing, self._universe.symbols), *self._ticks(mark)[: mark.played]]

    async def beats(self, bookmark: bytes | None) -> AsyncGenerator[Beat, None]:
        mark = self._read(bookmark) or self._entry()
        while True:
            async for beat in self._session(mark):
                yield beat
            day = calendar.next_session(mark.session)
            mark = Bookmark(self._market, day, 0, 0, 0, self._pace.speed / self._pace.ticks_per_second)

    def _entry(self) -> Bookmark:
        day = self._day(self._first)
        wanted = datetime.datetime.combine(self._first, self._plan.starts_at, NEW_YORK).timestamp()
        minute = min(day.minutes - 1, max(0, int(wanted - day.begins) // MINUTE))
        spacing = self._pace.speed / self._pace.ticks_per_second
        return Bookmark(self._market, self._first, minute, minute, 0, spacing)

    async def _session(self, mark: Bookmark) -> AsyncIterator[Beat]:
        day = self._day(mark.session)
        pacer = Pacer(day.begins + MINUTE * mark.minute, self._pace.speed)
        for at in _from(mark, day):
            if not day.out(at.minute):
                async for beat in self._minute(at, pacer):
                    yield beat
            elif at.minute + 1 == day.minutes or not day.out(at.minute + 1):
                # Silence: no ticks and no clock either, as when a feed is lost.
                await asyncio.sleep(pacer.seconds_to(day.begins + MINUTE * (at.minute + 1)))
        over = msgspec.structs.replace(mark, minute=day.minutes, played=0)
        async for beat in self._pause(over, day.ends):
            yield beat

    async def _minute(self, mark: Bookmark, pacer: Pacer) -> AsyncIterator[Beat]:
        ticks, end = self._ticks(mark), self._day(mark.session).begins + MINUTE * (mark.minute + 1)
        played = min(mark.played, len(ticks))
        pacer.stand_still_until(ticks[played].at if played < len(ticks) else end)
        while True:
            now = min(pacer.now(), end - 0.001)
            due = _due(ticks, played, now)
            played += len(due)
            yield self._beat(msgspec.structs.replace(mark, played=played), due, now, "open")
            rest = pacer.seconds_to(ticks[played].at if played < len(ticks) else end)
            if played == len(ticks) and rest == 0:
                return
            if len(due) < MOST_TICKS:
                await asyncio.sleep(min(max(rest, GATHER_SECONDS), pacer.seconds_to(end), ANNOUNCE_SECONDS))

    async def _pause(self, mark: Bookmark, ended: float) -> AsyncIterator[Beat]:
        until = time.monotonic() + self._pace.pause_seconds
        while True:
            yield self._beat(mark, (), ended, "closed")
            rest = until - time.monotonic()
            if rest <= 0:
                return
            await asyncio.sleep(min(rest, ANNOUNCE_SECONDS))

    def _beat(self, mark: Bookmark, ticks: tuple[Tick, ...], market_time: float, state: State) -> Beat:
        words = WORDS[phase(market_time)] if state == "open" else ""
        session = mark.session.isoformat()
        clock = MarketClock(self.name, f"{LABEL}{words}", session, market_time, time.time(), self._pace.speed, state)
        return Beat(ticks, clock, msgspec.json.encode(mark))

    def _ticks(self, mark: Bookmark) -> list[Tick]:
        day = self._day(mark.session)
        return [] if mark.minute >= day.minutes or day.out(mark.minute) else day.ticks(mark.minute, mark.spacing)

    def _day(self, day: date) -> InventedDay:
        if self._kept is None or self._kept.day != day:
            self._kept = InventedDay(self._universe, day, self._plan.events, around=self._plan.around)
        return self._kept

    def _read(self, bookmark: bytes | None) -> Bookmark | None:
        """A bookmark that cannot be read, or is of another market, is none."""
        try:
            mark = msgspec.json.decode(bookmark or b"", type=Bookmark)
        except msgspec.MsgspecError:
            return None
        known = mark.market == self._market and mark.session >= self._first and calendar.is_session(mark.session)
        return mark if known else None


def _from(mark: Bookmark, day: InventedDay) -> Iterator[Bookmark]:
    """The minute that was begun, and then the later ones from their start."""
    if mark.minute < day.minutes:
        yield mark
    for minute in range(mark.minute + 1, day.minutes):
        yield msgspec.structs.replace(mark, minute=minute, played=0)


def _due(ticks: Sequence[Tick], played: int, now: float) -> tuple[Tick, ...]:
    end = played
    while end < len(ticks) and end - played < MOST_TICKS and ticks[end].at <= now:
        end += 1
    return tuple(ticks[played:end])
