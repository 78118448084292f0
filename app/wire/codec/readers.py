"""The reader of each kind of channel, and the shape of each kind of event."""

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


class ChannelReader(NamedTuple):
    """`batch`: names of lists whose items are messages of their own."""

    read: Callable[[Fields], AnyEvent]
    envelopes: Sequence[str]
    shapes: tuple[Shape[Any], ...]
    batch: Sequence[str] = ()


def _runs(read: Callable[[Fields], AnyEvent]) -> ChannelReader:
    return ChannelReader(read, runs.ENVELOPES, runs.SHAPES)


def _symbols(action: SymbolAction) -> ChannelReader:
    return ChannelReader(partial(automation.read_symbol, action), automation.ENVELOPES, automation.SYMBOL_SHAPES)


READERS: Mapping[Meaning, ChannelReader] = {
    Meaning.TICKS: ChannelReader(ticks.read, (), ticks.SHAPES),
    Meaning.PATTERNS: ChannelReader(patterns.read, patterns.ENVELOPES, patterns.SHAPES, patterns.BATCH),
    Meaning.INDICATORS: ChannelReader(indicators.read, indicators.ENVELOPES, indicators.SHAPES, indicators.BATCH),
    Meaning.BACKTESTS: ChannelReader(backtests.read, backtests.ENVELOPES, backtests.SHAPES),
    Meaning.PROCESSING: ChannelReader(processing.read, processing.ENVELOPES, processing.SHAPES),
    Meaning.SCHEDULE: ChannelReader(
        processing.SCHEDULE.read, processing.SCHEDULE_ENVELOPES, processing.SCHEDULE_SHAPES
    ),
    Meaning.IMPORTS: _runs(partial(runs.read, "import")),
    Meaning.CACHES: _runs(partial(runs.read, "cache")),
    Meaning.INDICATOR_RUNS: _runs(partial(runs.read, "indicators")),
    Meaning.PATTERN_RUNS: _runs(partial(runs.read, "patterns")),
    Meaning.UNIVERSES: ChannelReader(runs.read_universe, runs.ENVELOPES, runs.UNIVERSE_SHAPES),
    Meaning.JOBS: ChannelReader(runs.read_job, runs.ENVELOPES, runs.JOB_SHAPES),
    Meaning.HEALTH: ChannelReader(health.read, health.ENVELOPES, health.SHAPES),
    Meaning.MONITORING: ChannelReader(monitoring.read, monitoring.ENVELOPES, monitoring.SHAPES),
    Meaning.ERRORS: ChannelReader(errors.read, errors.ENVELOPES, errors.SHAPES),
    Meaning.SESSIONS: ChannelReader(streaming.read, streaming.ENVELOPES, streaming.SHAPES),
    Meaning.STREAMING_HEALTH: ChannelReader(streaming.read_health, streaming.HEALTH_ENVELOPES, streaming.HEALTH_SHAPES),
    Meaning.INDICATOR_ALERTS: ChannelReader(indicators.read_alert, indicators.ALERT_ENVELOPES, indicators.ALERT_SHAPES),
    Meaning.CRITICAL_ALERTS: ChannelReader(monitoring.read_critical, monitoring.ENVELOPES, monitoring.CRITICAL_SHAPES),
    Meaning.LISTED_SYMBOLS: _symbols("listed"),
    Meaning.CHANGED_SYMBOLS: _symbols("changed"),
    Meaning.ARCHIVED_SYMBOLS: _symbols("archived"),
    Meaning.MAINTENANCE: ChannelReader(
        automation.read_maintenance, automation.ENVELOPES, automation.MAINTENANCE_SHAPES
    ),
    Meaning.QUALITY: ChannelReader(automation.read_quality, automation.ENVELOPES, automation.QUALITY_SHAPES),
}

SHAPES: Mapping[type[AnyEvent], Shape[Any]] = {
    shape.kind: shape for reader in READERS.values() for shape in reader.shapes
}
