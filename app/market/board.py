"""The newest that this process knows about the feed, the engine, Redis and the database."""

import time
from typing import NamedTuple

from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot
from app.market import condition, runs
from app.market.condition import Condition
from app.market.delays import Behind, Delays
from app.market.runs import Run
from app.market.status import Lamp, lamps

DRIFT_SECONDS = 2.0
"""Of the wall's clock, by which a page that counts market time on may be wrong."""

UNANNOUNCED_SECONDS = 3.0
"""A feed announces its clock every second: after so long without it nobody knows whether the market goes on."""

STANDING = {"starting", "interrupted", "silent", "absent"}
"""Conditions in which nobody knows that the market's clock goes on."""


class MarketTime(NamedTuple):
    """UTC epoch seconds, and whether they go on with the clock's speed."""

    at: float
    runs: bool


class News(NamedTuple):
    condition: Condition | None
    clock: bool


class Board:
    def __init__(self) -> None:
        self.clock: MarketClock | None = None
        self._vitals: HealthSnapshot | None = None
        self._delays = Delays()
        self._behind = Behind()
        self._run: Run | None = None
        self._last_condition: tuple[str, str, str] | None = None
        self._last_clock: MarketClock | None = None
        self._last_time: MarketTime | None = None
        self._last_pushed_at = 0.0
        self._said = {lamp.key: lamp.said for lamp in self.lamps()}

    def hear(self, vitals: HealthSnapshot) -> list[Lamp]:
        """The lamps that say something else than before; time alone can make one of them do so."""
        self._vitals = vitals
        self._behind = self._delays.look(vitals, self.clock)
        return self._news()

    def tell(self, clock: MarketClock) -> list[Lamp]:
        """The lamps that it changed."""
        if clock == self.clock:
            return []
        self.clock = clock
        return self._news()

    def condition(self, now: float | None = None) -> Condition:
        """`now`: wall time, UTC epoch seconds."""
        return condition.condition(self._vitals, self.clock, self._behind, time.time() if now is None else now)

    def market_time(self, now: float) -> MarketTime | None:
        """None before any feed has announced itself."""
        if self.clock is None:
            return None
        silent = self.condition(now).kind in STANDING
        announced = now - self.clock.wall_time <= UNANNOUNCED_SECONDS
        running = self.clock.state == "open" and announced and not silent
        return MarketTime(self.clock.now(now) if running else self.clock.market_time, running)

    def news(self, now: float) -> News:
        """What pages have to be told, which count age and market time on by themselves; asking counts as telling."""
        current = self.condition(now)
        changed = (current.kind, current.word, current.sentence) != self._last_condition
        self._last_condition = current.kind, current.word, current.sentence
        at = self.market_time(now)
        clock = self.clock is not None and at is not None and self._clock_differs(self.clock, at, now)
        if clock:
            self._last_clock, self._last_time, self._last_pushed_at = self.clock, at, now
        return News(current if changed else None, clock)

    def _clock_differs(self, clock: MarketClock, at: MarketTime, now: float) -> bool:
        previous, shown = self._last_clock, self._last_time
        if previous is None or shown is None or shown.runs != at.runs or _words(previous) != _words(clock):
            return True
        expected = shown.at + (now - self._last_pushed_at) * clock.speed if shown.runs else shown.at
        return at.runs and abs(at.at - expected) > DRIFT_SECONDS * clock.speed

    def process(self, run: Run) -> list[Lamp]:
        """Told once more with the next vitals: a reader who catches up may be the only one to hear this."""
        if not runs.follows(run, self._run):
            return []
        self._run = run
        self._said.pop(runs.KEY, None)
        return [runs.lamp(run, time.time())]

    def lamps(self) -> list[Lamp]:
        now = time.time()
        return [*lamps(self._vitals, self.clock, self._behind, now), runs.lamp(self._run, now)]

    def _news(self) -> list[Lamp]:
        news = [lamp for lamp in self.lamps() if self._said.get(lamp.key) != lamp.said]
        self._said |= {lamp.key: lamp.said for lamp in news}
        return news


def _words(clock: MarketClock) -> tuple[str, str, str, float, str]:
    """What a page says of it, apart from the time."""
    return clock.provider, clock.label, clock.session, clock.speed, clock.state
