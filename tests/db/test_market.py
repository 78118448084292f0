"""Market databases of any origin are read through one shape, whatever they lack."""

from datetime import UTC, date, datetime

import asyncpg
import pytest

from app.db import market, migrate
from app.db.analysis_tables import first_of_all
from app.db.market import MarketShape
from app.db.pools import Pool, Pools
from app.db.roles import Urls

AT = datetime(2012, 9, 4, 13, 31, tzinfo=UTC)

ENGINE_ROWS = """
insert into ohlcv_daily values ('BRK.B', '2012-09-04', 84.1, 84.9, 83.7, 84.5, 3400000);
insert into ohlcv_1min values ('BRK.B', '2012-09-04 13:31+00', 84.1, 84.2, 84.0, 84.15, 900);
insert into symbols (symbol, name, primary_exchange, currency_name, type)
  values ('BRK.B', 'Berkshire Hathaway', 'XNYS', 'usd', 'CS');
insert into daily_patterns (symbol, pattern_type, confidence, detection_timestamp, pattern_data)
  values ('BRK.B', 'Hammer', 0.8, '2012-09-04 13:31+00', '{"direction": "bullish", "price": 84.5}');
insert into intraday_patterns (symbol, pattern_type, confidence, detection_timestamp, timeframe)
  values ('BRK.B', 'BearishEngulfing', 0.9, '2012-09-04 13:31+00', '1min');
"""

FOREIGN_TABLES = """
create table ohlcv_daily (symbol varchar(20), date timestamp, open numeric, high numeric, low numeric, close numeric);
create table symbols (symbol varchar(20), name varchar(100), currency_name varchar(10));
create table daily_patterns (symbol text, pattern_name text, confidence numeric, detected_at timestamp,
  pattern_data json, metadata jsonb);
create table pattern_definitions (id int, name text);
create table pattern_detections (pattern_id int, symbol text, detected_at timestamp, confidence numeric,
  price_at_detection numeric);
insert into ohlcv_daily values ('BF/B', '2012-09-04 00:00', 1, 2, 1, 2);
insert into symbols values ('BF/B', null, 'GBp');
insert into daily_patterns values
  ('BF/B', 'Doji', 0.7, '2012-09-04 13:31', '{"price": "much"}', '{"direction": "BEAR"}');
insert into pattern_definitions values (1, 'BullFlag');
insert into pattern_detections values (1, 'BF/B', '2012-09-04 13:31', 0.6, 71.5);
"""

BARS = "symbol, {}, open, high, low, close, volume"
PATTERN = "symbol, pattern, timeframe, confidence, direction, detected_at, price"


@pytest.fixture
async def shape(urls: Urls) -> MarketShape:
    """What the reader sees of the market that our migrations made, with a row in each table."""
    await migrate.migrate("market", urls.engine)
    engine = await asyncpg.connect(urls.engine)
    await engine.execute(ENGINE_ROWS)
    await engine.close()
    reader = await asyncpg.connect(urls.market)
    market_shape = await market.inspect(reader)
    await reader.close()
    return market_shape


async def rows(link: asyncpg.Connection, columns: str, source: str | None) -> list[tuple[object, ...]]:
    assert source is not None
    return [tuple(row) for row in await link.fetch(f"select {columns} from {source} as t where symbol is not null")]


async def test_the_market_schema_of_the_desk_is_complete(shape: MarketShape, superuser: asyncpg.Connection) -> None:
    assert shape.complete
    assert not shape.writable
    assert await rows(superuser, BARS.format("day"), shape.daily_bars) == [
        ("BRK.B", date(2012, 9, 4), 84.1, 84.9, 83.7, 84.5, 3_400_000)
    ]
    assert await rows(superuser, BARS.format("at"), shape.minute_bars) == [("BRK.B", AT, 84.1, 84.2, 84.0, 84.15, 900)]
    assert await rows(superuser, "symbol, name, exchange, currency, type, active", shape.instruments) == [
        ("BRK.B", "Berkshire Hathaway", "XNYS", "USD", "CS", True)
    ]
    assert await rows(superuser, PATTERN, first_of_all(shape.patterns, (), "detected_at, confidence", "all")) == [
        ("BRK.B", "Hammer", "daily", 0.8, "bullish", AT, 84.5),
        ("BRK.B", "BearishEngulfing", "1min", 0.9, "bearish", AT, None),
    ]


async def test_a_foreign_market_has_the_same_shape(urls: Urls, superuser: asyncpg.Connection) -> None:
    await superuser.execute(FOREIGN_TABLES)

    shape = await market.inspect(superuser)

    assert shape.minute_bars is None
    assert not shape.complete
    assert await rows(superuser, BARS.format("day"), shape.daily_bars) == [
        ("BF/B", date(2012, 9, 4), 1.0, 2.0, 1.0, 2.0, None)
    ]
    assert await rows(superuser, "symbol, name, exchange, currency, type, active", shape.instruments) == [
        ("BF/B", "", "", "GBp", "", True)
    ]
    assert sorted(
        await rows(superuser, PATTERN, first_of_all(shape.patterns, (), "detected_at, confidence", "all")), key=str
    ) == [
        ("BF/B", "BullFlag", "daily", 0.6, "bullish", AT, 71.5),
        ("BF/B", "Doji", "daily", 0.7, "bearish", AT, None),
    ]


async def test_a_role_that_can_write_the_market_is_reported(shape: MarketShape, urls: Urls) -> None:
    engine = await asyncpg.connect(urls.engine)

    assert (await market.inspect(engine)).writable
    await engine.close()


async def test_an_empty_database_has_no_market(superuser: asyncpg.Connection) -> None:
    assert await market.inspect(superuser) == MarketShape(None, None, None, (), writable=False)


async def test_a_bar_is_read_through_the_index(shape: MarketShape, superuser: asyncpg.Connection) -> None:
    await superuser.execute("set enable_seqscan = off")

    plan = await superuser.fetch(f"explain select * from {shape.daily_bars} as bars where symbol = 'IBM' order by day")

    assert any("Index" in row[0] and "ohlcv_daily" in row[0] for row in plan)


async def test_tables_created_later_are_detected(urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.db.pools.INSPECT_AGAIN_SECONDS", 0.0)
    pools = Pools(Pool(urls.own, "own", 1), Pool(urls.market, "market", 1, read_only=True))
    assert not (await pools.shape()).complete

    await migrate.migrate("market", urls.engine)

    assert (await pools.shape()).complete
    assert await pools.shape() is await pools.shape()
    await pools.close()
