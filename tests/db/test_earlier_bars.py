"""Bars in memory with earlier stored ones before them."""

from collections.abc import Sequence
from datetime import date, timedelta

import asyncpg
import numpy as np
import pytest

from app.db.earlier_bars import widen
from app.db.pools import Pool
from app.finance import columns
from app.finance.bar_series import BarSeries
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.columns import Columns
from app.finance.panel import fields

TABLES = """
create table ohlcv_daily (symbol text, date date, open float8, high float8, low float8, close float8, volume bigint,
  primary key (symbol, date));
create table ohlcv_1min (symbol text, timestamp timestamptz, open float8, high float8, low float8, close float8,
  volume bigint, primary key (symbol, timestamp));
"""
MONDAY = date(2000, 1, 3)
DAYS = [
    Bar("BRK.B", "daily", day_start(MONDAY + timedelta(weeks=n // 5, days=n % 5)), 5 + n, 7 + n, 4 + n, 6 + n, 10)
    for n in range(3300)
]
MINUTES = [Bar("BF/B", "1min", 1_346_679_000.0 + 60 * n, 5 + n, 7 + n, 4 + n, 6 + n, 10) for n in range(3300)]


def gathered(bars: Sequence[Bar], timeframe: Timeframe) -> Columns:
    values = np.array([fields(bar) for bar in bars], dtype=np.float64).T
    short = Columns(bars[0].timeframe, (bars[0].symbol,), np.zeros(1, dtype=np.int64), values)
    return short if timeframe == bars[0].timeframe else columns.merge(short, timeframe)


@pytest.mark.parametrize(
    ("bars", "timeframe"),
    [(DAYS, "daily"), (DAYS, "weekly"), (DAYS[-400:], "daily"), (MINUTES, "1min"), (MINUTES, "5min")],
)
async def test_as_many_bars_as_are_stored_follow_each_other(
    database_url: str, bars: list[Bar], timeframe: Timeframe
) -> None:
    link = await asyncpg.connect(database_url)
    await link.execute(TABLES)
    table, at = ("ohlcv_daily", "to_timestamp($2)::date") if bars is not MINUTES else ("ohlcv_1min", "to_timestamp($2)")
    await link.executemany(
        f"insert into {table} values ($1, {at}, $3, $4, $5, $6, $7)",
        [(bar.symbol, bar.start, *bar[3:8]) for bar in bars],
    )
    await link.close()
    every, series, pool = gathered(bars, timeframe), BarSeries(timeframe), Pool(database_url, "market", 1)
    newest = every.values.copy()
    newest[4, -1] += 1  # What is in memory counts.
    series.fill(every._replace(values=newest))
    assert series.columns(bars[0].symbol).shape[1] == min(series.bars, newest.shape[1])

    await widen(pool, series, 600)
    await pool.close()

    np.testing.assert_array_equal(series.columns(bars[0].symbol)[:6], newest[:6, -600:])
