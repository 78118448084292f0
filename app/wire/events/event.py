"""What comes in from Redis, typed: a closed family, one file per kind."""

from typing import Literal, get_args

from app.wire.events.automation import MaintenanceChanged, QualityReported, SymbolChanged
from app.wire.events.backtests import BacktestFinished, BacktestProgressed
from app.wire.events.base import Event
from app.wire.events.errors import ErrorReported
from app.wire.events.gaps import LogGap
from app.wire.events.health import EngineHealth
from app.wire.events.indicators import IndicatorAlert, IndicatorCalculated
from app.wire.events.monitoring import (
    AlertRaised,
    AlertResolved,
    Component,
    CriticalAlert,
    HealthChecked,
    MetricsMeasured,
    SystemStatus,
)
from app.wire.events.patterns import PatternDetected, PatternEvent, PatternExpired, PatternUpdated
from app.wire.events.processing import ProcessingChanged, ProcessingEvent, ProcessingProgressed, ScheduleChanged
from app.wire.events.runs import JobStatus, RunChanged, RunEvent, RunProgressed, UniverseChanged
from app.wire.events.streaming import SessionChanged, StreamingHealth
from app.wire.events.ticks import Tick

__all__ = ["Component", "Event", "PatternEvent", "ProcessingEvent", "RunEvent"]

LoggedEvent = (
    PatternDetected
    | PatternUpdated
    | PatternExpired
    | IndicatorAlert
    | CriticalAlert
    | AlertRaised
    | AlertResolved
    | BacktestFinished
    | ProcessingChanged
    | RunChanged
    | UniverseChanged
    | SessionChanged
    | ErrorReported
    | SymbolChanged
    | MaintenanceChanged
    | QualityReported
    | LogGap
)
"""Every one of these counts, in order."""

StateEvent = (
    Tick
    | IndicatorCalculated
    | BacktestProgressed
    | ProcessingProgressed
    | RunProgressed
    | ScheduleChanged
    | JobStatus
    | MetricsMeasured
    | HealthChecked
    | SystemStatus
    | StreamingHealth
    | EngineHealth
)
"""Of these only the newest counts."""

AnyEvent = LoggedEvent | StateEvent

Kind = Literal["log", "state"]

LOGGED: tuple[type[LoggedEvent], ...] = get_args(LoggedEvent)
KINDS: dict[type[AnyEvent], Kind] = {kind: "log" if kind in LOGGED else "state" for kind in get_args(AnyEvent)}
