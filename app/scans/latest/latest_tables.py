"""Our own tables of newest bars, for a market database that has none: kept by the holder of a lease."""

import asyncio
from collections.abc import Iterator, Sequence

from app.db import corporate_actions
from app.db.lease import Lease
from app.db.pools import Pools
from app.finance import periods
from app.finance.bar_series import BarSeries
from app.finance.bars import Bar, Timeframe
from app.finance.columns import CLOSE, VOLUME
from app.rules.latest_bars import AT_ONCE, LatestBars
from app.rules.latest_row import LatestRow
from app.scans.latest import queries
from app.scans.latest.stored_series import StoredSeries

NewestBar = tuple[float, ...]
"""What tells whether a row is of it: start, close, volume and number of bars."""


class LeaseLost(Exception):
    """Another process keeps the tables now."""


class LatestTables:
    def __init__(self, pools: Pools, bars: StoredSeries, lease: Lease) -> None:
        self._pools, self._bars, self._lease = pools, bars, lease
        self._readings = 0
        """Of the bars, at the last writing."""
        self._stored_bars: dict[tuple[str, Timeframe, bool], NewestBar] = {}
        """By symbol, timeframe and whether it is the running day."""
        self._latest = LatestBars(bars.series)
        self._latest.has_table = True

    async def write(self) -> None:
        """Stores the rows of bars that are newer than the stored ones. Raises Unavailable, LeaseLost."""
        is_whole = self._readings != self._bars.readings
        if is_whole:
            self._stored_bars = {}
        for timeframe in periods.TIMEFRAMES:
            await self._write_closed(timeframe)
        await self._write_running()
        if is_whole:
            await self._write_facts()
            self._readings = self._bars.readings

    async def _write_closed(self, timeframe: Timeframe) -> None:
        series, until = self._bars.series.timeframe(timeframe), self._bars.until
        bars = await asyncio.to_thread(_closed, series, until)
        before = self._stored_bars
        newer = {symbol: bar for symbol, bar in bars.items() if before.get((symbol, timeframe, False)) != bar}
        market = await self._latest.market(timeframe) if newer else None
        for portion in _portions(list(newer)):
            await self._store(await self._latest.closed(timeframe, portion, market, until))
            self._stored_bars |= {(symbol, timeframe, False): newer[symbol] for symbol in portion}

    async def _write_running(self) -> None:
        days = {bar.symbol: bar for bar in await asyncio.to_thread(self._bars.running_days)}
        newer = {
            symbol: newest
            for symbol, bar in days.items()
            if self._stored_bars.get((symbol, "daily", True)) != (newest := _running(bar))
        }
        rows = await self._latest.running(list(days.values()), newer, self._bars.until)
        for first in range(0, len(rows), AT_ONCE):
            portion = rows[first : first + AT_ONCE]
            await self._store(portion)
            self._stored_bars |= {(row.symbol, "daily", True): newer[row.symbol] for row in portion}

    async def _store(self, rows: Sequence[LatestRow]) -> None:
        if not rows:
            return
        async with self._pools.own.transaction() as connection:
            if not await self._lease.holds(connection):
                raise LeaseLost
            await queries.put_rows(connection, rows)

    async def _write_facts(self) -> None:
        """Last, since they say that the rows are complete."""
        names = self._bars.symbols
        async with self._pools.market.acquire() as connection:
            facts = await queries.facts(connection, await self._pools.shape(), names)
            splits = await corporate_actions.every_split(connection)
        async with self._pools.own.transaction() as connection:
            if not await self._lease.holds(connection):
                raise LeaseLost
            for timeframe in periods.TIMEFRAMES:
                rows = self._bars.series.timeframe(timeframe).rows
                # A symbol may have a running day without a day before.
                own = self._bars.symbols if timeframe == "daily" else rows.keys()
                await queries.keep_rows(connection, timeframe, own)
            await queries.put_facts(connection, facts._replace(splits=queries.split_rows(splits, names)))


def _closed(series: BarSeries, until: float) -> dict[str, NewestBar]:
    """By symbol, the newest bar that ended by then."""
    bars: dict[str, NewestBar] = {}
    for symbol in series.rows:
        if count := series.end_of(symbol, until):
            start, close, volume = series.columns(symbol)[[0, CLOSE, VOLUME], count - 1].tolist()
            bars[symbol] = (start, close, volume, float(count))
    return bars


def _running(bar: Bar) -> NewestBar:
    return bar.start, bar.close, float(bar.volume)


def _portions(symbols: Sequence[str]) -> Iterator[Sequence[str]]:
    return (symbols[first : first + AT_ONCE] for first in range(0, len(symbols), AT_ONCE))
