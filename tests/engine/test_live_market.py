"""What live rules are evaluated on: bars in memory, and facts of the database, which are read again behind an
evaluation."""

import asyncio

import asyncpg
import numpy as np

from app.db.pools import Pool
from app.engine.analysis.expiry import PatternExpiry
from app.engine.rules.live_market import LiveMarket
from app.engine.startup import history
from app.finance.bars import DAY, Bar
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.rules.live_rule import MarketNeeds
from app.wire.rules.evaluation import MarketState
from tests.wire.conftest import cancel_tasks

DAYS = MarketNeeds(frozenset("d"))


async def test_a_running_day_changes_the_newest_bar_and_facts_follow_the_database(
    database_url: str, link: asyncpg.Connection
) -> None:
    pool, series = Pool(database_url, "engine", 1, acquire_seconds=10.0), SeriesByTimeframe()
    await history.restore_bars(pool, series)
    days = series.timeframe("daily")
    running = [Bar("IBM", "daily", days.newest_of("IBM") + DAY, 190, 191, 189, 190, 5)]
    market = LiveMarket(pool, series, PatternExpiry(), lambda: running, facts_delay=0.0)
    market.is_current = True
    renewal = asyncio.create_task(market.run())

    async def state() -> MarketState:
        newest = await market.state(DAYS)
        assert newest
        return newest

    first = await state()
    assert first.market.change("daily") is None
    running[0] = running[0]._replace(close=190.5)
    second = await state()
    row = list(second.market.matrix("daily").symbols).index("IBM")
    change = second.market.change("daily")
    assert change
    assert (change.rows.tolist(), change.newest) == ([], True)
    assert second.market.matrix("daily").close[row, -1] == 190.5

    running.clear()
    assert "IBM" not in second.inactive
    await link.execute("update symbols set active = false where symbol = 'IBM'")
    async with asyncio.timeout(10):
        while "IBM" not in (third := await state()).inactive:
            await asyncio.sleep(0.01)
    days_alone = days.matrix(list(days.rows))
    np.testing.assert_array_equal(third.market.matrix("daily").close, days_alone.close)
    await cancel_tasks(renewal)
    await pool.close()
