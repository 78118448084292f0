"""Computes the rows for scans in the background: of bars that closed, and of the days as they stand."""

import asyncio
import time
from collections.abc import Iterable, Sequence

from app.engine.storage.store import Store
from app.finance.bars import Bar, Timeframe
from app.rules.latest_bars import AT_ONCE, LatestBars

SETTLE_SECONDS = 0.05
"""Bars that close within that time are computed together, after they are stored and published."""
PAUSES = 4.0
"""Pause after each computation, in its own durations: rows hold the newest values alone, so that a feed that is faster
than the market, or one that catches up, costs no more for it."""


class LatestUpdates:
    def __init__(self, latest: LatestBars, store: Store) -> None:
        self._latest = latest
        self._store = store
        self._closed: dict[Timeframe, dict[str, None]] = {}
        """Symbols with a new bar, in the order of closing."""
        self._days: Sequence[Bar] = ()
        """The running days of all symbols at `_days_at`, market time."""
        self._days_at = 0.0
        self._running: dict[str, None] = {}
        """Symbols whose running day changed."""
        self._changed = asyncio.Event()

    def add_closed(self, timeframe: Timeframe, symbols: Iterable[str]) -> None:
        if self._latest.has_table:
            self._closed.setdefault(timeframe, {}).update(dict.fromkeys(symbols))
            self._changed.set()

    def add_running(self, days: Sequence[Bar], symbols: Iterable[str], at: float) -> None:
        """`days`: of all symbols; `symbols`: those with a new minute, which ended at `at`."""
        if self._latest.has_table:
            self._days, self._days_at = days, at
            self._running.update(dict.fromkeys(symbols))
            self._changed.set()

    async def run(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            began = time.monotonic()
            await self.compute()
            await asyncio.sleep(PAUSES * (time.monotonic() - began))

    async def compute(self) -> None:
        """Offers the rows of everything that changed to be stored."""
        self._changed.clear()
        closed, self._closed = self._closed, {}
        for timeframe, symbols in closed.items():
            await self._compute_closed(timeframe, list(symbols))
        running, self._running = self._running, {}
        if running:
            await self._store.wait_for_space()
            self._store.offer(latest=await self._latest.running(self._days, running, self._days_at))

    async def _compute_closed(self, timeframe: Timeframe, symbols: Sequence[str]) -> None:
        market = await self._latest.market(timeframe)
        for first in range(0, len(symbols), AT_ONCE):
            await self._store.wait_for_space()
            self._store.offer(latest=await self._latest.closed(timeframe, symbols[first : first + AT_ONCE], market))
