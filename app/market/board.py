"""The newest known state of the market clock, feed, engine, Redis and database."""

import time
from typing import NamedTuple

from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot
from app.market import condition, processing_runs
from app.market.condition import Condition
from app.market.delays import Delays, ReportedDelays
from app.market.processing_runs import RunState
from app.market.status import ComponentStatus, statuses

DRIFT_SECONDS = 2.0
"""Error in wall seconds that a page may have when it counts market time on."""

UNANNOUNCED_SECONDS = 3.0
"""A feed announces its clock every second; after this long without it the market time is unknown."""

CLOCK_STANDS = {"starting", "interrupted", "silent", "absent"}
"""Conditions in which pages stop counting market time on."""


class MarketTime(NamedTuple):
    """UTC epoch seconds, and whether they advance with the clock's speed."""

    at: float
    runs: bool


class MarketChanges(NamedTuple):
    condition: Condition | None
    clock: bool


class MarketBoard:
    def __init__(self) -> None:
        self.clock: MarketClock | None = None
        self._health: HealthSnapshot | None = None
        self._delays = Delays()
        self._lag = ReportedDelays()
        self._run: RunState | None = None
        self._last_condition: tuple[str, str, str] | None = None
        self._last_clock: MarketClock | None = None
        self._last_time: MarketTime | None = None
        self._last_pushed_at = 0.0
        self._reported = {status.key: status.label for status in self.statuses()}

    def on_health(self, health: HealthSnapshot) -> list[ComponentStatus]:
        """Returns the component statuses that changed; time alone can change one."""
        self._health = health
        self._lag = self._delays.update(health, self.clock)
        return self._changed_statuses()

    def on_clock(self, clock: MarketClock) -> list[ComponentStatus]:
        """Returns the component statuses that changed."""
        if clock == self.clock:
            return []
        self.clock = clock
        return self._changed_statuses()

    def condition(self, now: float | None = None) -> Condition:
        """`now`: wall time, UTC epoch seconds."""
        return condition.condition(self._health, self.clock, self._lag, time.time() if now is None else now)

    def market_time(self, now: float) -> MarketTime | None:
        """None until a feed has announced itself."""
        if self.clock is None:
            return None
        silent = self.condition(now).kind in CLOCK_STANDS
        announced = now - self.clock.wall_time <= UNANNOUNCED_SECONDS
        running = self.clock.state == "open" and announced and not silent
        return MarketTime(self.clock.now(now) if running else self.clock.market_time, running)

    def changes(self, now: float) -> MarketChanges:
        """Changes to push since the last call; pages advance age and market time by themselves."""
        current = self.condition(now)
        changed = (current.kind, current.word, current.sentence) != self._last_condition
        self._last_condition = current.kind, current.word, current.sentence
        at = self.market_time(now)
        clock = self.clock is not None and at is not None and self._clock_differs(self.clock, at, now)
        if clock:
            self._last_clock, self._last_time, self._last_pushed_at = self.clock, at, now
        return MarketChanges(current if changed else None, clock)

    def _clock_differs(self, clock: MarketClock, at: MarketTime, now: float) -> bool:
        previous, pushed = self._last_clock, self._last_time
        if previous is None or pushed is None or pushed.runs != at.runs or _words(previous) != _words(clock):
            return True
        expected = pushed.at + (now - self._last_pushed_at) * clock.speed if pushed.runs else pushed.at
        return at.runs and abs(at.at - expected) > DRIFT_SECONDS * clock.speed

    def on_run(self, run: RunState) -> list[ComponentStatus]:
        """Only pushed to a connection in recovery; others get the status with the next health snapshot."""
        if not processing_runs.supersedes(run, self._run):
            return []
        self._run = run
        self._reported.pop(processing_runs.KEY, None)
        return [processing_runs.run_status(run, time.time())]

    def statuses(self) -> list[ComponentStatus]:
        now = time.time()
        return [*statuses(self._health, self.clock, self._lag, now), processing_runs.run_status(self._run, now)]

    def _changed_statuses(self) -> list[ComponentStatus]:
        news = [status for status in self.statuses() if self._reported.get(status.key) != status.label]
        self._reported |= {status.key: status.label for status in news}
        return news


def _words(clock: MarketClock) -> tuple[str, str, str, float, str, str]:
    """What a page shows of the clock besides the time."""
    return clock.provider, clock.label, clock.session, clock.speed, clock.state, clock.hours
