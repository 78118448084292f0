"""A rule as one statement over the newest bars of all symbols."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from app import db
from app.db.pools import Pool, Pools
from app.embedded.places import Places
from app.rules.scan_tables import ScanTables
from app.rules.sql import ScanOrder, ScanQuery, ScanScope
from app.rules.sql_conditions import Inexpressible, Reason
from app.rules.tree import (
    All,
    Among,
    Any,
    Compare,
    Condition,
    Cross,
    Flag,
    InLast,
    Not,
    Number,
    Rolling,
    Rule,
    Series,
    Within,
)
from app.scans import queries
from app.scans.queries import ScanPage
from tests.conftest import copied
from tests.support.databases import Databases
from tests.support.latest_rows import latest_row, put_latest

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT = datetime(2012, 9, 5, 18, 30, tzinfo=UTC)
FRIDAY = datetime(2012, 8, 31, 20, tzinfo=UTC)

FACTS = """
insert into symbols (symbol, name, exchange, type, sector, industry, market_cap, active) values
  ('BRK.B', 'Berkshire', 'XNYS', 'CS', 'Financial', 'Insurance', 200000000000, true),
  ('BF/B', 'Brown-Forman', 'XNYS', 'CS', 'Consumer', 'Spirits', 15000000000, true),
  ('X:BTCUSD', 'Bitcoin', '', '', '', '', null, true),
  ('AAPL', 'Apple', 'XNAS', 'CS', 'Technology', 'Phones', 600000000000, true),
  ('SPY', 'SPDR', 'ARCX', 'ETF', null, null, null, true),
  ('GONE', 'Delisted', 'XNYS', 'CS', 'Technology', 'Phones', 1, false);
insert into cache_entries (type, name, key, value, environment) values
  ('stock_universe', 'market_leaders', 'top_2', '{"stocks": [{"ticker": "AAPL"}, "BRK.B", 7, null]}', 'DEFAULT'),
  ('themes', 'crypto', 'coins', '["X:BTCUSD"]', 'DEFAULT'), ('other', 'x', 'y', '["SPY"]', 'DEFAULT');
insert into daily_patterns (symbol, pattern_type, timeframe, detection_timestamp, confidence, pattern_data) values
  ('AAPL', 'Hammer', 'daily', '2012-09-04 20:00Z', 0.9, '{"direction": "bullish"}'),
  ('AAPL', 'Doji', 'daily', '2012-09-04 20:00Z', 0.5, '{"direction": "neutral"}'),
  ('BF/B', 'Hammer', 'daily', '2012-08-30 20:00Z', 0.8, '{"direction": "bullish"}'),
  ('SPY', 'Hammer', 'weekly', '2012-08-31 20:00Z', 0.6, '{"direction": "bullish"}');
insert into intraday_patterns (symbol, pattern_type, timeframe, detection_timestamp, confidence, pattern_data) values
  ('AAPL', 'Engulfing', '5min', '2012-09-05 18:15Z', 0.7, '{"direction": "bullish"}'),
  ('BRK.B', 'Engulfing', '1min', '2012-09-05 18:31Z', 0.7, '{"direction": "bullish"}'),
  ('BRK.B', 'Doji', '1min', '2012-09-05 17:00Z', 0.7, '{"direction": "neutral"}');
insert into ohlcv_daily (symbol, date, open, high, low, close, volume)
  select 'BF/B', date '2012-09-04' - n, 1, 1, 1, 1, 1 from generate_series(0, 9) as n;
insert into ohlcv_1min (symbol, timestamp, open, high, low, close, volume)
  select 'AAPL', timestamptz '2012-09-05 18:10Z' + n * interval '1 minute', 1, 1, 1, 1, 1
    from generate_series(0, 19) as n;
"""
BRK, BF, BTC, AAPL, SPY = "BRK.B", "BF/B", "X:BTCUSD", "AAPL", "SPY"
CLOSE, RSI, SMA = Series("close"), Series("rsi", 14), Series("sma", 50)
ROWS = (
    latest_row(BRK, {"close": 84, "close_1": 83, "rsi14": 28, "sma50": 80, "sma50_1": 83, "relvol": 1.2}),
    latest_row(BF, {"close": 60, "close_1": 62, "rsi14": 45, "sma50": 61, "sma50_1": 61, "relvol": 3}),
    latest_row(BTC, {"close": 11, "close_1": 10, "relvol": 2}),
    latest_row(AAPL, {"close": 95, "close_1": 96, "rsi14": 30, "sma50": 95, "volume_1": 700}, split_1=7),
    latest_row(SPY, {"close": 140, "close_1": 141, "rsi14": 55, "sma50": 139, "sma50_1": 141}),
    latest_row("GONE", {"close": 1, "rsi14": 1, "relvol": 9}),
)
WEEKS = (
    latest_row(BRK, {"close": 90, "sma20": 80}, "weekly"),
    latest_row(AAPL, {"close": 70, "sma20": 80}, "weekly"),
    latest_row(SPY, {}, "weekly"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pools(places: Places, furnished: str) -> AsyncIterator[Pools]:
    async for name in copied(places, furnished):
        addresses = Databases.of(places, name)
        link = await asyncpg.connect(addresses.engine)
        await link.execute(FACTS)
        at = {"daily": AT, "weekly": FRIDAY, "5min": AT}
        rows = [*ROWS, *WEEKS, latest_row(AAPL, {"close": 95}, "5min")]
        await put_latest(link, [row._replace(at=at[row.timeframe].timestamp()) for row in rows])
        await link.close()
        pair = Pools(Pool(addresses.own, "own", 1), Pool(addresses.market, "market", 1, read_only=True))
        yield pair
        await pair.close()


async def scan(pools: Pools, *conditions: Condition, **options: object) -> ScanPage:
    tables = await scan_tables(pools)
    async with pools.market.acquire() as connection:
        return await queries.scan(connection, tables, ScanQuery(Rule(conditions), **options))  # type: ignore[arg-type]


async def scan_tables(pools: Pools) -> ScanTables:
    tables = queries.scan_tables(await pools.shape())
    assert tables
    return tables


async def symbols(pools: Pools, *conditions: Condition, **options: object) -> list[str]:
    return [row.symbol for row in (await scan(pools, *conditions, **options)).rows]


HAMMER = Among("pattern", ("hammer",))
ENGULFING = Among("pattern", ("Engulfing",))
BULLISH = Among("direction", ("Bullish",))
CONDITIONS: tuple[tuple[Condition, Sequence[str]], ...] = (
    (Within(RSI, None, Number(30)), (AAPL, BRK)),
    (Within(RSI, Number(30), Number(45)), (AAPL, BF)),
    (Not((Within(RSI, None, Number(30)),)), (BF, SPY)),
    (Compare("gt", CLOSE, SMA), (BRK, SPY)),
    (Compare("ne", CLOSE, SMA), (BF, BRK, SPY)),
    (Cross("up", CLOSE, SMA), (BRK, SPY)),
    (Cross("down", CLOSE, SMA), (BF,)),
    (Cross("cross", CLOSE, SMA), (BF, BRK, SPY)),
    (Cross("up", CLOSE, Number(83)), (BRK,)),
    # As traded: 96 a share of today is 672 a share of the day before, and 700 shares were 100.
    (Compare("gt", Series("close", lag=1), Number(600)), (AAPL,)),
    (Within(Series("volume", lag=1), None, Number(100)), (AAPL,)),
    (Cross("down", CLOSE, Number(100)), (AAPL,)),
    (Compare("gt", CLOSE, Series("close", lag=1, times=0.98)), (AAPL, BRK, SPY, BTC)),
    (Within(CLOSE, Series("sma", 50, times=0.98), Series("sma", 50, times=1.02)), (AAPL, BF, SPY)),
    (Flag(Series("relvol")), (BF, BRK, BTC)),
    (Any((Within(RSI, None, Number(29)), Within(Series("relvol"), Number(2)))), (BF, BRK, BTC)),
    (All((Within(RSI, None, Number(50)), Not((Among("industry", ("phones",)),)))), (BF, BRK)),
    (Not((Among("sector", ("Technology",)),)), (BF, BRK)),
    (Among("exchange", ("XNYS",)), (BF, BRK)),
    (Among("symbol", ("brk.b", "BF/B", "X:BTCUSD")), (BF, BRK, BTC)),
    (Among("universe", ("TOP_2",)), (AAPL, BRK)),
    (Not((Among("universe", ("market_leaders:top_2", "crypto_coins")),)), (BF, SPY)),
    (Within(Series("cap"), Number(1e11)), (AAPL, BRK)),
    (Compare("gt", Series("close", timeframe="w"), Series("sma", 20, timeframe="w")), (BRK,)),
    (Not((Compare("gt", Series("close", timeframe="w"), Series("sma", 20, timeframe="w")),)), (AAPL,)),
    (HAMMER, (AAPL, SPY)),
    (Not((HAMMER,)), (BF, BRK, BTC)),
    (Among("tier", ("intraday",)), (AAPL,)),
    (All((HAMMER, Within(Series("conf"), Number(0.8)))), (AAPL,)),
    (All((Among("pattern", ("Doji",)), BULLISH)), ()),
    (All((HAMMER, Within(Series("age"), None, Number(1)))), (AAPL, SPY)),
    (All((HAMMER, Within(Series("age"), None, Number(6)))), (AAPL, BF, SPY)),
    (All((HAMMER, Within(Series("age"), Number(2), Number(6)))), (BF,)),
    (All((ENGULFING, Among("tier", ("intraday",)), Compare("le", Series("age"), Number(3)))), (AAPL,)),
    (All((ENGULFING, Among("tier", ("intraday",)), Compare("lt", Series("age"), Number(3)))), ()),
    (All((BULLISH, Among("tier", ("daily",)), Compare("le", Series("age"), Number(1)))), (AAPL, SPY)),
    (Any((HAMMER, Within(RSI, None, Number(28)))), (AAPL, BRK, SPY)),
    (Among("pattern", ("Hammer' or true --", "no such")), ()),
    (Among("sector", ("'); drop table latest; --",)), ()),
)  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
async def test_a_condition_holds_for_these_symbols(pools: Pools, condition: Condition, expected: Sequence[str]) -> None:
    assert await symbols(pools, condition) == sorted(expected)


async def test_conditions_on_detections_in_one_list_speak_of_one_detection(pools: Pools) -> None:
    strong, neutral = Within(Series("conf"), Number(0.9)), Among("direction", ("neutral",))

    assert await symbols(pools, All((strong,)), All((neutral,))) == [AAPL]
    page = await scan(pools, neutral, Within(RSI, None, Number(30)), strong)

    assert ([*page.rows], page.left) == ([], [1, 1, 0])


STRONG = Within(Series("conf"), Number(0.7))


@pytest.mark.parametrize(
    ("chain", "left"),
    [
        ((BULLISH, Among("tier", ("daily",)), HAMMER, STRONG), [2, 2, 2, 1]),
        ((BULLISH, Among("tier", ("intraday",)), HAMMER), [2, 1, 0]),
        ((BULLISH, Among("pattern", ("doji",))), [2, 0]),
        ((HAMMER, STRONG, Within(Series("age"), None, Number(1)), Among("tier", ("daily",))), [2, 1, 1, 1]),
    ],
)
async def test_each_condition_on_a_detection_counts_with_those_before_it(
    pools: Pools, chain: Sequence[Condition], left: Sequence[int]
) -> None:
    assert (await scan(pools, *chain)).left == left


async def test_a_page_says_how_many_are_left_after_each_condition(pools: Pools) -> None:
    page = await scan(pools, Within(RSI, None, Number(50)), Compare("gt", CLOSE, SMA), Flag(CLOSE))

    assert (page.scanned, page.left, page.total) == (5, [3, 1, 1], 1)
    assert (await scan(pools)).total == 5


async def test_missing_values_come_last_in_both_directions_and_ties_go_by_symbol(pools: Pools) -> None:
    by = Series("relvol")

    assert await symbols(pools, order=ScanOrder(by)) == [BRK, BTC, BF, AAPL, SPY]
    assert await symbols(pools, order=ScanOrder(by, descending=True)) == [BF, BTC, BRK, AAPL, SPY]
    assert await symbols(pools, order=ScanOrder(by), offset=1, limit=2) == [BTC, BF]


async def test_a_row_has_the_columns_that_were_requested(pools: Pools) -> None:
    columns = (CLOSE, RSI, Rolling("avg", 20, Series("volume")), Series("close", timeframe="w"))
    page = await scan(pools, Among("symbol", ("BRK.B",)), columns=columns)

    assert [row.values for row in page.rows] == [(84.0, 28.0, None, 90.0)]
    assert [(row.name, row.sector, row.at, row.cap) for row in page.rows] == [
        ("Berkshire", "Financial", AT.timestamp(), 2e11)
    ]


async def test_a_scope_is_of_universes_and_symbols_and_names_what_is_delisted(pools: Pools) -> None:
    assert await symbols(pools, scope=ScanScope(("Top_2",))) == [AAPL, BRK]
    assert await symbols(pools, scope=ScanScope((), ("BF/B", "GONE", "NONE"))) == [BF, "GONE"]
    assert await symbols(pools, scope=ScanScope(("coins",), ("BF/B",))) == [BF, BTC]
    assert await symbols(pools, scope=ScanScope((), ())) == []


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (InLast(5, (Flag(CLOSE),)), Reason.WINDOW),
        (Flag(Series("close", lag=2)), Reason.LAG),
        (Cross("up", Series("close", lag=1), SMA), Reason.LAG),
        (Flag(Series("rsi", 15)), Reason.COLUMN),
        (Flag(Rolling("min", 120, Series("bb", 20, "width"))), Reason.COLUMN),
        (Flag(Series("hammer")), Reason.COLUMN),
        (Flag(Series("close", timeframe="h")), Reason.TIMEFRAME),
        (Within(Series("age"), Number(3)), Reason.DETECTION),
        (Within(Series("age"), None, Number(1e9)), Reason.DETECTION),
        (Compare("gt", Series("conf"), RSI), Reason.DETECTION),
        (Within(Series("age"), None, Number(3)), Reason.DETECTION),
    ],
)
async def test_a_rule_that_needs_bars_is_refused_with_the_reason(
    pools: Pools, condition: Condition, reason: Reason
) -> None:
    with pytest.raises(Inexpressible) as refusal:
        await scan(pools, condition)

    assert refusal.value.reason is reason


async def test_without_facts_and_detections_their_conditions_are_unknown_or_false(pools: Pools) -> None:
    tables = (await scan_tables(pools))._replace(instruments=None, universes=None, patterns=())
    async with pools.market.acquire() as connection:
        for condition in (Among("sector", ("Technology",)), Among("universe", ("top_2",)), HAMMER, Flag(Series("cap"))):
            assert (await queries.scan(connection, tables, ScanQuery(Rule((condition,))))).total == 0


async def test_a_slow_scan_is_ended(pools: Pools) -> None:
    tables = await scan_tables(pools)
    slow = tables._replace(latest=f"(select one.* from {tables.latest} as one, pg_sleep(9))")

    with pytest.raises(db.Unavailable):
        async with pools.market.acquire() as connection:
            await queries.scan(connection, slow, ScanQuery(Rule((Flag(CLOSE),))), seconds=0.05)
