"""The newest bars in memory as rows for scans: closed ones of every timeframe, and the day as it stands."""

import asyncio
import math
from collections.abc import Collection, Sequence

import numpy as np

from app.finance.bar_series import BarSeries
from app.finance.bars import Bar, Timeframe
from app.finance.matrix import BarMatrix, joined
from app.finance.panel import WIDTH, usual_bars
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.studies import BENCHMARK, STRENGTH_BARS
from app.rules.latest_row import LatestRow
from app.rules.latest_values import MarketValues, latest_values, market_values

AT_ONCE = 250
"""Symbols that are computed together: about 50 ms."""


class LatestBars:
    def __init__(self, series: SeriesByTimeframe) -> None:
        self._series = series
        self._day_starts: dict[str, float] = {}
        """Of the day of each symbol that was last computed as it stands."""
        self.has_table = False
        """Whether the database has a table for the rows; without one nothing is computed."""

    async def market(self, timeframe: Timeframe, running: Sequence[Bar] = ()) -> MarketValues | None:
        """What the values of a group of symbols are measured against, if the benchmark has no bars."""
        series = self._series.timeframe(timeframe)
        if not self.has_table or BENCHMARK in series.rows:
            return None
        symbols = dict.fromkeys([*series.rows, *(bar.symbol for bar in running)])
        width = WIDTH if timeframe == "daily" else STRENGTH_BARS + 2
        return await asyncio.to_thread(_market_values, await _portions(series, list(symbols), running, width))

    async def closed(
        self, timeframe: Timeframe, symbols: Sequence[str], market: MarketValues | None, until: float = math.inf
    ) -> list[LatestRow]:
        """The newest bars of symbols that have one, and of days also as they stand. `market`: of all symbols; `until`:
        market time, at which bars that end later are not over."""
        if not self.has_table or not symbols:
            return []
        series = self._series.timeframe(timeframe)
        rows = await self._rows(series, symbols, (), market, until)
        if timeframe == "daily":
            newest = [row for row in rows if series.newest_of(row.symbol) >= self._day_starts.get(row.symbol, 0.0)]
            rows += [row._replace(running=True) for row in newest]
        return rows

    async def running(self, days: Sequence[Bar], symbols: Collection[str], at: float) -> list[LatestRow]:
        """The days of these symbols as they stand at the end of a minute, except for those that are over. `days`: of
        all symbols."""
        series = self._series.timeframe("daily")
        days = [bar for bar in days if bar.symbol not in series.rows or series.newest_of(bar.symbol) < bar.start]
        own = [bar for bar in days if bar.symbol in symbols]
        if not self.has_table or not own:
            return []
        market = await self.market("daily", days)
        benchmark = [bar for bar in days if bar.symbol == BENCHMARK]
        rows = []
        for first in range(0, len(own), AT_ONCE):
            portion = own[first : first + AT_ONCE]
            self._day_starts.update((bar.symbol, bar.start) for bar in portion)
            rows += await self._rows(series, [bar.symbol for bar in portion], [*portion, *benchmark], market)
        return [row._replace(running=True, at=min(row.at, at)) for row in rows]

    async def _rows(
        self,
        series: BarSeries,
        symbols: Sequence[str],
        running: Sequence[Bar],
        market: MarketValues | None,
        until: float = math.inf,
    ) -> list[LatestRow]:
        has_benchmark = BENCHMARK in series.rows and BENCHMARK not in symbols
        width = usual_bars(series.timeframe)
        matrix = series.matrix([*symbols, BENCHMARK] if has_benchmark else symbols, running, width, until)
        rows = await asyncio.to_thread(latest_rows, matrix, market)
        return [row for row in rows[: len(symbols)] if row.bars]


async def _portions(
    series: BarSeries, symbols: Sequence[str], running: Sequence[Bar], width: int
) -> Sequence[BarMatrix]:
    """Of all symbols, copied with pauses between."""
    by_symbol = {bar.symbol: bar for bar in running}
    parts = []
    for first in range(0, len(symbols), AT_ONCE):
        portion = symbols[first : first + AT_ONCE]
        parts.append(series.matrix(portion, [by_symbol[each] for each in portion if each in by_symbol], width))
        await asyncio.sleep(0)
    return parts


def _market_values(parts: Sequence[BarMatrix]) -> MarketValues | None:
    return market_values(joined(parts)) if parts else None


def latest_rows(matrix: BarMatrix, market: MarketValues | None) -> list[LatestRow]:
    """One a row of the matrix; without bars all of its values are missing."""
    values, counts = latest_values(matrix, market), matrix.counts.tolist()
    ends, splits = matrix.end[:, -1].tolist(), np.nan_to_num(matrix.traded[:, -2], nan=1.0).tolist()
    return [
        LatestRow(symbol, matrix.timeframe, False, end, bars, split, own)
        for symbol, end, bars, split, own in zip(matrix.symbols, ends, counts, splits, values, strict=True)
    ]
