"""What the engine measures of itself from beat to beat, as the contract's monitoring and streaming health."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.wire.events.event import AnyEvent, Component, MetricsMeasured, StreamingHealth

SOURCE = "TickStockPL"
MINUTE = 60.0
SLOW_LAG_SECONDS, STUCK_LAG_SECONDS = 0.2, 1.0
"""The contract's bounds for a warning and for worse."""


class Counts(NamedTuple):
    """Since the engine began, but for the last three, which are as they are now."""

    ticks: int
    bars: int
    patterns: int
    indicators: int
    refused: Mapping[str, int]
    """Ticks that went into no bar, by why."""
    symbols: int
    waiting: int
    """To be stored or published."""
    status: str


class Spent(NamedTuple):
    """Seconds: what the analyses took, and how far behind the newest tick was at worst; None where there was none."""

    closes: int = 0
    indicators: float = 0.0
    patterns: float = 0.0
    lag: float | None = None


class Stopwatch:
    """Of what passed since it was last read."""

    def __init__(self) -> None:
        self._spent = Spent()

    def close(self, indicators: float, patterns: float) -> None:
        closes, before_indicators, before_patterns, lag = self._spent
        self._spent = Spent(closes + 1, before_indicators + indicators, before_patterns + patterns, lag)

    def behind(self, seconds: float) -> None:
        self._spent = self._spent._replace(lag=max(seconds, self._spent.lag or 0.0))

    def read(self) -> Spent:
        spent, self._spent = self._spent, Spent()
        return spent


class Figures:
    def __init__(self, counts: Callable[[], Counts], stopwatch: Stopwatch) -> None:
        self._counts = counts
        self._stopwatch = stopwatch
        self._before = counts()
        self._asked_at = time.monotonic()
        self._began_at = self._asked_at
        self._cpu = time.process_time()

    def events(self, now: float, wall: float) -> list[AnyEvent]:
        """`now`: of a clock that only goes forward. Of what passed since the last time."""
        told, before, spent = self._counts(), self._before, self._stopwatch.read()
        passed = max(now - self._asked_at, 1e-3)
        cpu, self._cpu = time.process_time() - self._cpu, time.process_time()
        self._asked_at, self._before = now, told
        a_second = {name: (getattr(told, name) - getattr(before, name)) / passed for name in Counts._fields[:4]}
        share = min(1.0, round(cpu / passed, 4))
        metrics = MetricsMeasured(
            at=wall,
            source=SOURCE,
            cpu=share,
            pattern_ms=round(spent.patterns / spent.closes * 1000, 3) if spent.closes else None,
            indicator_ms=round(spent.indicators / spent.closes * 1000, 3) if spent.closes else None,
            symbols=told.symbols,
            ticks_per_second=round(a_second["ticks"], 2),
            patterns_per_second=round(a_second["patterns"], 3),
            indicators_per_second=round(a_second["indicators"], 3),
            patterns=told.patterns,
            queue_depth=told.waiting,
            status=told.status,
            components=tuple(Component(name, details=str(count)) for name, count in told.refused.items()),
        )
        streaming = StreamingHealth(
            at=wall,
            source=SOURCE,
            status=_judged(told.status, spent.lag),
            active_symbols=told.symbols,
            ticks_per_second=round(a_second["ticks"], 2),
            bars_per_minute=round(a_second["bars"] * MINUTE, 2),
            lag_ms=None if spent.lag is None else round(spent.lag * 1000, 1),
            patterns=told.patterns,
            indicators=told.indicators,
            cpu=share,
            errors=sum(told.refused.values()),
            uptime=round(now - self._began_at, 1),
            issues=tuple(f"{count} ticks {why}" for why, count in told.refused.items() if count),
        )
        return [metrics, streaming]


def _judged(status: str, lag: float | None) -> str:
    if status != "healthy" or lag is None or lag <= SLOW_LAG_SECONDS:
        return status
    return "warning" if lag <= STUCK_LAG_SECONDS else "critical"
