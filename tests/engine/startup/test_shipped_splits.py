"""The shipped splits: stored in every database of the desk, and applied to the shipped days."""

from datetime import date

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.analysis.thresholds import Thresholds
from app.engine.startup.history import HistoryContext, ShippedHistory, analyse_history, load
from app.finance import history
from tests.support.running_engine import BARS, PATH, UNTIL

SPLITS = history.read_splits(PATH.with_name("splits.csv"))
STORED_SPLITS = [("AAPL", "2000-06-21", 2.0), ("AAPL", "2005-02-28", 2.0), ("MSFT", "2003-02-18", 2.0)]


async def start_engine(url: str) -> int:
    """How many bars a start stored."""
    pool = Pool(url, "engine", 1, acquire_seconds=10.0, statement_ms=10_000)
    try:
        return await load(pool, ShippedHistory(PATH, UNTIL), 0.6)
    finally:
        await pool.close()


async def test_a_database_with_older_history_gets_the_shipped_splits(
    database_url: str, link: asyncpg.Connection
) -> None:
    await link.execute("delete from splits")

    assert await start_engine(database_url) == 0

    rows = await link.fetch("select symbol, ex_date::text, ratio::float8, source from splits order by 1, 2")
    assert [tuple(row) for row in rows] == [(*split, "shipped") for split in STORED_SPLITS]


async def test_a_split_of_a_provider_is_not_overwritten_by_the_shipped_one(
    database_url: str, link: asyncpg.Connection
) -> None:
    await link.execute("update splits set ratio = 2.00001, source = 'massive' where ex_date = '2005-02-28'")

    await start_engine(database_url)

    row = await link.fetchrow("select ratio::float8, source from splits where ex_date = '2005-02-28'")
    assert tuple(row) == (2.00001, "massive")
    assert await link.fetchval("select count(*) from splits") == 3


@pytest.mark.parametrize(("symbol", "day"), [("AAPL", "2000-06-21"), ("AAPL", "2005-02-28"), ("MSFT", "2003-02-18")])
def test_the_day_of_a_shipped_split_is_no_price_fall(symbol: str, day: str) -> None:
    bars = [bar for bar in BARS if bar.symbol == symbol and bar.day <= date.fromisoformat(day)]
    fallen, split = (
        {event.pattern for event in analyse_history(bars, HistoryContext(Thresholds(0.0), {}, splits), 1).patterns}
        for splits in ((), SPLITS[symbol])
    )
    rates = {
        event.indicator: event.value
        for event in analyse_history(bars, HistoryContext(Thresholds(0.0), {}, SPLITS[symbol]), 1).indicators
    }

    assert "GapDown" in fallen
    assert not {"GapDown", "BreakdownLow"} & split
    assert rates["SMA20"] == pytest.approx(bars[-1].close, rel=0.2)
