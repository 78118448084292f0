"""What comes in from Redis, typed: a closed family, one file per kind."""

from app.wire.events.base import Event
from app.wire.events.errors import ErrorReported
from app.wire.events.health import EngineHealth
from app.wire.events.indicators import IndicatorCalculated
from app.wire.events.patterns import PatternDetected
from app.wire.events.processing import ProcessingChanged
from app.wire.events.ticks import Tick

AnyEvent = Tick | PatternDetected | IndicatorCalculated | ProcessingChanged | EngineHealth | ErrorReported

LOGGED: tuple[type[Event], ...] = (PatternDetected, ProcessingChanged, ErrorReported)
"""Of these every one counts, in order; of all others the newest."""

__all__ = [
    "LOGGED",
    "AnyEvent",
    "EngineHealth",
    "ErrorReported",
    "Event",
    "IndicatorCalculated",
    "PatternDetected",
    "ProcessingChanged",
    "Tick",
]
