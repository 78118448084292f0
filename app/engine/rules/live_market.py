"""What live rules are evaluated on: the bars in memory, with the days as they stand, and what is stored of symbols."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from app import db
from app.db import market, symbol_facts
from app.db.earlier_bars import widen
from app.db.pools import Pool
from app.db.symbol_facts import NO_FACTS
from app.engine.analysis.expiry import PatternExpiry
from app.finance import periods
from app.finance.bar_series import BarSeries
from app.finance.bars import Bar, Timeframe
from app.finance.detections import DetectedPattern
from app.finance.live_matrix import LiveMatrix
from app.finance.matrix import BarMatrix
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import MINUTE
from app.rules.catalogue import TIMEFRAMES
from app.rules.limits import LOOK_BACK
from app.rules.live_rule import MarketNeeds
from app.rules.market_bars import MarketSnapshot
from app.wire.rules.evaluation import MarketState

FACTS_DELAY = 20.0
"""Seconds between the use of what is stored of symbols and its renewal: not at the minute's close, when rules wait."""


class LiveMarket:
    def __init__(
        self,
        pool: Pool,
        series: SeriesByTimeframe,
        expiries: PatternExpiry,
        running_days: Callable[[], Sequence[Bar]],
        facts_delay: float = FACTS_DELAY,
    ) -> None:
        self.is_current = False
        """Whether the bars are as new as those of the engine before this one: its last ticks are read again."""
        self._pool = pool
        self._series = series
        self._expiries = expiries
        self._running_days = running_days
        self._facts_delay = facts_delay
        self._matrices: dict[Timeframe, LiveMatrix] = {}
        self._facts = NO_FACTS
        self._detections: list[DetectedPattern] = []
        self._has_facts = False
        self._has_detections = False
        self._needs_detections = False
        self._reading = asyncio.Lock()
        self._used = asyncio.Event()

    async def run(self) -> None:
        """Reads again what is stored of symbols, each time after it was used."""
        while True:
            await self._used.wait()
            await asyncio.sleep(self._facts_delay)
            self._used.clear()
            await self._read_facts()

    async def state(self, needs: MarketNeeds) -> MarketState | None:
        """None without current bars, and while the database is away before it was read once. It holds until the next
        call."""
        as_of, self._needs_detections = self._as_of() if self.is_current else 0.0, needs.detections
        if not self._has_facts or (needs.detections and not self._has_detections):
            await self._read_facts()
        if not as_of or not self._has_facts:
            return None
        self._used.set()
        for prefix, bars in needs.bars.items():
            await self._widen(self._series.timeframe(TIMEFRAMES[prefix]), bars)
        matrices = await self._update({TIMEFRAMES[prefix] for prefix in needs.prefixes})
        detections = self._known_detections() if needs.detections else ()
        changes = {timeframe: change for timeframe in matrices if (change := self._matrices[timeframe].take_change())}
        snapshot = MarketSnapshot(matrices, self._facts.words, self._facts.caps, detections, as_of, changes)
        return MarketState(snapshot, as_of, self._facts.inactive)

    async def _widen(self, series: BarSeries, bars: int) -> None:
        """Reads earlier bars once for rules that look far back; while the database is away their values are missing."""
        if series.bars < bars:
            with suppress(db.Unavailable):
                await widen(self._pool, series, LOOK_BACK)

    async def _update(self, timeframes: Iterable[Timeframe]) -> dict[Timeframe, BarMatrix]:
        """Of those with bars."""
        matrices = {}
        for timeframe in timeframes:
            series = self._series.timeframe(timeframe)
            own = self._matrices.get(timeframe)
            if own is None or own.series is not series:
                own = self._matrices[timeframe] = LiveMatrix(series)
            running = self._running_days() if timeframe == "daily" else ()
            if series.rows or running:
                matrices[timeframe] = await own.update(running)
        return matrices

    def _as_of(self) -> float:
        """The end of the newest minute or day; 0 without bars."""
        minute, day = (self._series.timeframe(timeframe).newest() for timeframe in ("1min", "daily"))
        return max(minute + MINUTE if minute else 0.0, periods.end("daily", day) if day else 0.0)

    def _known_detections(self) -> list[DetectedPattern]:
        """Those that were stored when they were last read, and what was found since."""
        newest = {(one.symbol, one.pattern, one.timeframe, one.at): one for one in self._detections}
        newest |= {(one.symbol, one.pattern, one.timeframe, one.at): one for one in self._expiries.detected()}
        return list(newest.values())

    async def _read_facts(self) -> None:
        """What was read before stays where the database is away."""
        with suppress(db.Unavailable):
            async with self._reading, self._pool.acquire() as connection:
                with_detections, as_of = self._needs_detections, self._as_of()
                shape = await market.inspect(connection)
                facts = await symbol_facts.facts(connection, shape)
                detections = await symbol_facts.detections(connection, shape, as_of) if with_detections else []
                self._facts, self._detections = facts, detections
                self._has_facts, self._has_detections = True, with_detections
