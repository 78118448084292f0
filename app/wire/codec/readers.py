"""How each kind of channel is read and each kind of event written. What is not here is not understood."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from app.wire.channels import Meaning
from app.wire.codec import (
    automation,
    backtests,
    errors,
    health,
    indicators,
    monitoring,
    patterns,
    processing,
    runs,
    streaming,
    ticks,
)
from app.wire.codec.fields import Fields
from app.wire.codec.shape import Shape
from app.wire.events.automation import SymbolAction
from app.wire.events.event import AnyEvent


class Reader(NamedTuple):
    """`batch`: names of lists whose items are messages of their own."""

    read: Callable[[Fields], AnyEvent]
    envelopes: Sequence[str]
    shapes: tuple[Shape[Any], ...]
    batch: Sequence[str] = ()


def _runs(read: Callable[[Fields], AnyEvent]) -> Reader:
    return Reader(read, runs.ENVELOPES, runs.SHAPES)


def _symbols(action: SymbolAction) -> Reader:
    return Reader(partial(automation.read_symbol, action), automation.ENVELOPES, automation.SYMBOL_SHAPES)


READERS: Mapping[Meaning, Reader] = {
    Meaning.TICKS: Reader(ticks.read, (), ticks.SHAPES),
    Meaning.PATTERNS: Reader(patterns.read, patterns.ENVELOPES, patterns.SHAPES, patterns.BATCH),
    Meaning.INDICATORS: Reader(indicators.read, indicators.ENVELOPES, indicators.SHAPES, indicators.BATCH),
    Meaning.BACKTESTS: Reader(backtests.read, backtests.ENVELOPES, backtests.SHAPES),
    Meaning.PROCESSING: Reader(processing.read, processing.ENVELOPES, processing.SHAPES),
    Meaning.SCHEDULE: Reader(processing.SCHEDULE.read, processing.SCHEDULE_ENVELOPES, processing.SCHEDULE_SHAPES),
    Meaning.IMPORTS: _runs(partial(runs.read, "import")),
    Meaning.CACHES: _runs(partial(runs.read, "cache")),
    Meaning.INDICATOR_RUNS: _runs(partial(runs.read, "indicators")),
    Meaning.PATTERN_RUNS: _runs(partial(runs.read, "patterns")),
    Meaning.UNIVERSES: Reader(runs.read_universe, runs.ENVELOPES, runs.UNIVERSE_SHAPES),
    Meaning.JOBS: Reader(runs.read_job, runs.ENVELOPES, runs.JOB_SHAPES),
    Meaning.HEALTH: Reader(health.read, health.ENVELOPES, health.SHAPES),
    Meaning.MONITORING: Reader(monitoring.read, monitoring.ENVELOPES, monitoring.SHAPES),
    Meaning.ERRORS: Reader(errors.read, errors.ENVELOPES, errors.SHAPES),
    Meaning.SESSIONS: Reader(streaming.read, streaming.ENVELOPES, streaming.SHAPES),
    Meaning.STREAMING_HEALTH: Reader(streaming.read_health, streaming.HEALTH_ENVELOPES, streaming.HEALTH_SHAPES),
    Meaning.INDICATOR_ALERTS: Reader(indicators.read_alert, indicators.ALERT_ENVELOPES, indicators.ALERT_SHAPES),
    Meaning.CRITICAL_ALERTS: Reader(monitoring.read_critical, monitoring.ENVELOPES, monitoring.CRITICAL_SHAPES),
    Meaning.LISTED_SYMBOLS: _symbols("listed"),
    Meaning.CHANGED_SYMBOLS: _symbols("changed"),
    Meaning.ARCHIVED_SYMBOLS: _symbols("archived"),
    Meaning.MAINTENANCE: Reader(automation.read_maintenance, automation.ENVELOPES, automation.MAINTENANCE_SHAPES),
    Meaning.QUALITY: Reader(automation.read_quality, automation.ENVELOPES, automation.QUALITY_SHAPES),
}

SHAPES: Mapping[type[AnyEvent], Shape[Any]] = {
    shape.kind: shape for reader in READERS.values() for shape in reader.shapes
}
