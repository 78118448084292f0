"""What live rules are evaluated on where no engine of ours is: stored daily bars."""

import asyncio
import time
from collections.abc import Sequence

import numpy as np

from app.db import corporate_actions, symbol_facts
from app.db.errors import Unavailable
from app.db.market import MarketShape
from app.db.pools import Pools
from app.db.symbol_facts import NO_FACTS
from app.finance import columns, periods, shares
from app.finance.bars import Timeframe
from app.finance.columns import Columns
from app.finance.matrix import BarMatrix, from_columns
from app.finance.panel import WIDTH, Floats
from app.rules.catalogue import TIMEFRAMES
from app.rules.live_rule import MarketNeeds
from app.rules.market_bars import MarketSnapshot
from app.scans.matches import queries
from app.wire.rules.evaluation import MarketState

AT_ONCE = 200
"""Symbols of one statement."""
WHOLE_SECONDS = 900.0
"""After which all bars are read again, and not only the newest."""
NEWEST = 2
"""Bars of a symbol that are read every time."""
BARS = 640
"""Days that are read of a symbol: 128 weeks, 30 months."""
PREFIXES = frozenset("d") | {prefix for prefix, name in TIMEFRAMES.items() if name in periods.FROM_DAYS}


class StoredMarket:
    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._days: dict[str, Floats] = {}
        """(fields, bars) of each symbol, oldest first."""
        self._read_at: float | None = None
        self._facts = NO_FACTS
        self._splits: shares.Splits = shares.NONE

    async def state(self, needs: MarketNeeds) -> MarketState | None:
        """None without bars, or where the database does not answer."""
        try:
            shape = await self._pools.shape()
            await self._read(shape)
            as_of = max((periods.end("daily", float(own[0, -1])) for own in self._days.values()), default=0.0)
            async with self._pools.market.acquire() as connection:
                detections = await symbol_facts.detections(connection, shape, as_of) if needs.detections else []
        except Unavailable:
            return None
        if not self._days:
            return None
        matrices = await asyncio.to_thread(self._matrices, needs)
        snapshot = MarketSnapshot(matrices, self._facts.words, self._facts.caps, detections, as_of)
        return MarketState(snapshot, as_of, self._facts.inactive, WIDTH, PREFIXES)

    def _matrices(self, needs: MarketNeeds) -> dict[Timeframe, BarMatrix]:
        names = list(self._days)
        firsts = np.cumsum([0, *(own.shape[1] for own in self._days.values())])[:-1]
        days = Columns("daily", names, firsts, np.concatenate(list(self._days.values()), axis=1))
        matrices = {}
        for timeframe in (TIMEFRAMES[prefix] for prefix in needs.prefixes & PREFIXES):
            own = days if timeframe == "daily" else columns.merge(days, timeframe, self._splits)
            matrices[timeframe] = from_columns(own, WIDTH, self._splits)
        return matrices

    async def _read(self, shape: MarketShape) -> None:
        now = time.monotonic()
        whole = self._read_at is None or now - self._read_at > WHOLE_SECONDS
        if whole:
            async with self._pools.market.acquire() as connection:
                names: Sequence[str] = await queries.symbols(connection, shape)
                self._facts = await symbol_facts.facts(connection, shape)
                self._splits = await corporate_actions.every_split(connection)
            self._days = {}
        else:
            names = list(self._days)
        for first in range(0, len(names), AT_ONCE):
            async with self._pools.market.acquire() as connection:
                portion = names[first : first + AT_ONCE]
                newest = await queries.newest_days(connection, shape, portion, BARS if whole else NEWEST)
            for symbol, own in newest.each():
                self._days[symbol] = own if whole else _joined(self._days[symbol], own)
        if whole:
            self._read_at = now


def _joined(days: Floats, newest: Floats) -> Floats:
    """With the newest ones in the place of those of the same day."""
    return np.concatenate([days[:, days[0] < newest[0, 0]], newest], axis=1)
