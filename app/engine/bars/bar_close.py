"""Analyses bars when they close: all bars of one timeframe and start time together."""

import asyncio
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

import numpy as np

from app.engine.analysis import breadth
from app.engine.analysis.analyse import NOTHING, Analysis, analyse
from app.engine.analysis.confluence import Confluence
from app.engine.analysis.deduplicate import Deduplicator
from app.engine.analysis.expiry import PatternExpiry
from app.engine.analysis.outcomes import OutcomeTracker, new_outcome
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_series import SeriesByTimeframe
from app.engine.bars.longer_bars import BarAggregator
from app.engine.monitoring.metrics import Stopwatch
from app.engine.storage.store import Store
from app.finance import spans, studies
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.shares import Splits

PUBLISH_SECONDS = 1.0
"""A symbol's indicators of a minute are published at most that often; stored they always are."""
AT_ONCE = 250
"""Symbols that are analysed without letting others have the loop: some fifty milliseconds."""
DAY_SETTLES = 3600.0
"""After a session, before weeks and months that end with it are over for symbols that had no bar on its day."""
FRESH_BARS = 30
"""A symbol that has had no bar for so long does not count for the growth of all, and is no benchmark."""


class BarClose:
    def __init__(
        self, series: SeriesByTimeframe, store: Store, thresholds: Thresholds, timeframes: Collection[Timeframe]
    ) -> None:
        self.thresholds = thresholds
        self.outcomes = OutcomeTracker()
        self.confluence = Confluence()
        self.expiries = PatternExpiry()
        self.groups = breadth.Groups()
        self.stopwatch = Stopwatch()
        self._series = series
        self._store = store
        self._timeframes = frozenset(timeframes)
        self._from_minutes = BarAggregator(series.timeframe("1min"), spans.FROM_MINUTES)
        self._from_days = BarAggregator(series.timeframe("daily"), spans.FROM_DAYS)
        self._published_at: dict[str, float] = {}
        self._deduplicator = Deduplicator()

    async def analyse(self, over: Iterable[Bar]) -> None:
        """Minutes and days, in any order; a bar that was given before is mended. Waits while too much waits in the
        store, and lets others have the loop between portions of the symbols."""
        newest = {(bar.timeframe, bar.start, bar.symbol): bar for bar in over}
        ordered = [newest[key] for key in sorted(newest)]
        for (timeframe, _), group in groupby(ordered, key=lambda bar: (bar.timeframe, bar.start)):
            bars = list(group)
            await self._analyse_group(bars)
            longer = self._from_minutes.add(bars) if timeframe == "1min" else self._from_days.add(bars)
            await self._analyse_by_timeframe(longer)
            if timeframe == "daily":
                # A week that is not over is stored as far as it went, and is analysed when it is.
                self._store.offer(self._from_days.running_bars(bar.symbol for bar in bars))

    def is_stored(self, bar: Bar) -> bool:
        """Whether the minute is known as it is, from the database."""
        own = self._series.timeframe("1min").bar_at(bar.symbol, bar.start)
        return own is not None and own._replace(ticks=bar.ticks) == bar

    def restore_minutes(self, bars: Iterable[Bar]) -> None:
        """Minutes that are stored and were looked at by a process before this one. It did not store of how many ticks
        they were made, and longer bars that they are part of may not be over."""
        for bar in sorted(bars, key=lambda bar: bar.start):
            self._series.add(bar)
            self._from_minutes.add([bar])

    def set_splits(self, splits: Splits) -> None:
        """What is known of splits now: bars stay as they were traded, and are compared in one share."""
        self._series.set_splits(splits)
        self.outcomes.splits = splits

    def set_tick_sizes(self, tick_sizes: Mapping[str, float]) -> None:
        """What the instruments' tick sizes are now, by symbol: prices that are nearer to each other are equal."""
        self._series.set_tick_sizes(tick_sizes)

    async def analyse_until(self, ended: float) -> None:
        """By the market clock: longer bars that are over although no shorter one says so. Waits as `bars` does."""
        await self._analyse_by_timeframe(
            [*self._from_minutes.complete_until(ended), *self._from_days.complete_until(ended - DAY_SETTLES)]
        )

    def expire(self, now: float) -> None:
        """Patterns that no longer hold at that market time are told of."""
        expired = self.expiries.pop_expired(now)
        if expired:
            self._store.offer(events=expired)
            self._store.set_expired_until(now)

    def record_breadth(self, at: float, days: Sequence[Bar]) -> None:
        """Breadth at the end of a minute, from the running daily bars."""
        closes = {}
        daily = self._series.timeframe("daily")
        for bar in days:
            close = daily.last_before(bar.symbol, bar.start)
            if close:
                closes[bar.symbol] = close
        conditions = breadth.market_conditions(at, days, closes, self.groups, self._series.tick_sizes)
        if conditions:
            self._store.add_conditions(conditions)

    async def _analyse_by_timeframe(self, bars: Sequence[Bar]) -> None:
        ordered = sorted(bars, key=lambda bar: (bar.timeframe, bar.start, bar.symbol))
        for _, group in groupby(ordered, key=lambda bar: (bar.timeframe, bar.start)):
            await self._analyse_group(list(group))

    async def _analyse_group(self, bars: Sequence[Bar]) -> None:
        """Of one timeframe and start: all of them are in the ring before the first is compared with the others."""
        from_days = bars[0].timeframe in spans.FROM_DAYS
        for portion in _portions(bars):
            for bar in portion:
                self._series.add(self._from_days.adjusted_for_splits(bar) if from_days else bar)
            if len(bars) > AT_ONCE:
                await asyncio.sleep(0)
        growth = self._benchmark_growth(bars[0])
        for portion in _portions(bars):
            await self._store.wait_for_space()
            self._analyse_portion(portion, growth)
            await asyncio.sleep(0)

    def _analyse_portion(self, bars: Sequence[Bar], growth: float) -> None:
        """`growth`: of the benchmark; NaN where there is none."""
        analysis = self._analyse(bars, growth) if bars[0].timeframe in self._timeframes else NOTHING
        outcomes = self.outcomes.update(bars)
        series = self._series.timeframe(bars[0].timeframe)
        for event in analysis.patterns:
            outcomes.append(new_outcome(event))
            # What a mended bar shows stands at the newest one all the same.
            self.outcomes.follow(outcomes[-1], series.newest_of(event.symbol))
        combos = [
            combo for combo in self.confluence.detect(analysis.patterns) if not self._deduplicator.contains(combo)
        ]
        new, updated = self._deduplicator.classify([*analysis.patterns, *combos])
        self.expiries.add([*new, *updated])
        symbols_due = self._symbols_due(bars)
        self._store.offer(
            bars,
            [*analysis.patterns, *combos],
            [event for event in analysis.indicators if event.symbol in symbols_due],
            [event for event in analysis.indicators if event.symbol not in symbols_due],
            outcomes,
            [*new, *updated],
        )

    def _benchmark_growth(self, bar: Bar) -> float:
        """Of the benchmark, as a bar of that timeframe and start is compared with it."""
        if bar.timeframe not in self._timeframes:
            return math.nan
        length = spans.SECONDS.get(bar.timeframe, DAY)
        series, since = self._series.timeframe(bar.timeframe), bar.start - FRESH_BARS * length
        return series.benchmark_growth(studies.BENCHMARK, studies.STRENGTH_BARS, since)

    def _analyse(self, bars: Sequence[Bar], growth: float) -> Analysis:
        benchmark = None if math.isnan(growth) else np.full(len(bars), growth)
        panel = self._series.timeframe(bars[0].timeframe).panel([bar.symbol for bar in bars])
        return analyse(panel, self.thresholds, benchmark, stopwatch=self.stopwatch)

    def _symbols_due(self, bars: Sequence[Bar]) -> set[str]:
        if bars[0].timeframe != "1min":
            return {bar.symbol for bar in bars}
        now = time.monotonic()
        symbols = {
            bar.symbol for bar in bars if now - self._published_at.get(bar.symbol, -PUBLISH_SECONDS) >= PUBLISH_SECONDS
        }
        self._published_at.update(dict.fromkeys(symbols, now))
        return symbols


def _portions(bars: Sequence[Bar]) -> Iterable[Sequence[Bar]]:
    return (bars[first : first + AT_ONCE] for first in range(0, len(bars), AT_ONCE))
