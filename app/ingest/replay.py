"""The replay provider: daily bars as sessions of ticks, exact in open, high, low, close and volume."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple

import msgspec

from app.finance import history
from app.finance.bars import Bar
from app.finance.clock import MarketClock, State
from app.finance.sessions import regular
from app.ingest import path
from app.ingest.pacer import Pacer
from app.ingest.provider import FeedUpdate, Provider
from app.settings.load import Settings
from app.wire.events.event import Tick

ANNOUNCE_SECONDS = 1.0
MOST_TICKS = 200
"""Ticks in one update, so that the position stays close."""


class ReplaySpeed(NamedTuple):
    speed: float
    """Market seconds in a second."""
    ticks_per_second: float
    """Per symbol and wall second."""
    pause_seconds: float
    """Wall seconds between sessions."""


class ReplayPosition(msgspec.Struct, frozen=True):
    """Keeps the spacing of a session in progress: another speed would otherwise change its ticks."""

    session: date
    played: Annotated[int, msgspec.Meta(ge=0)]
    spacing: Annotated[float, msgspec.Meta(gt=0)]


def provider(settings: Settings) -> Provider:
    section = settings.replay
    speed = ReplaySpeed(section.speed, section.ticks_per_second, section.pause_seconds)
    return ReplayProvider(history.read(section.path), section.history_until, speed)


class ReplayProvider:
    name = "replay"
    label = "replay of real daily bars, intraday path simulated"
    source = "replay"

    def __init__(self, bars: Sequence[Bar], after: date, pace: ReplaySpeed) -> None:
        """Plays the sessions after the date `after`."""
        self._days = history.by_day(bars)
        self._after = after
        self._pace = pace
        self._closes = _previous_closes(self._days)

    def previous_close(self, symbol: str, session: str) -> float | None:
        return self._closes.get((symbol, session))

    def published_ticks(self, position: bytes | None) -> Sequence[Tick]:
        mark = _read(position)
        return self._ticks(mark)[: mark.played] if mark else ()

    async def updates(self, position: bytes | None) -> AsyncGenerator[FeedUpdate, None]:
        last = _read(position) or ReplayPosition(max(self._days), 0, 0.0)
        for mark in self._to_play(_read(position)):
            last = mark
            async for update in self._session(mark):
                yield update
        while True:
            yield self._update(last, (), regular(last.session).closes, "ended")
            await asyncio.sleep(ANNOUNCE_SECONDS)

    def _to_play(self, mark: ReplayPosition | None) -> Iterator[ReplayPosition]:
        """The rest of the current session, then the later ones from their start."""
        done = self._after
        if mark and mark.session > self._after and mark.session in self._days:
            yield mark
            done = mark.session
        spacing = self._pace.speed / self._pace.ticks_per_second
        for day in self._days:
            if day > done:
                yield ReplayPosition(day, 0, spacing)

    async def _session(self, mark: ReplayPosition) -> AsyncIterator[FeedUpdate]:
        ticks = self._ticks(mark)
        session = regular(mark.session)
        played = min(mark.played, len(ticks))
        pacer = Pacer(ticks[played - 1].at if played else session.opens, self._pace.speed)
        while played < len(ticks):
            pacer.pause_until(ticks[played].at)
            now = min(pacer.now(), session.closes)
            due = _due(ticks, played, now)
            played += len(due)
            yield self._update(ReplayPosition(mark.session, played, mark.spacing), due, now, "open")
            if played < len(ticks):
                await asyncio.sleep(min(pacer.seconds_to(ticks[played].at), ANNOUNCE_SECONDS))
        async for update in self._pause(ReplayPosition(mark.session, played, mark.spacing)):
            yield update

    async def _pause(self, mark: ReplayPosition) -> AsyncIterator[FeedUpdate]:
        until = time.monotonic() + self._pace.pause_seconds
        while True:
            yield self._update(mark, (), regular(mark.session).closes, "closed")
            rest = until - time.monotonic()
            if rest <= 0:
                return
            await asyncio.sleep(min(rest, ANNOUNCE_SECONDS))

    def _ticks(self, mark: ReplayPosition) -> list[Tick]:
        """Of all symbols that traded that day, in order of time."""
        bars = self._days.get(mark.session, [])
        session = regular(mark.session)
        ticks: list[Tick] = []
        for number, bar in enumerate(bars):
            ticks += path.ticks(bar, session, mark.spacing, path.SymbolSlot(number, len(bars)), self.source)
        return sorted(ticks, key=lambda tick: tick.at)

    def _update(self, mark: ReplayPosition, ticks: tuple[Tick, ...], market_time: float, state: State) -> FeedUpdate:
        clock = MarketClock(
            self.name, self.label, mark.session.isoformat(), market_time, time.time(), self._pace.speed, state
        )
        return FeedUpdate(ticks, clock, msgspec.json.encode(mark))


def _due(ticks: Sequence[Tick], played: int, now: float) -> tuple[Tick, ...]:
    end = played
    while end < len(ticks) and end - played < MOST_TICKS and ticks[end].at <= now:
        end += 1
    return tuple(ticks[played:end])


def _read(position: bytes | None) -> ReplayPosition | None:
    """None for an unreadable position: the replay then begins again, and upserts make that harmless."""
    if not position:
        return None
    try:
        return msgspec.json.decode(position, type=ReplayPosition)
    except msgspec.MsgspecError:
        return None


def _previous_closes(days: Mapping[date, Sequence[Bar]]) -> dict[tuple[str, str], float]:
    """By symbol and ISO date of the session."""
    newest: dict[str, float] = {}
    closes: dict[tuple[str, str], float] = {}
    for day, bars in days.items():
        for bar in bars:
            if bar.symbol in newest:
                closes[bar.symbol, day.isoformat()] = newest[bar.symbol]
            newest[bar.symbol] = bar.close
    return closes
