"""Evaluates live rules and keeps the rows for scans in one web process, under a lease, where the market database is not
of our engine."""

import asyncio
from contextlib import suppress
from functools import partial

from app.db import past_market
from app.db.errors import Unavailable
from app.db.lease import Lease
from app.db.pools import Pools
from app.rules.live_rule import MarketNeeds
from app.scans.latest.latest_tables import LatestTables, LeaseLost
from app.scans.latest.stored_series import StoredSeries
from app.scans.matches.stored_market import StoredMarket
from app.wire.cache.outdated import BARS, invalidated_by
from app.wire.events.event import JobStatus, ProcessingChanged, RunChanged
from app.wire.rules.evaluation import MarketState
from app.wire.rules.rule_evaluation import AnnouncedRules, RuleStores

NAME = "live rules"
RENEW_SECONDS = 5.0
REFRESH_SECONDS = 60.0
"""Between two readings of newer bars."""


class LeasedEvaluation:
    def __init__(self, redis_url: str, pools: Pools, stores: RuleStores) -> None:
        self.lease = Lease(pools.own, NAME)
        self._redis_url, self._pools, self._stores = redis_url, pools, stores
        self._bars_changed = asyncio.Event()

    def on_work(self, event: RunChanged | ProcessingChanged | JobStatus) -> tuple[()]:
        """Where stored bars may have changed, whoever evaluates rules reads all of them again."""
        if BARS in invalidated_by(event):
            self._bars_changed.set()
        return ()

    async def run(self) -> None:
        work: asyncio.Task[None] | None = None
        try:
            while True:
                is_holder = await self._is_needed() and await self.lease.take()
                if is_holder and (work is None or work.done()):
                    work = asyncio.create_task(self._evaluate())
                elif not is_holder and work:
                    work.cancel()
                    work = None
                await asyncio.sleep(RENEW_SECONDS)
        finally:
            if work:
                work.cancel()
            await self.lease.release()

    async def _is_needed(self) -> bool:
        """Whether the market has no rows that our engine writes."""
        with suppress(Unavailable):
            return (await self._pools.shape()).latest is None
        return self.lease.is_held

    async def _evaluate(self) -> None:
        bars = StoredSeries(self._pools)
        market, tables = StoredMarket(self._pools, bars), LatestTables(self._pools, bars, self.lease)

        async def read_market(needs: MarketNeeds) -> MarketState | None:
            state = await market.state(needs)
            # Whoever has lost the lease meanwhile publishes no more.
            return state if self.lease.is_held else None

        read_past = partial(past_market.read, self._pools.market)
        evaluation = AnnouncedRules(self._redis_url, self._stores, read_market, read_past)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(evaluation.run())
            has_changed = False
            while True:
                if self._bars_changed.is_set():
                    has_changed = True
                    self._bars_changed.clear()
                    bars.forget()
                with suppress(Unavailable, LeaseLost):
                    await bars.refresh()
                    if has_changed:
                        evaluation.bars_changed()
                    has_changed = False
                    evaluation.bars_closed()
                    await tables.write()
                with suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH_SECONDS):
                        await self._bars_changed.wait()
