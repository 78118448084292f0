"""Brings the rows for scans up to the stored bars: at every start, and for symbols whose bars were loaded."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from app import db
from app.db import corporate_actions
from app.db.pools import Pool
from app.engine.startup.history import fill_series, stored_bars
from app.engine.storage import latest as latest_queries
from app.engine.storage.latest import StoredLatest
from app.engine.storage.store import Store
from app.finance import periods
from app.finance.bar_series import BarSeries
from app.finance.bars import Timeframe
from app.finance.columns import CLOSE, Columns
from app.finance.panel import usual_bars
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import MINUTE
from app.rules.latest_bars import AT_ONCE, LatestBars
from app.rules.latest_row import LatestRow
from app.wire.backoff import Backoff

StoredRows = Mapping[tuple[str, str, bool], StoredLatest]
NEWER_BARS = 8
"""Bars of a symbol in memory that may be newer than the stored ones."""


class LatestRefresh:
    def __init__(self, pool: Pool, series: SeriesByTimeframe, latest: LatestBars, store: Store) -> None:
        self._pool = pool
        self._series = series
        self._latest = latest
        self._store = store

    async def run(self) -> None:
        """Computes the rows that are missing or of an earlier bar, while the engine works."""
        if not self._latest.has_table:
            return
        before = await self._stored_rows()
        for timeframe in periods.TIMEFRAMES:
            await self._refresh(timeframe, list(self._series.timeframe(timeframe).rows), before)

    async def reload(self, symbols: Sequence[str]) -> None:
        """Reads the stored bars of these symbols again, and computes their rows. Raises db.Unavailable."""
        await self._store.wait_stored()
        for portion in _portions(symbols):
            async with self._pool.acquire() as connection:
                self._series.set_splits(await corporate_actions.every_split(connection))
                bars = await stored_bars(connection, portion)
            self._replace(portion, *bars)
        for timeframe in periods.TIMEFRAMES:
            await self._refresh(timeframe, symbols, {})

    def _replace(self, symbols: Sequence[str], days: Columns, minutes: Columns) -> None:
        """Bars that closed since the stored ones were read stay."""
        all_series = [self._series.timeframe(timeframe) for timeframe in periods.TIMEFRAMES]
        newest = [bar for series in all_series for symbol in symbols for bar in series.last(symbol, NEWER_BARS)]
        fill_series(self._series, days, minutes)
        starts = {(each.timeframe, symbol): each.newest_of(symbol) for each in all_series for symbol in each.rows}
        self._series.extend(bar for bar in newest if bar.start > starts[bar.timeframe, bar.symbol])

    async def _stored_rows(self) -> StoredRows:
        backoff = Backoff()
        while True:
            try:
                async with self._pool.acquire() as connection:
                    return await latest_queries.rows(connection)
            except db.Unavailable:
                await backoff.wait()

    async def _refresh(self, timeframe: Timeframe, symbols: Sequence[str], before: StoredRows) -> None:
        series, until = self._series.timeframe(timeframe), self._newest()
        lacking = [
            symbol
            for symbol in symbols
            if symbol in series.rows and before.get((symbol, timeframe, False)) != _newest_closed(series, symbol, until)
        ]
        market = await self._latest.market(timeframe) if lacking else None
        for portion in _portions(lacking):
            await self._store.wait_for_space()
            starts = [series.newest_of(symbol) for symbol in portion]
            rows = await self._latest.closed(timeframe, portion, market, until)
            # A bar that closed meanwhile has a row of its own already.
            same = {symbol for symbol, start in zip(portion, starts, strict=True) if series.newest_of(symbol) == start}
            self._store.offer(latest=[row for row in rows if row.symbol in same and not _is_older(row, before)])
            await asyncio.sleep(0)

    def _newest(self) -> float:
        """The newest market time of which a bar is known."""
        days, minutes = (self._series.timeframe(timeframe).newest() for timeframe in ("daily", "1min"))
        return max(periods.end("daily", days) if days else 0.0, minutes + MINUTE)


def _newest_closed(series: BarSeries, symbol: str, until: float) -> StoredLatest | None:
    """What is stored of it. `until`: bars that end later are not over."""
    count = series.end_of(symbol, until)
    if not count:
        return None
    start, close = series.columns(symbol)[[0, CLOSE], count - 1].tolist()
    return StoredLatest(periods.end(series.timeframe, start), min(count, usual_bars(series.timeframe)), close)


def _is_older(row: LatestRow, before: StoredRows) -> bool:
    """Whether it is of a day that another one has followed, which is stored as it stands."""
    return row.running and row.key in before and before[row.key].at > row.at


def _portions(symbols: Sequence[str]) -> Iterator[Sequence[str]]:
    return (symbols[first : first + AT_ONCE] for first in range(0, len(symbols), AT_ONCE))
