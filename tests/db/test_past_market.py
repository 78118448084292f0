"""What rules are evaluated on at a past moment: what is stored, cut off at that moment, and nothing behind it."""

from datetime import UTC, datetime

import asyncpg
import numpy as np
import pytest

from app.db import past_market
from app.db.pools import Pool
from app.finance import periods
from app.finance.bars import Bar, Timeframe
from app.rules.matching import RuleMatching, RuleScope
from app.rules.parse import parse
from app.rules.past_matching import PastMarket, PastNeeds, matches_at, newest_bars, past_needs
from tests.support.bar_matrices import SPLITS
from tests.support.databases import Databases
from tests.support.market_snapshots import RandomMarket, random_market
from tests.support.stored_bars import PatternRow, store_bars, store_patterns, store_splits

MARKET = random_market(3, 90)
TABLES = {"hourly": ("ohlcv_hourly", "timestamp"), "weekly": ("ohlcv_weekly", "week_start")}
RULES = (
    "close:gt:close@1", "in3(chg:..-1)", "close:gt:w.close", "rs20:1..", "h.close:gt:h.sma20", "not(close:gt:ema12)",
    "max20(high):eq:high", "volume:gt:avg20(volume)",
)  # fmt: skip
ENDS = sorted({periods.end("daily", bar.start) for bar in MARKET.bars["daily"]})
MOMENTS = (ENDS[-1], ENDS[-7], ENDS[-7] - 1, ENDS[-20] + 3600, ENDS[3])


async def pool_of(databases: Databases, market: RandomMarket) -> Pool:
    await store_bars(databases.engine, market.bars["daily"])
    link = await asyncpg.connect(databases.engine)
    for timeframe, (table, key) in TABLES.items():
        rows = [_row(bar, timeframe) for bar in market.bars[timeframe]]
        columns = f"symbol, {key}, open, high, low, close, volume"
        await link.executemany(f"insert into {table} ({columns}) values ($1, $2, $3, $4, $5, $6, $7)", rows)
    await link.close()
    splits = [(symbol, split.day, split.ratio) for symbol, own in SPLITS.items() for split in own]
    await store_splits(databases.engine, splits)
    return Pool(databases.market, "market", 2, read_only=True)


def _row(bar: Bar, timeframe: Timeframe) -> tuple[object, ...]:
    start = datetime.fromtimestamp(bar.start, UTC)
    return bar.symbol, start if timeframe == "hourly" else start.date(), *bar[3:7], bar.volume


async def test_bars_are_those_that_had_closed_and_rules_hold_as_they_did_then(databases: Databases) -> None:
    pool = await pool_of(databases, MARKET)
    for at in MOMENTS:
        for text in RULES:
            rule, scope = parse(text), RuleScope((), None)
            past = await past_market.read(pool, past_needs(rule, "d"), at)
            assert past
            expected = MARKET.snapshot(until=at)._replace(facts={}, caps={}, detections=[])
            days = past.market.matrix("daily")
            assert np.nanmax(days.end) <= at
            for timeframe in ("daily", "weekly"):
                own, cut = past.market.matrix(timeframe), expected.matrix(timeframe)
                if len(own.symbols):
                    assert sorted(own.symbols) == sorted(cut.symbols)
            answer = matches_at(past, rule, "d", scope)
            assert answer
            matching = RuleMatching(expected, traded=newest_bars(expected.matrix("daily")))
            assert (answer.symbols, answer.left) == tuple(matching.matches(rule, "d", scope)), (text, at)
            assert answer.as_of == np.nanmax(days.end)
            rows = [list(days.symbols).index(symbol) for symbol in answer.symbols]
            closes = answer.values[:, answer.operands.index("close")]
            np.testing.assert_array_equal(closes, days.close[rows, -1])
    await pool.close()


async def test_longer_bars_are_made_of_minutes_that_had_ended(databases: Databases) -> None:
    opens = datetime(2012, 9, 4, 13, 30, tzinfo=UTC)
    link = await asyncpg.connect(databases.engine)
    await link.execute(
        "insert into ohlcv_1min (symbol, timestamp, open, high, low, close, volume) select symbol,"
        " $1::timestamptz + number * interval '1 minute', 10, 20 + number, 5, number, 100"
        " from generate_series(1, 40) as number, unnest(array['BRK.B', 'X:BTCUSD']) as symbol",
        opens.replace(minute=29),
    )
    await link.execute(
        "insert into ohlcv_daily (symbol, date, open, high, low, close, volume) values"
        " ('BRK.B', '2012-09-03', 1, 1, 1, 1, 1), ('X:BTCUSD', '2012-09-03', 1, 1, 1, 1, 1)"
    )
    await link.close()
    pool, at = Pool(databases.market, "market", 2, read_only=True), opens.timestamp() + 12 * 60

    past = await past_market.read(pool, PastNeeds({"m5": 256, "m1": 256}), at)

    assert past
    fives, ones = past.market.matrix("5min"), past.market.matrix("1min")
    assert fives.close[:, -2:].tolist() == [[5.0, 10.0]] * 2
    assert ones.close[:, -1].tolist() == [12.0, 12.0]
    assert fives.counts.tolist() == [2, 2]
    await pool.close()


async def test_detections_of_later_are_not_known(databases: Databases) -> None:
    pool, (before, detected_at, after) = await pool_of(databases, MARKET), ENDS[-9:-6]
    await store_patterns(databases.engine, "daily", [PatternRow("SPY", "Hammer", detected_at)])
    rule = parse("pattern:Hammer,age:..1")

    async def symbols(at: float) -> tuple[str, ...]:
        past = await past_market.read(pool, past_needs(rule, "d"), at)
        assert past
        answer = matches_at(past, rule, "d", RuleScope())
        assert answer
        return answer.symbols

    assert [await symbols(at) for at in (before, detected_at, after, ENDS[-1])] == [(), ("SPY",), ("SPY",), ()]
    await pool.close()


@pytest.mark.parametrize("prefix", ["d", "m30", "mo"])
async def test_before_the_first_bar_there_is_no_answer(databases: Databases, prefix: str) -> None:
    pool = await pool_of(databases, MARKET)
    rule = parse("close:gt:0", prefix)
    past = await past_market.read(pool, past_needs(rule, prefix), ENDS[0] - 100 * 86_400)
    assert isinstance(past, PastMarket)
    assert matches_at(past, rule, prefix, RuleScope()) is None
    await pool.close()
