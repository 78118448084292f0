"""What live rules are evaluated on: the bars in memory, with the days as they stand, and what is stored of symbols."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from app import db
from app.db import market, symbol_facts
from app.db.pools import Pool
from app.db.symbol_facts import NO_FACTS
from app.engine.analysis.expiry import PatternExpiry
from app.finance import periods
from app.finance.bar_series import BarSeries, SeriesByTimeframe
from app.finance.bars import Bar, Timeframe
from app.finance.detections import DetectedPattern
from app.finance.matrix import BarMatrix
from app.finance.panel import WIDTH
from app.finance.sessions import MINUTE
from app.rules.catalogue import TIMEFRAMES
from app.rules.live_rule import MarketNeeds
from app.rules.market_bars import MarketSnapshot
from app.wire.rules.evaluation import MarketState

AT_ONCE = 250
"""Symbols whose bars are copied without a pause: some milliseconds."""
FACTS_SECONDS = 60.0


class LiveMarket:
    def __init__(
        self,
        pool: Pool,
        series: SeriesByTimeframe,
        expiries: PatternExpiry,
        running_days: Callable[[], Sequence[Bar]],
    ) -> None:
        self._pool = pool
        self._series = series
        self._expiries = expiries
        self._running_days = running_days
        self._facts = NO_FACTS
        self._detections: list[DetectedPattern] = []
        self._read_at: float | None = None
        self._has_detections = False

    async def state(self, needs: MarketNeeds) -> MarketState | None:
        """None without bars, and while the database is away before it was read once."""
        as_of = self._as_of()
        with suppress(db.Unavailable):
            await self._read_facts(needs.detections, as_of)
        if not as_of or self._read_at is None:
            return None
        matrices = {}
        for prefix in needs.prefixes:
            series = self._series.timeframe(TIMEFRAMES[prefix])
            running = self._running_days() if prefix == "d" else ()
            if series.rows or running:
                matrices[TIMEFRAMES[prefix]] = await matrix_of(series, running)
        snapshot = MarketSnapshot(
            matrices, self._facts.words, self._facts.caps, self._known_detections() if needs.detections else (), as_of
        )
        return MarketState(snapshot, as_of, self._facts.inactive, WIDTH)

    def _as_of(self) -> float:
        """The end of the newest minute or day; 0 without bars."""
        minute, day = (self._series.timeframe(timeframe).newest() for timeframe in ("1min", "daily"))
        return max(minute + MINUTE if minute else 0.0, periods.end("daily", day) if day else 0.0)

    def _known_detections(self) -> list[DetectedPattern]:
        """Those that were stored when they were last read, and what was found since."""
        newest = {(one.symbol, one.pattern, one.timeframe, one.at): one for one in self._detections}
        newest |= {(one.symbol, one.pattern, one.timeframe, one.at): one for one in self._expiries.detected()}
        return list(newest.values())

    async def _read_facts(self, with_detections: bool, as_of: float) -> None:
        now = time.monotonic()
        lacking = with_detections and not self._has_detections
        if self._read_at is not None and now - self._read_at < FACTS_SECONDS and not lacking:
            return
        async with self._pool.acquire() as connection:
            shape = await market.inspect(connection)
            self._facts = await symbol_facts.facts(connection, shape)
            self._detections = await symbol_facts.detections(connection, shape, as_of) if with_detections else []
        self._has_detections, self._read_at = with_detections, now


async def matrix_of(series: BarSeries, running: Sequence[Bar]) -> BarMatrix:
    """All symbols. The bars of one symbol are of one moment, those of different symbols may be some milliseconds
    apart."""
    symbols = list(dict.fromkeys([*series.rows, *(bar.symbol for bar in running)]))
    by_symbol = {bar.symbol: bar for bar in running}
    parts = []
    for first in range(0, len(symbols), AT_ONCE):
        portion = symbols[first : first + AT_ONCE]
        parts.append(series.matrix(portion, [by_symbol[symbol] for symbol in portion if symbol in by_symbol]))
        await asyncio.sleep(0)
    return await asyncio.to_thread(joined, series.timeframe, symbols, parts)


def joined(timeframe: Timeframe, symbols: Sequence[str], parts: Sequence[BarMatrix]) -> BarMatrix:
    """One after the other, all of one width."""
    fields = zip(*(part[2:] for part in parts), strict=True)
    return BarMatrix(timeframe, symbols, *(np.concatenate(arrays) for arrays in fields))
