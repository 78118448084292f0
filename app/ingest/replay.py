"""Real daily bars played as a live market: every day a session of ticks, exact in open, high, low, close and volume."""

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
from app.ingest.provider import Beat, Provider
from app.settings.load import Settings
from app.wire.events.event import Tick

ANNOUNCE_SECONDS = 1.0
MOST_TICKS = 200
"""In one beat, so that the bookmark is never far behind."""


class Pace(NamedTuple):
    speed: float
    """Market seconds in a second."""
    ticks_per_second: float
    """Of each symbol, by the clock on the wall."""
    pause_seconds: float
    """Between two sessions, by the clock on the wall."""


class Bookmark(msgspec.Struct, frozen=True):
    """A session once begun keeps its spacing, or its ticks would be others after a change of speed."""

    session: date
    played: Annotated[int, msgspec.Meta(ge=0)]
    spacing: Annotated[float, msgspec.Meta(gt=0)]


def provider(settings: Settings) -> Provider:
    said = settings.replay
    pace = Pace(said.speed, said.ticks_per_second, said.pause_seconds)
    return Replay(history.read(said.path), said.history_until, pace)


class Replay:
    name = "replay"
    label = "replay of real daily bars, intraday path simulated"
    source = "replay"

    def __init__(self, bars: Sequence[Bar], after: date, pace: Pace) -> None:
        """Plays the sessions later than the date `after`."""
        self._days = history.by_day(bars)
        self._after = after
        self._pace = pace
        self._closes = _previous_closes(self._days)

    def previous_close(self, symbol: str, session: str) -> float | None:
        return self._closes.get((symbol, session))

    def so_far(self, bookmark: bytes | None) -> Sequence[Tick]:
        mark = _read(bookmark)
        return self._ticks(mark)[: mark.played] if mark else ()

    async def beats(self, bookmark: bytes | None) -> AsyncGenerator[Beat, None]:
        last = _read(bookmark) or Bookmark(max(self._days), 0, 0.0)
        for mark in self._to_play(_read(bookmark)):
            last = mark
            async for beat in self._session(mark):
                yield beat
        while True:
            yield self._beat(last, (), regular(last.session).closes, "ended")
            await asyncio.sleep(ANNOUNCE_SECONDS)

    def _to_play(self, mark: Bookmark | None) -> Iterator[Bookmark]:
        """The rest of the session that was begun, then the later ones from their start."""
        done = self._after
        if mark and mark.session > self._after and mark.session in self._days:
            yield mark
            done = mark.session
        spacing = self._pace.speed / self._pace.ticks_per_second
        for day in self._days:
            if day > done:
                yield Bookmark(day, 0, spacing)

    async def _session(self, mark: Bookmark) -> AsyncIterator[Beat]:
        ticks = self._ticks(mark)
        session = regular(mark.session)
        played = min(mark.played, len(ticks))
        pacer = Pacer(ticks[played - 1].at if played else session.opens, self._pace.speed)
        while played < len(ticks):
            pacer.stand_still_until(ticks[played].at)
            now = min(pacer.now(), session.closes)
            due = _due(ticks, played, now)
            played += len(due)
            yield self._beat(Bookmark(mark.session, played, mark.spacing), due, now, "open")
            if played < len(ticks):
                await asyncio.sleep(min(pacer.seconds_to(ticks[played].at), ANNOUNCE_SECONDS))
        async for beat in self._pause(Bookmark(mark.session, played, mark.spacing)):
            yield beat

    async def _pause(self, mark: Bookmark) -> AsyncIterator[Beat]:
        until = time.monotonic() + self._pace.pause_seconds
        while True:
            yield self._beat(mark, (), regular(mark.session).closes, "closed")
            rest = until - time.monotonic()
            if rest <= 0:
                return
            await asyncio.sleep(min(rest, ANNOUNCE_SECONDS))

    def _ticks(self, mark: Bookmark) -> list[Tick]:
        """Of all symbols that traded that day, in order of time."""
        bars = self._days.get(mark.session, [])
        session = regular(mark.session)
        ticks: list[Tick] = []
        for number, bar in enumerate(bars):
            ticks += path.ticks(bar, session, mark.spacing, path.Place(number, len(bars)), self.source)
        return sorted(ticks, key=lambda tick: tick.at)

    def _beat(self, mark: Bookmark, ticks: tuple[Tick, ...], market_time: float, state: State) -> Beat:
        clock = MarketClock(
            self.name, self.label, mark.session.isoformat(), market_time, time.time(), self._pace.speed, state
        )
        return Beat(ticks, clock, msgspec.json.encode(mark))


def _due(ticks: Sequence[Tick], played: int, now: float) -> tuple[Tick, ...]:
    end = played
    while end < len(ticks) and end - played < MOST_TICKS and ticks[end].at <= now:
        end += 1
    return tuple(ticks[played:end])


def _read(bookmark: bytes | None) -> Bookmark | None:
    """A bookmark that cannot be read is none: the replay begins again, and upserts make that harmless."""
    if not bookmark:
        return None
    try:
        return msgspec.json.decode(bookmark, type=Bookmark)
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
