"""The synthetic provider: a generated market of any size at any hour and speed, or one of the test scenarios."""

import datetime
from datetime import date
from typing import NamedTuple

from app.finance import calendar, scenarios
from app.finance.invented.session import InventedSession, SessionEvents
from app.finance.sessions import MINUTE, NEW_YORK, extended, regular
from app.ingest.market_player import MarketPlayer, MarketPosition
from app.ingest.provider import Provider
from app.ingest.replay import ReplayProvider, ReplaySpeed
from app.ingest.synthetic_universe import SyntheticUniverse
from app.settings.load import Settings


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


class SyntheticProvider(MarketPlayer):
    name = "synthetic"
    label = "synthetic market, all of it invented"
    source = "synthetic"

    def __init__(self, plan: SyntheticPlan, pace: ReplaySpeed) -> None:
        self._plan = plan
        self._first = calendar.next_session(plan.first - calendar.DAY)
        self._universe = SyntheticUniverse(plan.seed, plan.symbols, self._first, plan.gaps)
        super().__init__(self._universe, plan.market, pace)

    def previous_close(self, symbol: str, session: str) -> float | None:
        day, number = date.fromisoformat(session), self._universe.numbers.get(symbol)
        return None if number is None or day < self._first else self._universe.previous_close(number, day)

    def first_position(self) -> MarketPosition:
        day = self.session(self._first)
        start = datetime.datetime.combine(self._first, self._plan.starts_at, NEW_YORK).timestamp()
        minute = min(day.minutes - 1, max(0, int(start - day.begins) // MINUTE))
        return self.position(self._first, minute, since=minute)

    def session(self, day: date) -> InventedSession:
        return InventedSession(self._universe, extended(day) if self._plan.around else regular(day), self._plan.events)

    def may_be_played(self, day: date) -> bool:
        return day >= self._first
