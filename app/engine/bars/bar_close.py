"""Analyses bars when they close: all bars of one timeframe and start time together."""

import asyncio
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

import numpy as np

from app.engine.analysis import breadth, indicator_alerts
from app.engine.analysis.analyse import NOTHING, Analysis, analyse
from app.engine.analysis.confluence import Confluence
from app.engine.analysis.deduplicate import Deduplicator
from app.engine.analysis.expiry import PatternExpiry
from app.engine.analysis.outcomes import OutcomeTracker, new_outcome
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.latest_updates import LatestUpdates
from app.engine.bars.longer_bars import BarAggregator
from app.engine.monitoring.metrics import Stopwatch
from app.engine.storage.store import Store
from app.finance import periods, studies
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.panel import Floats, Panel
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import MINUTE
from app.finance.shares import Splits
from app.rules.latest_bars import LatestBars

PUBLISH_SECONDS = 1.0
"""Indicators of a symbol's minutes are published at most that often; all are stored."""
AT_ONCE = 250
"""Symbols that are analysed together: about 50 ms."""
DAY_SETTLES = 3600.0
"""Seconds after a session before weeks and months that end with it close for symbols without a bar on its day."""
FRESH_BARS = 30
"""A symbol without a bar for so long does not count for the mean growth, nor as the benchmark."""


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
        self.latest = LatestBars(series)
        self.latest_updates = LatestUpdates(self.latest, store)
        self._series = series
        self._store = store
        self._timeframes = frozenset(timeframes)
        self._from_minutes = BarAggregator(series.timeframe("1min"), periods.FROM_MINUTES)
        self._from_days = BarAggregator(series.timeframe("daily"), periods.FROM_DAYS)
        self._breadth_at = 0.0
        """Start of the minute at whose end breadth was last stored."""
        self._published_at: dict[str, float] = {}
        self._deduplicator = Deduplicator()

    async def analyse(self, over: Iterable[Bar]) -> None:
        """Minutes and days in any order; a bar with a known start is a correction. Waits while the write queue is full,
        and yields to the event loop between portions."""
        newest = {(bar.timeframe, bar.start, bar.symbol): bar for bar in over}
        ordered = [newest[key] for key in sorted(newest)]
        for (timeframe, _), group in groupby(ordered, key=lambda bar: (bar.timeframe, bar.start)):
            bars = list(group)
            await self._analyse_group(bars)
            longer = self._from_minutes.add(bars) if timeframe == "1min" else self._from_days.add(bars)
            await self._analyse_by_timeframe(longer)
            if timeframe == "daily":
                # An unfinished week or month is stored as it is, and analysed when it is complete.
                self._store.offer(self._from_days.running_bars(bar.symbol for bar in bars))

    def is_stored(self, bar: Bar) -> bool:
        """Whether the same minute bar was restored from the database."""
        own = self._series.timeframe("1min").bar_at(bar.symbol, bar.start)
        return own is not None and own._replace(ticks=bar.ticks) == bar

    def restore_minutes(self, bars: Iterable[Bar]) -> None:
        """Minutes that an earlier process stored and analysed, without their number of ticks; longer bars may still
        need them."""
        for bar in sorted(bars, key=lambda bar: bar.start):
            self._series.add(bar)
            self._from_minutes.add([bar])

    def set_splits(self, splits: Splits) -> None:
        """Sets the splits by symbol. Bars stay as traded, and are adjusted when they are compared."""
        self._series.set_splits(splits)
        self.outcomes.splits = splits

    def set_tick_sizes(self, tick_sizes: Mapping[str, float]) -> None:
        """Sets the tick sizes by symbol: prices less than a tick apart are equal."""
        self._series.set_tick_sizes(tick_sizes)

    async def analyse_until(self, ended: float) -> None:
        """Analyses longer bars that are over at that market time. Waits as `analyse` does."""
        await self._analyse_by_timeframe(
            [*self._from_minutes.complete_until(ended), *self._from_days.complete_until(ended - DAY_SETTLES)]
        )

    def expire(self, now: float) -> None:
        """Publishes the expiry of patterns at that market time."""
        expired = self.expiries.pop_expired(now)
        if expired:
            self._store.offer(events=expired)
            self._store.set_expired_until(now)

    def record_minute(self, minutes: Sequence[Bar], days: Sequence[Bar]) -> None:
        """Stores the market breadth at the end of the newest of these minutes, and the days of their symbols as they
        stand. `days`: the running daily bars of all symbols."""
        newest = max(bar.start for bar in minutes)
        if newest != self._breadth_at:
            self._breadth_at = newest
            self._record_breadth(newest + MINUTE, days)
        self.latest_updates.add_running(days, (bar.symbol for bar in minutes), newest + MINUTE)

    def _record_breadth(self, at: float, days: Sequence[Bar]) -> None:
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
        """Bars of one timeframe and start: all are added before the first one is analysed."""
        from_days = bars[0].timeframe in periods.FROM_DAYS
        for portion in _portions(bars):
            for bar in portion:
                self._series.add(self._from_days.adjusted_for_splits(bar) if from_days else bar)
            if len(bars) > AT_ONCE:
                await asyncio.sleep(0)
        growth = self._benchmark_growth(bars[0])
        for portion in _portions(bars):
            await self._store.wait_for_space()
            self._offer(portion, await self._analyse(portion, growth))
            await asyncio.sleep(0)
        self.latest_updates.add_closed(bars[0].timeframe, (bar.symbol for bar in bars))

    def _offer(self, bars: Sequence[Bar], analysis: Analysis) -> None:
        """Stores and publishes the bars with what was found in them."""
        outcomes = self.outcomes.update(bars)
        series = self._series.timeframe(bars[0].timeframe)
        for event in analysis.patterns:
            outcomes.append(new_outcome(event))
            # A pattern in a corrected bar is followed from the newest bar on.
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
            [*new, *updated, *analysis.alerts],
        )

    def _benchmark_growth(self, bar: Bar) -> float:
        """Growth of the benchmark for the analysis of that bar; NaN without one."""
        if bar.timeframe not in self._timeframes:
            return math.nan
        length = periods.SECONDS.get(bar.timeframe, DAY)
        series, since = self._series.timeframe(bar.timeframe), bar.start - FRESH_BARS * length
        return series.benchmark_growth(studies.BENCHMARK, studies.STRENGTH_BARS, since)

    async def _analyse(self, bars: Sequence[Bar], growth: float) -> Analysis:
        """In a thread: TA-Lib would block the event loop. `growth`: of the benchmark; NaN without one."""
        if bars[0].timeframe not in self._timeframes:
            return NOTHING
        benchmark = None if math.isnan(growth) else np.full(len(bars), growth)
        panel = self._series.timeframe(bars[0].timeframe).panel([bar.symbol for bar in bars])
        analysis = await asyncio.to_thread(_analyse_with_alerts, panel, self.thresholds, benchmark)
        self.stopwatch.close(analysis.indicator_seconds, analysis.pattern_seconds)
        return analysis

    def _symbols_due(self, bars: Sequence[Bar]) -> set[str]:
        if bars[0].timeframe != "1min":
            return {bar.symbol for bar in bars}
        now = time.monotonic()
        symbols = {
            bar.symbol for bar in bars if now - self._published_at.get(bar.symbol, -PUBLISH_SECONDS) >= PUBLISH_SECONDS
        }
        self._published_at.update(dict.fromkeys(symbols, now))
        return symbols


def _analyse_with_alerts(panel: Panel, thresholds: Thresholds, benchmark: Floats | None) -> Analysis:
    analysis = analyse(panel, thresholds, benchmark)
    return analysis._replace(alerts=indicator_alerts.alerts(panel, analysis.indicators))


def _portions(bars: Sequence[Bar]) -> Iterable[Sequence[Bar]]:
    return (bars[first : first + AT_ONCE] for first in range(0, len(bars), AT_ONCE))
