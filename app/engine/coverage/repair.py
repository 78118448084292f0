"""What to load again so that what is missing is there and what is suspicious is looked at anew."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from app.engine.coverage.result import Coverage
from app.engine.jobs.plan import Plan
from app.engine.loads.providers.massive import Span
from app.engine.loads.sources.timeframes import FRAMES

NEAR = {"1min": timedelta(days=7), "hourly": timedelta(days=60)}
"""Ranges that lie no further apart are asked for as one; longer bars come all at once anyhow."""
PERIOD = {"weekly": timedelta(days=6), "monthly": timedelta(days=30)}


def plans(found: Coverage) -> list[Plan]:
    """The oldest first; symbols that lack the same days are asked for together."""
    frame = FRAMES[found.timeframe]
    symbols: dict[Span, list[str]] = defaultdict(list)
    for symbol, ranges in sorted(_ranges(found).items()):
        for span in _joined(sorted(ranges), NEAR.get(frame.name)):
            symbols[span].append(symbol)
    return [Plan(tuple(symbols[span]), (frame,), span) for span in sorted(symbols)]


def _ranges(found: Coverage) -> dict[str, list[Span]]:
    longer = PERIOD.get(found.timeframe, timedelta())
    ranges: dict[str, list[Span]] = defaultdict(list)
    for gap in found.missing:
        ranges[gap.symbol].append(Span(gap.first, gap.last + longer))
    for suspect in found.suspects:
        if suspect.faults != ("closed",):  # no provider has what the exchange never had
            ranges[suspect.symbol].append(Span(suspect.day, suspect.day + longer))
    return ranges


def _joined(ranges: Sequence[Span], near: timedelta | None) -> Iterator[Span]:
    first, last = ranges[0]
    for span in ranges[1:]:
        if near is not None and span.first - last > near:
            yield Span(first, last)
            first, last = span
        last = max(last, span.last)
    yield Span(first, last)
