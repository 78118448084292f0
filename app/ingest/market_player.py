"""Plays the sessions of an invented market, one after the other, minute by minute."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated

import msgspec

from app.finance import calendar
from app.finance.clock import MarketClock, State
from app.finance.invented.session import InventedMarket, InventedSession
from app.finance.sessions import MINUTE, Phase, phase
from app.ingest.pacer import Pacer
from app.ingest.provider import FeedUpdate
from app.ingest.replay import ReplaySpeed
from app.ingest.session_ticks import summary, ticks
from app.wire.events.event import Tick

ANNOUNCE_SECONDS = 1.0
COLLECT_SECONDS = 0.05
"""Ticks due within this time are published together."""
MOST_TICKS = 200
"""Ticks in one update, so that the position stays close."""

HOURS: Mapping[Phase, str] = {"pre": "before the session", "post": "after the session"}


class MarketPosition(msgspec.Struct, frozen=True):
    """Keeps the spacing of a session in progress: another speed would otherwise change its ticks."""

    market: str
    session: date
    since: Annotated[int, msgspec.Meta(ge=0)]
    """The minute at which this session was entered."""
    minute: Annotated[int, msgspec.Meta(ge=0)]
    played: Annotated[int, msgspec.Meta(ge=0)]
    """Ticks of that minute that were published."""
    spacing: Annotated[float, msgspec.Meta(gt=0)]


class MarketPlayer:
    name: str
    label: str
    source: str
    """Of its ticks."""

    def __init__(self, market: InventedMarket, identity: str, pace: ReplaySpeed) -> None:
        """`identity`: of the market in stored positions; another one makes them invalid."""
        self._identity = identity
        self._symbols = market.symbols
        self._pace = pace
        self._cached_session: InventedSession | None = None
        self._pause_over = asyncio.Event()

    @abstractmethod
    def first_position(self) -> MarketPosition:
        """Where the market begins."""

    @abstractmethod
    def session(self, day: date) -> InventedSession: ...

    @abstractmethod
    def may_be_played(self, day: date) -> bool:
        """Of a session of the exchange."""

    def end_pause(self) -> None:
        """Begins the next session, where the market is closed."""
        self._pause_over.set()

    @property
    def spacing(self) -> float:
        """Market seconds from one trade of a symbol to its next, on a session's average."""
        return self._pace.speed / self._pace.ticks_per_second

    def position(self, day: date, minute: int = 0, since: int = 0) -> MarketPosition:
        return MarketPosition(self._identity, day, since, minute, 0, self.spacing)

    def published_ticks(self, position: bytes | None) -> Sequence[Tick]:
        """One tick per symbol that sums up its trades in the session."""
        mark = self.read(position)
        return () if mark is None else self.ticks_until(mark)

    def ticks_until(self, mark: MarketPosition) -> Sequence[Tick]:
        day = self._day(mark.session)
        whole = range(max(mark.since, day.session.since), min(mark.minute, day.session.until))
        past = summary(day, self._symbols, whole, mark.spacing, self.source)
        return [*past, *self._ticks(mark)[: mark.played]]

    async def updates(self, position: bytes | None) -> AsyncGenerator[FeedUpdate, None]:
        mark = self.read(position) or self.first_position()
        while True:
            async for update in self._session(mark):
                yield update
            day = calendar.next_session(mark.session)
            mark = self.position(day if self.may_be_played(day) else self.first_position().session)

    async def _session(self, mark: MarketPosition) -> AsyncIterator[FeedUpdate]:
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

    async def _minute(self, mark: MarketPosition, pacer: Pacer) -> AsyncIterator[FeedUpdate]:
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

    async def _pause(self, mark: MarketPosition, ended: float) -> AsyncIterator[FeedUpdate]:
        self._pause_over.clear()
        until = time.monotonic() + self._pace.pause_seconds
        while True:
            yield self._update(mark, (), ended, "closed")
            rest = until - time.monotonic()
            if rest <= 0 or self._pause_over.is_set():
                return
            await self._wait(min(rest, ANNOUNCE_SECONDS))

    async def _wait(self, seconds: float) -> None:
        """At most until the pause is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._pause_over.wait()
        except TimeoutError:
            return

    def _update(self, mark: MarketPosition, ticks: tuple[Tick, ...], market_time: float, state: State) -> FeedUpdate:
        session, speed = mark.session.isoformat(), self._pace.speed
        clock = MarketClock(self.name, self.label, session, market_time, time.time(), speed, state)
        if state == "open":
            clock = clock._replace(hours=HOURS.get(phase(market_time), ""))
        return FeedUpdate(ticks, clock, msgspec.json.encode(mark))

    def _ticks(self, mark: MarketPosition) -> list[Tick]:
        day = self._day(mark.session)
        if mark.minute >= day.minutes or day.in_outage(mark.minute):
            return []
        return ticks(day, self._symbols, mark.minute, mark.spacing, self.source)

    def _day(self, day: date) -> InventedSession:
        if self._cached_session is None or self._cached_session.day != day:
            self._cached_session = self.session(day)
        return self._cached_session

    def read(self, position: bytes | None) -> MarketPosition | None:
        """None for a position that is unreadable or of another market."""
        try:
            mark = msgspec.json.decode(position or b"", type=MarketPosition)
        except msgspec.MsgspecError:
            return None
        valid = mark.market == self._identity and calendar.is_session(mark.session) and self.may_be_played(mark.session)
        return mark if valid else None


def _from(mark: MarketPosition, day: InventedSession) -> Iterator[MarketPosition]:
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
