"""Restoring bars at the start: many symbols at once, with the same result as bar by bar."""

from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np

from app.db.pools import Pool
from app.engine.startup import history
from app.engine.storage import bars as bar_queries
from app.finance import periods, shares
from app.finance.bar_series import BARS_PER_SYMBOL
from app.finance.bars import Bar
from app.finance.panel import usual_bars
from app.finance.series_by_timeframe import SeriesByTimeframe
from tests.conftest import Databases
from tests.support import split_adjusted_bars

SYMBOLS = ("BF/B", "BRK.B", "BrK.B", "X:BTCUSD")
LAST = datetime(2012, 9, 4, tzinfo=UTC)


async def furnish(url: str) -> None:
    """Of each symbol another number of days and minutes, with holes: none, a few, all that are kept, and more."""
    link = await asyncpg.connect(url)
    bars = "symbol, {}, open, high, low, close, volume"
    for place, symbol in enumerate(SYMBOLS):
        await link.execute(
            f"insert into ohlcv_daily ({bars.format('date')})"
            " select $1, $2::date - n, 20 + n % 7, 30 + n % 11, 10 - n % 5, 21 + n % 3, 1000 + n"
            "  from generate_series(1, $3::int) as n where n % 7 < 5",
            symbol,
            LAST.date(),
            (3, 120, 360, 900)[place],
        )
        await link.execute(
            f"insert into ohlcv_1min ({bars.format('timestamp')})"
            " select $1, $2::timestamptz - n * interval '1 min', 20 + n % 7, 30 + n % 11, 10 - n % 5, 21 + n % 3, n"
            "  from generate_series(1, $3::int) as n where n % 13 <> 0",
            symbol,
            LAST,
            (0, 7, 270, 900)[place],
        )
    await link.execute("insert into ohlcv_daily (symbol, date, close) values ('BRK.B', '2012-09-04', 5)")
    await link.execute(
        "insert into splits (symbol, ex_date, ratio, source)"
        " values ('X:BTCUSD', $1, 7, 'told'), ('BF/B', $2, 2, 'told')",
        LAST.date() - timedelta(days=45),
        LAST.date() - timedelta(days=2),
    )
    await link.close()


async def bar_by_bar(pool: Pool, splits: shares.Splits) -> SeriesByTimeframe:
    series = SeriesByTimeframe()
    series.set_splits(splits)
    async with pool.acquire() as connection:
        for symbol in SYMBOLS:
            days = await bar_queries.last_bars(connection, symbol, "daily", BARS_PER_SYMBOL)
            minutes = await bar_queries.last_bars(connection, symbol, "1min", usual_bars("1min"))
            series.extend([*(day for day in days if day.high is not None), *minutes])
            for timeframe in periods.FROM_MINUTES:
                series.extend(periods.merge(minutes, timeframe))
            for timeframe in periods.FROM_DAYS:
                series.extend(split_adjusted_bars.merge(days, timeframe, series.splits.get(symbol, ())))
    return series


async def test_restoring_all_symbols_at_once_equals_restoring_bar_by_bar(databases: Databases) -> None:
    await furnish(databases.engine)
    pool, series = Pool(databases.engine, "engine", 1), SeriesByTimeframe()

    minutes = await history.restore_bars(pool, series)
    expected = await bar_by_bar(pool, series.splits)
    await pool.close()

    for timeframe in periods.TIMEFRAMES:
        for symbol in SYMBOLS:
            assert list(series.last(symbol, timeframe)) == list(expected.last(symbol, timeframe)), (symbol, timeframe)
    assert len(series.last("X:BTCUSD", "daily")) == BARS_PER_SYMBOL
    assert minutes == [bar for symbol in SYMBOLS for bar in expected.timeframe("1min").last(symbol, 1)]


async def test_restoring_twice_duplicates_nothing(databases: Databases) -> None:
    await furnish(databases.engine)
    pool, series = Pool(databases.engine, "engine", 1), SeriesByTimeframe()
    await history.restore_bars(pool, series)
    once = {name: series.timeframe(name).ends.copy() for name in periods.TIMEFRAMES}

    await history.restore_bars(pool, series)
    await pool.close()

    assert all(np.array_equal(series.timeframe(name).ends, ends) for name, ends in once.items())


async def test_minutes_of_a_symbol_without_a_stored_day_are_restored(databases: Databases) -> None:
    """Of one that is traded for the first time today: else its indicators would begin anew with every restart."""
    await furnish(databases.engine)
    link = await asyncpg.connect(databases.engine)
    await link.execute(
        "insert into ohlcv_1min select 'NEW', timestamp, open, high, low, close, volume from ohlcv_1min"
        " where symbol = 'BRK.B'"
    )
    await link.close()
    pool, series = Pool(databases.engine, "engine", 1), SeriesByTimeframe()

    minutes = await history.restore_bars(pool, series, ("NEW", "NEVER"))
    await pool.close()

    for timeframe in ("1min", *periods.FROM_MINUTES):
        bars = series.last("BRK.B", timeframe)
        assert bars
        assert series.last("NEW", timeframe) == [bar._replace(symbol="NEW") for bar in bars]
    assert "NEW" in {bar.symbol for bar in minutes}
    assert series.last("NEVER", "1min") == []


async def test_an_empty_market_restores_nothing(databases: Databases) -> None:
    pool = Pool(databases.engine, "engine", 1)

    assert await history.restore_bars(pool, SeriesByTimeframe()) == []
    await pool.close()


async def test_new_bars_continue_after_the_restored_ones(databases: Databases) -> None:
    await furnish(databases.engine)
    pool, series = Pool(databases.engine, "engine", 1), SeriesByTimeframe()
    await history.restore_bars(pool, series)
    await pool.close()
    minute = Bar("BRK.B", "1min", LAST.timestamp(), 1.0, 2.0, 0.5, 1.5, 7)

    for symbol in ("BRK.B", "NEW"):
        series.add(minute._replace(symbol=symbol))

    assert series.last("BRK.B", "1min")[-1] == minute
    assert series.last("NEW", "1min") == [minute._replace(symbol="NEW")]
