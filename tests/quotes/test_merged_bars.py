"""Bars of 5, 15 and 30 minutes, merged from minutes on request."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from app.db.pools import Pools
from app.finance import columns, periods
from app.finance.bars import Bar, Timeframe
from app.finance.periods import SECONDS
from app.quotes.bars import queries
from tests.conftest import Databases
from tests.support.quote_samples import OPEN
from tests.support.stored_bars import store_minutes

EACH: list[Timeframe] = ["5min", "15min", "30min"]
SEEDED = random.Random(15)
PRICES = {OPEN + 60 * minute: 50.0 + SEEDED.randrange(100) for minute in range(390) if SEEDED.random() < 0.8}
MINUTES = [Bar("IBM", "1min", at, price, price, price, price, 10) for at, price in PRICES.items()]


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(OPEN + seconds, UTC)


async def read(
    pools: Pools, timeframe: Timeframe, since: float | None = None, until: float | None = None, limit: int = 500
) -> list[Bar]:
    """`since`, `until`: seconds after the session opened."""
    async with pools.market.acquire() as connection:
        shape = await pools.shape()
        return columns.bars(await queries.read_bars(connection, shape, "IBM", timeframe, at(since), at(until), limit))


@pytest.mark.parametrize("timeframe", EACH)
async def test_limits_and_ranges_never_cut_a_merged_bar(
    databases: Databases, pools: Pools, timeframe: Timeframe
) -> None:
    await store_minutes(databases.engine, "IBM", PRICES)
    whole = periods.merge(MINUTES, timeframe)

    assert await read(pools, timeframe) == whole
    for limit in (1, 2, 7, len(whole) - 1, len(whole)):
        assert await read(pools, timeframe, limit=limit) == whole[-limit:]
    for since, until in [(1, None), (None, 3601), (299, 7200), (301, 301), (1800, 1801), (3600, 5400), (-60, 60.5)]:
        expected = [
            bar
            for bar in whole
            if (since is None or bar.start >= OPEN + since) and (until is None or bar.start < OPEN + until)
        ]
        assert await read(pools, timeframe, since, until) == expected
        assert await read(pools, timeframe, since, until, limit=2) == expected[-2:]


@pytest.mark.parametrize("timeframe", EACH)
async def test_only_the_minutes_of_the_requested_bars_are_read(
    databases: Databases, pools: Pools, timeframe: Timeframe
) -> None:
    link = await asyncpg.connect(databases.engine)
    await link.execute(
        "insert into ohlcv_1min select 'IBM', to_timestamp($1) - n * interval '1 minute', 1, 1, 1, 1, 1"
        "  from generate_series(1, 20000) as n",
        OPEN,
    )
    await link.execute("analyze ohlcv_1min")
    await link.close()
    shape, seconds = await pools.shape(), SECONDS[timeframe]
    assert shape.exact_minutes
    words = {"minutes": shape.exact_minutes}
    since, until = queries.EVER
    count = 11 * seconds // 60

    async with pools.market.acquire() as connection:
        oldest = await connection.fetchval(queries.SELECT_OLDEST.format(**words), "IBM", since, until, count)
        plans = [
            await connection.fetchval(f"explain (analyze, format json) {text.format(**words)}", "IBM", *arguments)
            for text, arguments in (
                (queries.SELECT_OLDEST, (since, until, count)),
                (queries.SELECT_MERGED, (oldest, until, 10, seconds)),
            )
        ]

    assert max(rows for plan in plans for rows in scanned_rows(json.loads(plan)[0]["Plan"])) <= count + 1


async def test_minutes_without_a_price_do_not_use_up_the_limit(databases: Databases, pools: Pools) -> None:
    await store_minutes(databases.engine, "IBM", PRICES)
    link = await asyncpg.connect(databases.engine)
    await link.execute(
        "insert into ohlcv_1min select 'IBM', to_timestamp($1) + n * interval '1 minute', 'NaN', 1, 1, 1, 1"
        "  from generate_series(390, 690) as n",
        OPEN,
    )
    await link.close()

    assert await read(pools, "5min", limit=3) == periods.merge(MINUTES, "5min")[-3:]


def scanned_rows(node: dict[str, Any]) -> Iterator[int]:
    """Rows that each part of a plan gave out."""
    yield node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    for inner in node.get("Plans", []):
        yield from scanned_rows(inner)
