"""What comes in from Redis, typed: a closed family, one file per kind."""

from app.wire.events.base import Event
from app.wire.events.errors import ErrorReported
from app.wire.events.health import EngineHealth
from app.wire.events.indicators import IndicatorCalculated
from app.wire.events.patterns import PatternDetected
from app.wire.events.processing import ProcessingChanged
from app.wire.events.ticks import Tick

AnyEvent = Tick | PatternDetected | IndicatorCalculated | ProcessingChanged | EngineHealth | ErrorReported

__all__ = [
    "AnyEvent",
    "EngineHealth",
    "ErrorReported",
    "Event",
    "IndicatorCalculated",
    "PatternDetected",
    "ProcessingChanged",
    "Tick",
]
