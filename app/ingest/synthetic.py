"""The synthetic provider: a generated market of any size at any hour and speed, or one of the test scenarios."""

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
from app.ingest.provider import FeedUpdate, Provider
from app.ingest.replay import ReplayProvider, ReplaySpeed
from app.ingest.synthetic_session import SessionEvents, SyntheticSession, summary
from app.ingest.synthetic_universe import SyntheticUniverse
from app.settings.load import Settings
from app.wire.events.event import Tick

ANNOUNCE_SECONDS = 1.0
COLLECT_SECONDS = 0.05
"""Ticks due within this time are published together."""
MOST_TICKS = 200
"""Ticks in one update, so that the position stays close."""

LABEL = "synthetic market, all of it invented"
PHASE_LABELS: dict[Phase, str] = {
    "pre": ", before the session",
    "regular": "",
    "post": ", after the session",
    "closed": "",
}


class SyntheticPlan(NamedTuple):
    seed: int
    symbols: int
    first: date
    starts_at: datetime.time
    """New York time at which the first session is entered."""
    around: bool
    """Includes trading before and after the session."""
    gaps: int
    events: SessionEvents

    @property
    def market(self) -> str:
        """Identifies this market in stored positions; its text must not change between versions."""
        return repr(self).replace("SyntheticPlan(", "Plan(").replace("SessionEvents(", "Events(")


class SyntheticPosition(msgspec.Struct, frozen=True):
    """Keeps the spacing of a session in progress: another speed would otherwise change its ticks."""

    market: str
    session: date
    since: Annotated[int, msgspec.Meta(ge=0)]
    """The minute at which this session was entered."""
    minute: Annotated[int, msgspec.Meta(ge=0)]
    played: Annotated[int, msgspec.Meta(ge=0)]
    """Ticks of that minute that were published."""
    spacing: Annotated[float, msgspec.Meta(gt=0)]


def provider(settings: Settings) -> Provider:
    section = settings.synthetic
    speed = ReplaySpeed(section.speed, section.ticks_per_second, section.pause_seconds)
    if section.scenario:
        return ScenarioProvider(section.scenario, speed)
    events = SessionEvents(section.halts, section.outages, section.outage_minutes)
    plan = SyntheticPlan(
        section.seed, section.symbols, section.first, section.starts_at, section.extended_hours, section.gaps, events
    )
    return SyntheticProvider(plan, speed)


class ScenarioProvider(ReplayProvider):
    """Plays the daily bars of a scenario, each as a session of ticks."""

    def __init__(self, name: str, pace: ReplaySpeed) -> None:
        super().__init__(scenarios.daily(name), date.min, pace)
        self.name = f"synthetic {name}"
        self.label = f"synthetic test scenario {name}, all of it invented"
        self.source = "synthetic"


class SyntheticProvider:
    name = "synthetic"
    label = LABEL

    def __init__(self, plan: SyntheticPlan, pace: ReplaySpeed) -> None:
        self._plan = plan
        self._pace = pace
        self._market = plan.market
        self._first = calendar.next_session(plan.first - calendar.DAY)
        self._universe = SyntheticUniverse(plan.seed, plan.symbols, self._first, plan.gaps)
        self._cached_session: SyntheticSession | None = None

    def previous_close(self, symbol: str, session: str) -> float | None:
        day, number = date.fromisoformat(session), self._universe.numbers.get(symbol)
        return None if number is None or day < self._first else self._universe.previous_close(number, day)

    def published_ticks(self, position: bytes | None) -> Sequence[Tick]:
        """One tick per symbol that sums up its trades in the session."""
        mark = self._read(position)
        if mark is None:
            return ()
        day = self._day(mark.session)
        whole = range(max(mark.since, day.session.since), min(mark.minute, day.session.until))
        return [*summary(day, whole, mark.spacing, self._universe.symbols), *self._ticks(mark)[: mark.played]]

    async def updates(self, position: bytes | None) -> AsyncGenerator[FeedUpdate, None]:
        mark = self._read(position) or self._first_position()
        while True:
            async for update in self._session(mark):
                yield update
            day = calendar.next_session(mark.session)
            mark = SyntheticPosition(self._market, day, 0, 0, 0, self._pace.speed / self._pace.ticks_per_second)

    def _first_position(self) -> SyntheticPosition:
        day = self._day(self._first)
        start = datetime.datetime.combine(self._first, self._plan.starts_at, NEW_YORK).timestamp()
        minute = min(day.minutes - 1, max(0, int(start - day.begins) // MINUTE))
        spacing = self._pace.speed / self._pace.ticks_per_second
        return SyntheticPosition(self._market, self._first, minute, minute, 0, spacing)

    async def _session(self, mark: SyntheticPosition) -> AsyncIterator[FeedUpdate]:
        day = self._day(mark.session)
        pacer = Pacer(day.begins + MINUTE * mark.minute, self._pace.speed)
        for at in _from(mark, day):
            if not day.in_outage(at.minute):
                async for update in self._minute(at, pacer):
                    yield update
            elif at.minute + 1 == day.minutes or not day.in_outage(at.minute + 1):
                # No ticks and no clock, as when a feed is lost.
                await asyncio.sleep(pacer.seconds_to(day.begins + MINUTE * (at.minute + 1)))
        over = msgspec.structs.replace(mark, minute=day.minutes, played=0)
        async for update in self._pause(over, day.ends):
            yield update

    async def _minute(self, mark: SyntheticPosition, pacer: Pacer) -> AsyncIterator[FeedUpdate]:
        ticks, end = self._ticks(mark), self._day(mark.session).begins + MINUTE * (mark.minute + 1)
        played = min(mark.played, len(ticks))
        pacer.pause_until(ticks[played].at if played < len(ticks) else end)
        while True:
            now = min(pacer.now(), end - 0.001)
            due = _due(ticks, played, now)
            played += len(due)
            yield self._update(msgspec.structs.replace(mark, played=played), due, now, "open")
            rest = pacer.seconds_to(ticks[played].at if played < len(ticks) else end)
            if played == len(ticks) and rest == 0:
                return
            if len(due) < MOST_TICKS:
                await asyncio.sleep(min(max(rest, COLLECT_SECONDS), pacer.seconds_to(end), ANNOUNCE_SECONDS))

    async def _pause(self, mark: SyntheticPosition, ended: float) -> AsyncIterator[FeedUpdate]:
        until = time.monotonic() + self._pace.pause_seconds
        while True:
            yield self._update(mark, (), ended, "closed")
            rest = until - time.monotonic()
            if rest <= 0:
                return
            await asyncio.sleep(min(rest, ANNOUNCE_SECONDS))

    def _update(self, mark: SyntheticPosition, ticks: tuple[Tick, ...], market_time: float, state: State) -> FeedUpdate:
        words = PHASE_LABELS[phase(market_time)] if state == "open" else ""
        session = mark.session.isoformat()
        clock = MarketClock(self.name, f"{LABEL}{words}", session, market_time, time.time(), self._pace.speed, state)
        return FeedUpdate(ticks, clock, msgspec.json.encode(mark))

    def _ticks(self, mark: SyntheticPosition) -> list[Tick]:
        day = self._day(mark.session)
        return [] if mark.minute >= day.minutes or day.in_outage(mark.minute) else day.ticks(mark.minute, mark.spacing)

    def _day(self, day: date) -> SyntheticSession:
        if self._cached_session is None or self._cached_session.day != day:
            self._cached_session = SyntheticSession(self._universe, day, self._plan.events, around=self._plan.around)
        return self._cached_session

    def _read(self, position: bytes | None) -> SyntheticPosition | None:
        """None for a position that is unreadable or of another market."""
        try:
            mark = msgspec.json.decode(position or b"", type=SyntheticPosition)
        except msgspec.MsgspecError:
            return None
        valid = mark.market == self._market and mark.session >= self._first and calendar.is_session(mark.session)
        return mark if valid else None


def _from(mark: SyntheticPosition, day: SyntheticSession) -> Iterator[SyntheticPosition]:
    """The minute in progress, then the later ones from their start."""
    if mark.minute < day.minutes:
        yield mark
    for minute in range(mark.minute + 1, day.minutes):
        yield msgspec.structs.replace(mark, minute=minute, played=0)


def _due(ticks: Sequence[Tick], played: int, now: float) -> tuple[Tick, ...]:
    end = played
    while end < len(ticks) and end - played < MOST_TICKS and ticks[end].at <= now:
        end += 1
    return tuple(ticks[played:end])
