"""What happens when bars close: all that close at once are looked at together."""

import asyncio
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

import numpy as np

from app.engine.analysis import breadth
from app.engine.analysis.analyse import NOTHING, Analysis, analyse
from app.engine.analysis.confluence import Combos
from app.engine.analysis.deduplicate import Told
from app.engine.analysis.expiry import Expiries
from app.engine.analysis.outcomes import Outcomes, begun
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_series import Series
from app.engine.bars.longer_bars import Longer
from app.engine.monitoring.metrics import Stopwatch
from app.engine.storage.store import Store
from app.finance import spans, studies
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.shares import Splits

TELL_SECONDS = 1.0
"""A symbol's indicators of a minute are published at most that often; stored they always are."""
AT_ONCE = 250
"""Symbols that are analysed without letting others have the loop: some fifty milliseconds."""
DAY_SETTLES = 3600.0
"""After a session, before weeks and months that end with it are over for symbols that had no bar on its day."""
FRESH_BARS = 30
"""A symbol that has had no bar for so long does not count for the growth of all, and is no benchmark."""


class Close:
    def __init__(self, series: Series, store: Store, thresholds: Thresholds, timeframes: Collection[Timeframe]) -> None:
        self.thresholds = thresholds
        self.outcomes = Outcomes()
        self.combos = Combos()
        self.expiries = Expiries()
        self.groups = breadth.Groups()
        self.stopwatch = Stopwatch()
        self._series = series
        self._store = store
        self._timeframes = frozenset(timeframes)
        self._hours = Longer(series.ring("1min"), spans.FROM_MINUTES)
        self._weeks = Longer(series.ring("daily"), spans.FROM_DAYS)
        self._told: dict[str, float] = {}
        self._told_of = Told()

    async def bars(self, over: Iterable[Bar]) -> None:
        """Minutes and days, in any order; a bar that was given before is mended. Waits while too much waits in the
        store, and lets others have the loop between portions of the symbols."""
        newest = {(bar.timeframe, bar.start, bar.symbol): bar for bar in over}
        ordered = [newest[key] for key in sorted(newest)]
        for (timeframe, _), group in groupby(ordered, key=lambda bar: (bar.timeframe, bar.start)):
            bars = list(group)
            await self._look(bars)
            longer = self._hours.hear(bars) if timeframe == "1min" else self._weeks.hear(bars)
            await self._look_by_timeframe(longer)
            if timeframe == "daily":
                # A week that is not over is stored as far as it went, and is analysed when it is.
                self._store.offer(self._weeks.so_far(bar.symbol for bar in bars))

    def stored(self, bar: Bar) -> bool:
        """Whether the minute is known as it is, from the database."""
        own = self._series.ring("1min").bar_at(bar.symbol, bar.start)
        return own is not None and own._replace(ticks=bar.ticks) == bar

    def remember(self, bars: Iterable[Bar]) -> None:
        """Minutes that are stored and were looked at by a process before this one. It did not store of how many ticks
        they were made, and longer bars that they are part of may not be over."""
        for bar in sorted(bars, key=lambda bar: bar.start):
            self._series.add(bar)
            self._hours.hear([bar])

    def split(self, splits: Splits) -> None:
        """What is known of splits now: bars stay as they were traded, and are compared in one share."""
        self._series.split(splits)
        self.outcomes.splits = splits

    def quote_in(self, tick_sizes: Mapping[str, float]) -> None:
        """What the instruments' tick sizes are now, by symbol: prices that are nearer to each other are equal."""
        self._series.quote_in(tick_sizes)

    async def until(self, ended: float) -> None:
        """By the market clock: longer bars that are over although no shorter one says so. Waits as `bars` does."""
        await self._look_by_timeframe([*self._hours.until(ended), *self._weeks.until(ended - DAY_SETTLES)])

    def expire(self, now: float) -> None:
        """Patterns that no longer hold at that market time are told of."""
        expired = self.expiries.until(now)
        if expired:
            self._store.offer(events=expired)
            self._store.expired_until(now)

    def stand(self, at: float, days: Sequence[Bar]) -> None:
        """Breadth at the end of a minute, from the running daily bars."""
        closes = {}
        ring = self._series.ring("daily")
        for bar in days:
            before = ring.last_before(bar.symbol, bar.start)
            if before:
                closes[bar.symbol] = before
        found = breadth.conditions(at, days, closes, self.groups, self._series.tick_sizes)
        if found:
            self._store.note(found)

    async def _look_by_timeframe(self, bars: Sequence[Bar]) -> None:
        ordered = sorted(bars, key=lambda bar: (bar.timeframe, bar.start, bar.symbol))
        for _, group in groupby(ordered, key=lambda bar: (bar.timeframe, bar.start)):
            await self._look(list(group))

    async def _look(self, bars: Sequence[Bar]) -> None:
        """Of one timeframe and start: all of them are in the ring before the first is compared with the others."""
        from_days = bars[0].timeframe in spans.FROM_DAYS
        for portion in _portions(bars):
            for bar in portion:
                self._series.add(self._weeks.in_one_share(bar) if from_days else bar)
            if len(bars) > AT_ONCE:
                await asyncio.sleep(0)
        growth = self._growth(bars[0])
        for portion in _portions(bars):
            await self._store.room()
            self._look_at(portion, growth)
            await asyncio.sleep(0)

    def _look_at(self, bars: Sequence[Bar], growth: float) -> None:
        """`growth`: of the benchmark; NaN where there is none."""
        analysis = self._analysed(bars, growth) if bars[0].timeframe in self._timeframes else NOTHING
        changed = self.outcomes.hear(bars)
        ring = self._series.ring(bars[0].timeframe)
        for event in analysis.patterns:
            changed.append(begun(event))
            # What a mended bar shows stands at the newest one all the same.
            self.outcomes.follow(changed[-1], ring.newest_of(event.symbol))
        combos = [combo for combo in self.combos.hear(analysis.patterns) if not self._told_of.knows(combo)]
        new, updated = self._told_of.sort([*analysis.patterns, *combos])
        self.expiries.follow([*new, *updated])
        tell = self._worth_telling(bars)
        self._store.offer(
            bars,
            [*analysis.patterns, *combos],
            [event for event in analysis.indicators if event.symbol in tell],
            [event for event in analysis.indicators if event.symbol not in tell],
            changed,
            [*new, *updated],
        )

    def _growth(self, bar: Bar) -> float:
        """Of the benchmark, as a bar of that timeframe and start is compared with it."""
        if bar.timeframe not in self._timeframes:
            return math.nan
        length = spans.SECONDS.get(bar.timeframe, DAY)
        ring, since = self._series.ring(bar.timeframe), bar.start - FRESH_BARS * length
        return ring.benchmark_growth(studies.BENCHMARK, studies.STRENGTH_BARS, since)

    def _analysed(self, bars: Sequence[Bar], growth: float) -> Analysis:
        benchmark = None if math.isnan(growth) else np.full(len(bars), growth)
        panel = self._series.ring(bars[0].timeframe).panel([bar.symbol for bar in bars])
        return analyse(panel, self.thresholds, benchmark, stopwatch=self.stopwatch)

    def _worth_telling(self, bars: Sequence[Bar]) -> set[str]:
        if bars[0].timeframe != "1min":
            return {bar.symbol for bar in bars}
        now = time.monotonic()
        worth = {bar.symbol for bar in bars if now - self._told.get(bar.symbol, -TELL_SECONDS) >= TELL_SECONDS}
        self._told.update(dict.fromkeys(worth, now))
        return worth


def _portions(bars: Sequence[Bar]) -> Iterable[Sequence[Bar]]:
    return (bars[first : first + AT_ONCE] for first in range(0, len(bars), AT_ONCE))
