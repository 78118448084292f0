"""The engine keeps the newest bar of each symbol and timeframe with its indicators: at its start, live, after loads."""

from datetime import UTC, datetime

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.startup import history
from app.finance import periods
from app.finance.adjust import Split
from app.finance.bars import Bar, day_of
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import regular
from app.rules.latest_bars import LatestBars
from app.rules.latest_columns import EVERY
from app.rules.latest_values import latest_values
from tests.support.running_engine import (
    BARS,
    DAY,
    FAST,
    UNTIL,
    eventually,
    running_engine,
    running_feed,
    session_is_closed,
)

SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
KEYS = "select count(*) from latest where timeframe = $1 and running = $2 and at = $3"
UNTOUCHED = "select xmin::text || ctid::text from latest where symbol <> 'IBM' order by symbol, timeframe, running"


def closes_of(day: object) -> datetime:
    return datetime.fromtimestamp(regular(day).closes, UTC)  # type: ignore[arg-type]


async def rows(link: asyncpg.Connection, timeframe: str, running: bool, at: datetime) -> int:
    return int(await link.fetchval(KEYS, timeframe, running, at))


async def test_a_start_computes_rows_from_stored_bars(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    async with running_engine(redis_url, database_url):
        await eventually(lambda: has_all(link))

        row = await link.fetchrow("select * from latest where (timeframe, running, symbol) = ('daily', false, 'IBM')")
        week = await link.fetchrow("select * from latest where (timeframe, running, symbol) = ('weekly', false, 'IBM')")

    own = [bar for bar in BARS if bar.symbol == "IBM" and bar.day <= UNTIL]
    closes = [bar.close for bar in own]
    assert row is not None
    assert week is not None
    assert (row["at"], row["bars"], row["split_1"]) == (closes_of(UNTIL), 256, 1.0)
    assert (row["close"], row["close_1"], row["open"], row["volume"]) == (
        closes[-1], closes[-2], own[-1].open, own[-1].volume,
    )  # fmt: skip
    assert row["sma20"] == pytest.approx(sum(closes[-20:]) / 20, abs=1e-6)
    assert row["sma20_1"] == pytest.approx(sum(closes[-21:-1]) / 20, abs=1e-6)
    assert row["chg5_close"] == pytest.approx((closes[-1] / closes[-6] - 1) * 100, abs=1e-6)
    assert row["max252_high"] == max(bar.high for bar in own[-252:])
    assert row["vwap"] is None
    assert week["open"] == next(bar.open for bar in own if bar.day.isoformat() == "2012-08-27")
    assert week["volatility20"] is None


async def has_all(link: asyncpg.Connection) -> bool:
    """Days, also as they stand, weeks and the last month, which is over with its last day."""
    return await link.fetchval("select count(*) from latest") == 4 * len(SYMBOLS)


async def test_a_start_leaves_rows_of_the_newest_bars_alone(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    async with running_engine(redis_url, database_url):
        await eventually(lambda: has_all(link))
    before = await link.fetch(UNTOUCHED)
    await link.execute("update latest set at = at - interval '1 day' where symbol = 'IBM' and timeframe = 'daily'")
    await link.execute("delete from latest where symbol = 'IBM' and timeframe = 'weekly'")

    async with running_engine(redis_url, database_url):
        await eventually(lambda: has_all(link))
        assert await rows(link, "daily", False, closes_of(UNTIL)) == len(SYMBOLS)

    assert await link.fetch(UNTOUCHED) == before


async def test_a_session_is_kept_minute_by_minute_and_when_it_is_over(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    async with running_engine(redis_url, database_url), running_feed(redis_url, FAST):
        opens = datetime.fromtimestamp(regular(DAY).opens, UTC)
        within = "select count(*) from latest where running and at > $1 and at < $2"
        await eventually(lambda: link.fetchval(within, opens, closes_of(DAY)))
        assert await rows(link, "daily", False, closes_of(DAY)) == 0

        await eventually(lambda: session_is_closed(redis_url))
        await eventually(lambda: is_closed(link))
        for timeframe in ("1min", *periods.FROM_MINUTES):
            assert await link.fetchval("select count(*) from latest where timeframe = $1", timeframe) == len(SYMBOLS)

    days = await link.fetch("select * from latest where timeframe = 'daily' order by symbol, running")
    values = [{name: row[name] for name in (*EVERY, "at", "bars")} for row in days]
    assert values[0::2] == values[1::2]
    days_stored = await link.fetch("select close::float8 from ohlcv_daily where date = $1 order by symbol", DAY)
    assert [row["close"] for row in values[0::2]] == [row["close"] for row in days_stored]


async def is_closed(link: asyncpg.Connection) -> bool:
    counts = [await rows(link, "daily", running, closes_of(DAY)) for running in (True, False)]
    return counts == [len(SYMBOLS)] * 2


async def test_loaded_bars_are_read_again(redis_url: str, database_url: str, link: asyncpg.Connection) -> None:
    async with running_engine(redis_url, database_url) as engine:
        await eventually(lambda: has_all(link))
        await link.execute(
            "insert into ohlcv_daily select 'BRK.B', date, open, high, low, close, volume from ohlcv_daily"
            " where symbol = 'IBM'"
        )
        await link.execute("update ohlcv_daily set close = 1 where symbol = 'FB' and date = $1", UNTIL)

        await engine._refresh_latest.reload(["BRK.B", "FB"])
        await eventually(lambda: link.fetchval("select sma200 from latest where symbol = 'BRK.B' and running"))

    closes = await link.fetch("select close, chg from latest where symbol = 'FB' and timeframe = 'daily'")
    assert [row["close"] for row in closes] == [1.0, 1.0]


async def test_values_are_those_of_the_newest_bars_in_todays_shares(
    database_url: str, link: asyncpg.Connection
) -> None:
    pool, series = Pool(database_url, "engine", 1), SeriesByTimeframe()
    await history.restore_bars(pool, series)
    await pool.close()
    series.set_splits({"IBM": [Split(UNTIL, 2.0)]})
    latest = LatestBars(series)
    latest.has_table = True

    row = next(row for row in await latest.closed("daily", ["IBM"], None) if not row.running)
    before = latest_values(series.timeframe("daily").matrix(["IBM"]))[0]

    own = [bar for bar in BARS if bar.symbol == "IBM" and bar.day <= UNTIL]
    values = dict(zip(EVERY, row.values.tolist(), strict=True))
    assert row.split_1 == 2.0
    assert values["close_1"] == own[-2].close / 2
    assert values["volume_1"] == own[-2].volume * 2
    assert values["chg"] == pytest.approx((own[-1].close / own[-2].close * 2 - 1) * 100, abs=1e-6)
    assert dict(zip(EVERY, before.tolist(), strict=True))["close_1"] == values["close_1"]


async def test_a_day_as_it_stands_follows_the_closed_ones_and_ends_with_its_minute() -> None:
    series = SeriesByTimeframe()
    closed = [Bar(symbol, "daily", start, 10, 12, 9, 11, 100) for symbol in ("AAPL", "IBM") for start in DAYS[:2]]
    series.extend(closed)
    latest = LatestBars(series)
    latest.has_table = True
    running = [Bar(symbol, "daily", DAYS[2], 11, 14, 11, 13, 50) for symbol in ("AAPL", "IBM", "NEW")]
    minute = regular(day_of(DAYS[2])).opens + 600

    rows = await latest.running(running, {"IBM", "NEW"}, minute)

    values = {row.symbol: dict(zip(EVERY, row.values.tolist(), strict=True)) for row in rows}
    assert [(row.symbol, row.running, row.at, row.bars) for row in rows] == [
        ("IBM", True, minute, 3),
        ("NEW", True, minute, 1),
    ]
    assert (values["IBM"]["close"], values["IBM"]["close_1"], values["NEW"]["close"]) == (13, 11, 13)
    # A correction of a day that is over is no longer the day as it stands.
    assert [(row.symbol, row.running) for row in await latest.closed("daily", ["AAPL", "IBM"], None)] == [
        ("AAPL", False),
        ("IBM", False),
        ("AAPL", True),
    ]


DAYS = [bar.start for bar in BARS if bar.symbol == "IBM"][:3]


async def test_the_volume_weighted_price_of_a_whole_session_is_known_in_its_last_minute() -> None:
    session = regular(UNTIL)
    series = SeriesByTimeframe()
    series.extend(
        Bar("BRK.B", "1min", float(start), 10, 12, 8, 10 + n / 390, 100) for n, start in enumerate(session.minutes)
    )
    latest = LatestBars(series)
    latest.has_table = True

    (row,) = await latest.closed("1min", ["BRK.B"], None)

    assert row.bars == 390
    assert row.values[EVERY.index("vwap")] == pytest.approx(10 + (389 / 390 / 2) / 3)
