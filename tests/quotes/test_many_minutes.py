"""Bars of a symbol with a long history: what is read depends on what is asked for, not on what is stored."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from app.db.pools import Pool, Pools
from app.finance.bars import Timeframe
from app.quotes import queries as chart_queries
from app.quotes.bars import queries
from tests.conftest import Databases

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


@pytest.fixture(params=[True, False], ids=["analysed", "without statistics"])
async def pools(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Pools]:
    link = await asyncpg.connect(databases.engine)
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
    if request.param:
        await link.execute("analyze ohlcv_1min, ohlcv_hourly, ohlcv_daily")
    await link.close()
    opened = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1, read_only=True))
    yield opened
    await opened.close()


class Explaining:
    """A connection that keeps how many rows each part of a plan gave."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.rows: list[tuple[str, float]] = []

    async def fetch(self, text: str, *values: object) -> list[asyncpg.Record]:
        await self._explain(text, values)
        return await self._connection.fetch(text, *values)

    async def fetchval(self, text: str, *values: object) -> Any:
        await self._explain(text, values)
        return await self._connection.fetchval(text, *values)

    async def _explain(self, text: str, values: tuple[object, ...]) -> None:
        plan = await self._connection.fetchval(f"explain (analyze, format json) {text}", *values)
        self.rows += scanned(json.loads(plan)[0]["Plan"])


def scanned(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    if "Relation Name" in plan:
        rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield plan["Node Type"], rows * plan["Actual Loops"]
    for part in plan.get("Plans", ()):
        yield from scanned(part)


@pytest.mark.parametrize("timeframe", EACH)
async def test_no_range_reads_more_than_its_bars_hold(pools: Pools, timeframe: Timeframe) -> None:
    shape = await pools.shape()
    most = (LIMIT + 1) * queries.MINUTES_OF.get(timeframe, 1) + 1
    async with pools.market.acquire() as connection:
        for name, (since, until) in RANGES.items():
            explaining = Explaining(connection)
            found = await queries.stored(explaining, shape, "IBM", timeframe, since, until, LIMIT)  # type: ignore[arg-type]

            assert len(found) <= LIMIT
            assert found or name.endswith("everything")
            assert max(rows for _, rows in explaining.rows) <= most, (name, explaining.rows)
            assert not [node for node, _ in explaining.rows if node == "Seq Scan"], name


async def test_a_symbol_without_bars_reads_nothing(pools: Pools) -> None:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        for timeframe in EACH:
            explaining = Explaining(connection)
            assert await queries.stored(explaining, shape, "NONE", timeframe, None, None, LIMIT) == []  # type: ignore[arg-type]
            assert max(rows for _, rows in explaining.rows) == 0


async def test_charts_read_what_they_show(pools: Pools) -> None:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        explaining: Any = Explaining(connection)
        await chart_queries.bars(explaining, shape, "IBM", LAST.date(), "day", LIMIT)
        await chart_queries.newest_bars(explaining, shape, ["IBM", "NONE", "AAPL"])
        await chart_queries.first_day(explaining, shape, "IBM")

    assert max(rows for _, rows in explaining.rows) <= LIMIT + 1
    assert not [node for node, _ in explaining.rows if node == "Seq Scan"]
