"""Stored bars before those that are in memory, for rules that look far back."""

import asyncio

from app.db import market
from app.db.past_market import BarSource, bar_source, portions, read_part
from app.db.pools import Pool
from app.finance import columns
from app.finance.bar_series import BarSeries
from app.finance.columns import Columns


async def widen(pool: Pool, series: BarSeries, bars: int) -> None:
    """Keeps so many bars of each symbol from now on, as far as the database has them. Raises Unavailable."""
    async with pool.acquire() as connection:
        shape = await market.inspect(connection)
    source = bar_source(shape, series.timeframe, bars)
    if source is None:
        return
    earlier = []
    for names in portions(list(series.rows)):
        part = await read_part(pool, shape, source, names)
        earlier.append(await asyncio.to_thread(_of_timeframe, part, series, source))
    series.widen(bars, earlier)


def _of_timeframe(part: Columns, series: BarSeries, source: BarSource) -> Columns:
    """Without a first bar whose beginning was not read."""
    if part.timeframe == series.timeframe:
        return part
    cut = [own.shape[1] == source.bars for _, own in part.each()]
    return columns.without_first(columns.merge(part, series.timeframe, series.splits), cut)
