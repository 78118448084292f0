"""Bars of a symbol with a long history: the rows read depend on the request, not on what is stored."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from app.db.pools import Pool, Pools
from app.embedded.places import Places
from app.finance.bars import Timeframe
from app.finance.periods import SECONDS
from app.quotes import queries as chart_queries
from app.quotes.bars import queries
from tests.conftest import copied
from tests.support.databases import Databases
from tests.support.query_plans import Explaining

pytestmark = pytest.mark.asyncio(loop_scope="module")

LAST = datetime(2012, 8, 31, 20, tzinfo=UTC)
MINUTES, DAYS, LIMIT = 40_000, 5_000, 50

RANGES = {
    "the newest": (None, None),
    "from the middle on": (LAST - timedelta(minutes=20_000), None),
    "up to the middle": (None, LAST - timedelta(minutes=20_000)),
    "in the middle": (LAST - timedelta(minutes=20_500), LAST - timedelta(minutes=19_500)),
    "after everything": (LAST + timedelta(days=1), None),
    "before everything": (None, datetime(1950, 1, 1, tzinfo=UTC)),
}
EACH: list[Timeframe] = ["1min", "5min", "15min", "30min", "hourly", "daily"]


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=[True, False], ids=["analysed", "without statistics"]
)
async def pools(request: pytest.FixtureRequest, places: Places, furnished: str) -> AsyncIterator[Pools]:
    """Once for all tests, which only read: a quarter of a million rows are made for them."""
    async for name in copied(places, furnished):
        databases = Databases.of(places, name)
        await store_bars(databases.engine, analysed=request.param)
        database_pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1, read_only=True))
        yield database_pools
        await database_pools.close()


async def store_bars(url: str, *, analysed: bool) -> None:
    link = await asyncpg.connect(url)
    for table in ("ohlcv_1min", "ohlcv_hourly", "ohlcv_daily"):
        # Autovacuum would make a third state for a moment: counted rows without statistics.
        await link.execute(f"alter table {table} set (autovacuum_enabled = false)")
    for symbol in ("AAPL", "IBM", "MSFT"):
        for table, unit in (("ohlcv_1min", "minute"), ("ohlcv_hourly", "hour")):
            await link.execute(
                f"insert into {table} select $1, $2::timestamptz - n * interval '1 {unit}', 2, 3, 1, 2, n"
                "  from generate_series(1, $3::int) as n",
                symbol,
                LAST,
                MINUTES,
            )
        await link.execute(
            "insert into ohlcv_daily select $1, $2::date - n, 2, 3, 1, 2, n from generate_series(1, $3::int) as n",
            symbol,
            LAST.date(),
            DAYS,
        )
    if analysed:
        await link.execute("analyze ohlcv_1min, ohlcv_hourly, ohlcv_daily")
    await link.close()


@pytest.mark.parametrize("timeframe", EACH)
async def test_no_range_reads_more_than_its_bars_hold(pools: Pools, timeframe: Timeframe) -> None:
    shape = await pools.shape()
    most = (LIMIT + 1) * (SECONDS[timeframe] // 60 if timeframe in queries.MADE_OF_MINUTES else 1) + 1
    async with pools.market.acquire() as connection:
        for name, (since, until) in RANGES.items():
            explaining = Explaining(connection)
            bars = await queries.read_bars(explaining, shape, "IBM", timeframe, since, until, LIMIT)  # type: ignore[arg-type]

            assert bars.values.shape[1] <= LIMIT
            assert bars.values.size or name.endswith("everything")
            assert explaining.most_rows <= most, (name, explaining.scans)
            assert not explaining.without_index, name


async def test_a_symbol_without_bars_reads_nothing(pools: Pools) -> None:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        for timeframe in EACH:
            explaining = Explaining(connection)
            bars = await queries.read_bars(explaining, shape, "NONE", timeframe, None, None, LIMIT)  # type: ignore[arg-type]

            assert not bars.values.size
            assert explaining.most_rows == 0


async def test_the_first_and_the_newest_days_are_found_by_index(pools: Pools) -> None:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        explaining: Any = Explaining(connection)
        await chart_queries.newest_bars(explaining, shape, ["IBM", "NONE", "AAPL"])
        await chart_queries.first_day(explaining, shape, "IBM")

    assert explaining.most_rows <= LIMIT + 1
    assert not explaining.without_index
