"""Load plans that repair the coverage: they load missing bars, and suspicious ones again."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from app.engine.coverage.result import Coverage
from app.engine.jobs.plan import LoadPlan
from app.engine.loads.providers.provider import DateRange
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES

NEAR = {"1min": timedelta(days=7), "hourly": timedelta(days=60)}
"""Ranges no further apart are loaded as one; longer bars always are."""
PERIOD = {"weekly": timedelta(days=6), "monthly": timedelta(days=30)}


def repair_plans(coverage: Coverage) -> list[LoadPlan]:
    """Oldest first; symbols with the same range are loaded together."""
    frame = LOAD_TIMEFRAMES[coverage.timeframe]
    symbols: dict[DateRange, list[str]] = defaultdict(list)
    for symbol, ranges in sorted(_ranges(coverage).items()):
        for span in _joined(sorted(ranges), NEAR.get(frame.name)):
            symbols[span].append(symbol)
    return [LoadPlan(tuple(symbols[span]), (frame,), span) for span in sorted(symbols)]


def _ranges(coverage: Coverage) -> dict[str, list[DateRange]]:
    longer = PERIOD.get(coverage.timeframe, timedelta())
    ranges: dict[str, list[DateRange]] = defaultdict(list)
    for gap in coverage.missing:
        ranges[gap.symbol].append(DateRange(gap.first, gap.last + longer))
    for suspect in coverage.suspects:
        if suspect.faults != ("closed",):  # no provider has what the exchange never had
            ranges[suspect.symbol].append(DateRange(suspect.day, suspect.day + longer))
    return ranges


def _joined(ranges: Sequence[DateRange], near: timedelta | None) -> Iterator[DateRange]:
    first, last = ranges[0]
    for span in ranges[1:]:
        if near is not None and span.first - last > near:
            yield DateRange(first, last)
            first, last = span
        last = max(last, span.last)
    yield DateRange(first, last)
