"""Computes indicators and patterns of bars, as events."""

import math
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from app.engine.analysis.thresholds import Thresholds
from app.finance import candles, crossings, levels, periods, studies
from app.finance.bars import Timeframe
from app.finance.detections import LIFE, tier
from app.finance.panel import Floats, Panel
from app.finance.shape import PatternMatch
from app.wire.events.event import IndicatorAlert, IndicatorCalculated, PatternDetected

SOURCE = "TickStockPL"
Readings = Mapping[str, studies.Parts]


class Analysis(NamedTuple):
    patterns: Sequence[PatternDetected] = ()
    indicators: Sequence[IndicatorCalculated] = ()
    indicator_seconds: float = 0.0
    pattern_seconds: float = 0.0
    alerts: Sequence[IndicatorAlert] = ()


NOTHING = Analysis()


def analyse(
    panel: Panel, thresholds: Thresholds, benchmark: Floats | None = None, indicators_after: float = 0.0
) -> Analysis:
    """`benchmark`: see studies.read. Indicators are returned for bars that start after `indicators_after`."""
    if not len(panel):
        return NOTHING
    began = time.perf_counter()
    readings = studies.read(panel, benchmark)
    ends = _ends(panel.timeframe, panel.start.tolist())
    indicators = _indicators(panel, readings, ends, indicators_after)
    between = time.perf_counter()
    matches = chain(*(part.find(panel, thresholds.of) for part in (candles, crossings, levels)))
    patterns = [_pattern(match, panel, readings, ends) for match in matches]
    return Analysis(patterns, indicators, between - began, time.perf_counter() - between)


def identity(symbol: str, pattern: str, timeframe: str, at: float) -> str:
    """A UUID made from the arguments, so that the same pattern detected again has the same one."""
    return str(uuid5(NAMESPACE_URL, f"tickstock:{symbol}:{pattern}:{timeframe}:{at:.0f}"))


def _ends(timeframe: Timeframe, starts: Sequence[float]) -> list[float]:
    end_by_start = {start: periods.end(timeframe, start) for start in set(starts)}
    return [end_by_start[start] for start in starts]


def _pattern(match: PatternMatch, panel: Panel, readings: Readings, ends: Sequence[float]) -> PatternDetected:
    row, timeframe = match.row, panel.timeframe
    symbol, at = panel.symbols[row], ends[row]
    before = float(panel.close[row, -2]) if panel.counts[row] > 1 else None
    price = float(panel.close[row, -1])
    return PatternDetected(
        at=at,
        source=SOURCE,
        symbol=symbol,
        pattern=match.pattern,
        timeframe=timeframe,
        confidence=match.confidence,
        direction=match.direction,
        tier=tier(timeframe),
        price=price,
        price_change=round((price / before - 1) * 100, 4) if before else None,
        volume=int(panel.volume[row, -1]),
        flow_id=identity(symbol, match.pattern, timeframe, at),
        expires_at=at + LIFE[timeframe],
        relative_strength=_value(readings, "relative_strength", row),
        relative_volume=_value(readings, "relative_volume", row),
        rsi=_value(readings, "RSI14", row),
        stop_loss=match.stop,
        target_price=match.target,
        levels=match.levels,
    )


def _value(readings: Readings, name: str, row: int) -> float | None:
    if name not in readings:
        return None
    value = float(readings[name]["value"][row])
    return value if math.isfinite(value) else None


def _indicators(
    panel: Panel, readings: Readings, ends: Sequence[float], indicators_after: float
) -> list[IndicatorCalculated]:
    close = panel.close[:, -1]
    is_new = (panel.start > indicators_after).tolist()
    events = []
    for name, parts in readings.items():
        signals = studies.signals(name, parts, close, panel.tick_size)
        columns = {part: column.tolist() for part, column in parts.items()}
        single = len(columns) == 1
        for row, value in enumerate(columns["value"]):
            if not is_new[row] or not math.isfinite(value):
                continue
            values = () if single else tuple((part, column[row]) for part, column in columns.items())
            events.append(
                IndicatorCalculated(
                    at=ends[row],
                    source=SOURCE,
                    symbol=panel.symbols[row],
                    indicator=name,
                    timeframe=panel.timeframe,
                    value=value,
                    signal=signals[row],
                    parts=values,
                )
            )
    return events
