"""What live rules are evaluated on where no engine of ours is: stored bars."""

import asyncio
from collections.abc import Mapping

from app.db import symbol_facts
from app.db.earlier_bars import widen
from app.db.errors import Unavailable
from app.db.pools import Pools
from app.finance.bars import Timeframe
from app.finance.matrix import BarMatrix
from app.rules.catalogue import TIMEFRAMES
from app.rules.limits import LOOK_BACK
from app.rules.live_rule import MarketNeeds
from app.rules.market_bars import MarketSnapshot
from app.scans.latest.stored_series import StoredSeries
from app.wire.rules.evaluation import MarketState


class StoredMarket:
    def __init__(self, pools: Pools, bars: StoredSeries) -> None:
        self._pools, self._bars = pools, bars

    async def state(self, needs: MarketNeeds) -> MarketState | None:
        """None before bars have been read, or where the database does not answer."""
        shape, as_of = self._bars.shape, self._bars.until
        if shape is None or not self._bars.readings or not as_of:
            return None
        try:
            await self._widen(needs.bars)
            async with self._pools.market.acquire() as connection:
                detections = await symbol_facts.detections(connection, shape, as_of) if needs.detections else []
        except Unavailable:
            return None
        prefixes = frozenset(prefix for prefix, name in TIMEFRAMES.items() if self._bars.series.timeframe(name).rows)
        async with self._bars.lock:
            matrices = await asyncio.to_thread(self._matrices, needs.prefixes & prefixes, as_of)
        facts = self._bars.facts
        snapshot = MarketSnapshot(matrices, facts.words, facts.caps, detections, as_of)
        return MarketState(snapshot, as_of, facts.inactive, prefixes)

    async def _widen(self, bars: Mapping[str, int]) -> None:
        """Reads earlier bars once for rules that look far back."""
        for prefix, count in bars.items():
            series = self._bars.series.timeframe(TIMEFRAMES[prefix])
            if series.bars < count:
                async with self._bars.lock:
                    await widen(self._pools.market, series, LOOK_BACK)

    def _matrices(self, prefixes: frozenset[str], as_of: float) -> dict[Timeframe, BarMatrix]:
        matrices = {}
        for timeframe in (TIMEFRAMES[prefix] for prefix in prefixes):
            series = self._bars.series.timeframe(timeframe)
            running = self._bars.running_days() if timeframe == "daily" else []
            symbols = list(dict.fromkeys([*series.rows, *(bar.symbol for bar in running)]))
            matrices[timeframe] = series.matrix(symbols, running, series.bars, as_of)
        return matrices
