"""Bytes from Redis to events and back. Decode never raises; what it cannot read has a named reason."""

from collections.abc import Callable, Mapping

import msgspec

from app.wire.channels import Meaning
from app.wire.codec import errors, health, indicators, patterns, processing, ticks
from app.wire.codec.fields import Fields, Refused, Rejected
from app.wire.codec.text import parse
from app.wire.events import (
    AnyEvent,
    EngineHealth,
    ErrorReported,
    IndicatorCalculated,
    PatternDetected,
    ProcessingChanged,
    Tick,
)

MAX_BYTES = 64 * 1024

_READERS: Mapping[Meaning, Callable[[Fields], AnyEvent]] = {
    Meaning.TICKS: ticks.read,
    Meaning.PATTERNS: patterns.read,
    Meaning.INDICATORS: indicators.read,
    Meaning.PROCESSING: processing.read,
    Meaning.MONITORING: processing.read,
    Meaning.HEALTH: health.read,
    Meaning.ERRORS: errors.read,
}


def decode(meaning: Meaning, payload: bytes, arrived_at: float) -> AnyEvent | Rejected:
    if len(payload) > MAX_BYTES:
        return Rejected("too-big")
    try:
        fields = Fields(parse(payload), arrived_at)
        if meaning not in _READERS:
            return Rejected("unsupported-event")
        return _READERS[meaning](fields)
    except Refused as refusal:
        return Rejected(refusal.reason)


def decode_all(meaning: Meaning, payload: bytes, arrived_at: float) -> tuple[AnyEvent, ...] | Rejected:
    """All events of a message that may be a batch."""
    event = decode(meaning, payload, arrived_at)
    return event if isinstance(event, Rejected) else (event,)


def encode(event: AnyEvent) -> bytes:
    """The contract's canonical JSON; decoding it gives the event back."""
    return msgspec.json.encode(_written(event))


def _written(event: AnyEvent) -> Mapping[str, object]:
    match event:
        case Tick():
            return ticks.write(event)
        case PatternDetected():
            return patterns.write(event)
        case IndicatorCalculated():
            return indicators.write(event)
        case ProcessingChanged():
            return processing.write(event)
        case EngineHealth():
            return health.write(event)
        case ErrorReported():
            return errors.write(event)
    raise TypeError(type(event).__name__)


__all__ = ["Rejected", "decode", "decode_all", "encode"]
