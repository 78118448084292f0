"""Metrics of the engine between two heartbeats, as the contract's monitoring and streaming health events."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.wire.events.event import AnyEvent, Component, MetricsMeasured, StreamingHealth

SOURCE = "TickStockPL"
MINUTE = 60.0
SLOW_LAG_SECONDS, STUCK_LAG_SECONDS = 0.2, 1.0
"""The contract's bounds of the tick lag for "warning" and "critical"."""


class EngineCounts(NamedTuple):
    """Counts since the start; `symbols`, `waiting` and `status` are current values."""

    ticks: int
    bars: int
    patterns: int
    indicators: int
    rejected_ticks: Mapping[str, int]
    """By reason."""
    symbols: int
    waiting: int
    """Rows and events to be stored or published."""
    status: str


class AnalysisTime(NamedTuple):
    """Seconds of the analyses, and the largest lag of the newest tick; None without ticks."""

    closes: int = 0
    indicators: float = 0.0
    patterns: float = 0.0
    lag: float | None = None


class Stopwatch:
    """Sums times between two readings."""

    def __init__(self) -> None:
        self._time = AnalysisTime()

    def close(self, indicators: float, patterns: float) -> None:
        closes, before_indicators, before_patterns, lag = self._time
        self._time = AnalysisTime(closes + 1, before_indicators + indicators, before_patterns + patterns, lag)

    def behind(self, seconds: float) -> None:
        self._time = self._time._replace(lag=max(seconds, self._time.lag or 0.0))

    def read(self) -> AnalysisTime:
        spent, self._time = self._time, AnalysisTime()
        return spent


class EngineMetrics:
    def __init__(self, counts: Callable[[], EngineCounts], stopwatch: Stopwatch) -> None:
        self._counts = counts
        self._stopwatch = stopwatch
        self._last_counts = counts()
        self._measured_at = time.monotonic()
        self._began_at = self._measured_at
        self._cpu = time.process_time()

    def events(self, now: float, wall: float) -> list[AnyEvent]:
        """Metrics since the last call. `now`: monotonic time."""
        counts, before, spent = self._counts(), self._last_counts, self._stopwatch.read()
        elapsed = max(now - self._measured_at, 1e-3)
        cpu, self._cpu = time.process_time() - self._cpu, time.process_time()
        self._measured_at, self._last_counts = now, counts
        a_second = {
            name: (getattr(counts, name) - getattr(before, name)) / elapsed for name in EngineCounts._fields[:4]
        }
        share = min(1.0, round(cpu / elapsed, 4))
        metrics = MetricsMeasured(
            at=wall,
            source=SOURCE,
            cpu=share,
            pattern_ms=round(spent.patterns / spent.closes * 1000, 3) if spent.closes else None,
            indicator_ms=round(spent.indicators / spent.closes * 1000, 3) if spent.closes else None,
            symbols=counts.symbols,
            ticks_per_second=round(a_second["ticks"], 2),
            patterns_per_second=round(a_second["patterns"], 3),
            indicators_per_second=round(a_second["indicators"], 3),
            patterns=counts.patterns,
            queue_depth=counts.waiting,
            status=counts.status,
            components=tuple(Component(name, details=str(count)) for name, count in counts.rejected_ticks.items()),
        )
        streaming = StreamingHealth(
            at=wall,
            source=SOURCE,
            status=_status(counts.status, spent.lag),
            active_symbols=counts.symbols,
            ticks_per_second=round(a_second["ticks"], 2),
            bars_per_minute=round(a_second["bars"] * MINUTE, 2),
            lag_ms=None if spent.lag is None else round(spent.lag * 1000, 1),
            patterns=counts.patterns,
            indicators=counts.indicators,
            cpu=share,
            errors=sum(counts.rejected_ticks.values()),
            uptime=round(now - self._began_at, 1),
            issues=tuple(f"{count} ticks {why}" for why, count in counts.rejected_ticks.items() if count),
        )
        return [metrics, streaming]


def _status(status: str, lag: float | None) -> str:
    if status != "healthy" or lag is None or lag <= SLOW_LAG_SECONDS:
        return status
    return "warning" if lag <= STUCK_LAG_SECONDS else "critical"
