from datetime import UTC, date, datetime

import asyncpg
import pytest

from app.db.pools import Pools
from app.finance.adjust import AdjustedBars, Prices
from app.finance.bars import Bar, Timeframe
from app.finance.instrument import Instrument
from app.quotes.adjusted_bars import BarRange, ShareBasis, bars
from tests.conftest import Databases
from tests.support.quote_samples import OPEN
from tests.support.quote_samples import bars as days
from tests.support.stored_bars import store_bars, store_dividends, store_minutes, store_splits

TODAY = date(2012, 9, 4)
STORED_BARS = days("BF/B", 40)
SPLIT, PAYOUT_DAY = STORED_BARS[20].day, STORED_BARS[30].day
DIVIDEND_FACTOR = 1 - 2 / STORED_BARS[29].close


async def read(
    pools: Pools, timeframe: Timeframe = "daily", prices: Prices = "split", until: date | None = None, limit: int = 500
) -> AdjustedBars:
    edge = datetime(until.year, until.month, until.day, tzinfo=UTC) if until else None
    async with pools.market.acquire() as connection:
        share = ShareBasis(Instrument("BF/B"), TODAY, prices)
        return await bars(connection, await pools.shape(), share, BarRange(timeframe, None, edge, limit))


async def store(databases: Databases) -> None:
    await store_bars(databases.engine, STORED_BARS)
    await store_splits(databases.engine, [("BF/B", SPLIT, 2), ("BF/B", TODAY, 5), ("BF/B", date(2012, 9, 5), 7)])
    await store_dividends(databases.engine, [("BF/B", PAYOUT_DAY, "CD", 2.0, "USD")])


@pytest.mark.parametrize("prices", ["split", "total", "raw"])
async def test_daily_bars_are_adjusted_wherever_a_page_ends(databases: Databases, pools: Pools, prices: Prices) -> None:
    await store(databases)
    factors = {
        "split": [0.1] * 20 + [0.2] * 20,
        "total": [0.1 * DIVIDEND_FACTOR] * 20 + [0.2 * DIVIDEND_FACTOR] * 10 + [0.2] * 10,
        "raw": [1.0] * 40,
    }[prices]
    expected = [bar.close * factor for bar, factor in zip(STORED_BARS, factors, strict=True)]

    whole = await read(pools, prices=prices)
    page = await read(pools, prices=prices, until=STORED_BARS[15].day, limit=5)

    assert [bar.close for bar in whole.bars] == pytest.approx(expected)
    assert page.bars == whole.bars[10:15]
    assert whole.changed == page.changed == (prices != "raw")


async def test_volumes_are_adjusted_for_splits_and_not_for_dividends(databases: Databases, pools: Pools) -> None:
    await store(databases)

    past = await read(pools, prices="total")

    assert [bar.volume for bar in past.bars] == [
        bar.volume * (10 if at < 20 else 5) for at, bar in enumerate(STORED_BARS)
    ]


async def test_weekly_bars_are_made_of_adjusted_days(databases: Databases, pools: Pools) -> None:
    await store(databases)
    daily = (await read(pools)).bars

    weeks = (await read(pools, "weekly", limit=3)).bars

    assert len(weeks) == 3
    for week in weeks:
        own = [bar for bar in daily if 0 <= bar.start - week.start < 7 * 86_400]
        assert week.timeframe == "weekly"
        assert (week.open, week.close) == (own[0].open, own[-1].close)
        assert (week.high, week.volume) == (max(bar.high for bar in own), sum(bar.volume for bar in own))


async def test_minutes_before_a_split_are_adjusted(databases: Databases, pools: Pools) -> None:
    await store_splits(databases.engine, [("BF/B", TODAY, 2)])
    await store_minutes(databases.engine, "BF/B", {OPEN - 86_400: 50.0, OPEN: 26.0})

    past = await read(pools, "1min")

    assert [(bar.close, bar.volume) for bar in past.bars] == [(25.0, 20), (26.0, 10)]
    assert past.changed
    assert [bar.close for bar in (await read(pools, "1min", "raw")).bars] == [50.0, 26.0]


async def test_foreign_tables_with_the_same_names_adjust_nothing(databases: Databases, pools: Pools) -> None:
    await store(databases)
    link = await asyncpg.connect(databases.superuser)
    await link.execute("alter table splits rename column ratio to rate")
    await link.execute("alter table dividends rename column amount to cash")
    await link.close()

    past = await read(pools, prices="total")

    assert past == AdjustedBars(tuple(Bar(*bar) for bar in STORED_BARS), False)
