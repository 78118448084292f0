"""A scan lists the symbols for which the rule is true at the last bar of whole series, by rows that the engine made."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg
import numpy as np
import pytest
import pytest_asyncio
from hypothesis import given, settings

from app.db import market as market_tables
from app.embedded.places import Places
from app.engine.storage.batch import StorageBatch
from app.engine.storage.patterns import TIERS
from app.engine.storage.tables import plan_writes, tables
from app.finance import periods
from app.finance.bars import Bar, Timeframe
from app.finance.columns import bars as bars_of
from app.finance.columns import merge
from app.finance.detections import DetectedPattern, tier
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.rules.catalogue import COLUMNS
from app.rules.evaluate import RuleEvaluation
from app.rules.latest_bars import LatestBars
from app.rules.market_bars import MarketSnapshot
from app.rules.resolve import resolve
from app.rules.show import show
from app.rules.sql import ScanQuery
from app.rules.sql_conditions import Inexpressible
from app.rules.tree import Rule
from app.scans.queries import scan, scan_tables
from tests.conftest import copied
from tests.support.bar_matrices import SPLITS, SYMBOLS, columns, matrix, random_bars
from tests.support.databases import Databases
from tests.support.market_snapshots import DIRECTIONS, PATTERNS, random_market
from tests.support.rule_trees import WORDS, RuleShape, rules

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = 120
PUT_SYMBOL = """
insert into symbols (symbol, sector, industry, exchange, type, market_cap, active) values ($1, $2, $3, $4, $5, $6, true)
on conflict (symbol) do update set sector = $2, industry = $3, exchange = $4, type = $5, market_cap = $6
"""
PUT_UNIVERSE = (
    "insert into cache_entries (type, name, key, value, environment) values ('themes', 'own', $1, $2, 'TEST')"
)
PUT_DETECTION = """
insert into {tier}_patterns (symbol, pattern_type, timeframe, detection_timestamp, confidence, pattern_data)
values ($1, $2, $3, $4, $5::float8, jsonb_build_object('direction', $6::text))
"""


class Case(NamedTuple):
    """`days`: the last of 90 is one on which a split takes effect; closed weeks are in other shares then."""

    days: int
    seed: int
    prefixes: Sequence[str]


CASES = (Case(120, 3, ("w",)), Case(118, 8, ("w",)), Case(90, 1, ()), Case(90, 5, ()))


class MarketDatabase(NamedTuple):
    link: asyncpg.Connection
    snapshot: MarketSnapshot
    case: Case


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=CASES)
async def own_market(places: Places, furnished: str, request: pytest.FixtureRequest) -> AsyncIterator[MarketDatabase]:
    case: Case = request.param
    async for name in copied(places, furnished):
        link = await asyncpg.connect(Databases.of(places, name).engine)
        snapshot = snapshot_of(case)
        await put_rows(link, case)
        await put_facts(link, snapshot)
        for one in snapshot.detections:
            at = datetime.fromtimestamp(one.at, UTC)
            own = (one.symbol, one.pattern, one.timeframe, at, one.confidence, one.direction)
            await link.execute(PUT_DETECTION.format(**TIERS[tier(one.timeframe)]), *own)
        yield MarketDatabase(link, snapshot, case)
        await link.close()


def snapshot_of(case: Case) -> MarketSnapshot:
    market, bars = random_market(case.seed), bars_by_timeframe(case)
    daily, weekly = (matrix(timeframe, own, SPLITS) for timeframe, own in bars.items())
    newest = float(daily.end[:, -1].max())
    return MarketSnapshot(
        {"daily": daily, "weekly": weekly}, market.facts, market.caps, detections(bars, case.seed), newest
    )


def bars_by_timeframe(case: Case) -> dict[Timeframe, list[Bar]]:
    """Days, and the weeks that are over with the newest of them."""
    days = random_bars("daily", case.days, case.seed)
    newest = max(periods.end("daily", bar.start) for bar in days)
    weeks = bars_of(merge(columns("daily", days), "weekly", SPLITS))
    return {"daily": days, "weekly": [bar for bar in weeks if periods.end("weekly", bar.start) <= newest]}


def detections(bars: dict[Timeframe, list[Bar]], seed: int) -> list[DetectedPattern]:
    """Most of them may still count at the newest bar."""
    generator = np.random.default_rng(seed)
    unique = {}
    for timeframe, own in bars.items():
        newest = sorted(own, key=lambda bar: bar.start)[-30:]
        for place in generator.integers(0, len(newest), 25).tolist():
            bar = newest[place]
            pattern, direction = str(generator.choice(PATTERNS)), str(generator.choice(DIRECTIONS))
            end, confidence = periods.end(timeframe, bar.start), round(float(generator.random()), 3)
            one = DetectedPattern(bar.symbol, pattern, timeframe, end, confidence, direction)
            unique[one[:4]] = one
    return list(unique.values())


async def put_rows(link: asyncpg.Connection, case: Case) -> None:
    """The bars, and the rows that the engine makes of them."""
    series, batch = SeriesByTimeframe(), StorageBatch()
    series.set_splits(SPLITS)
    latest = LatestBars(series)
    latest.has_table = True
    for timeframe, bars in bars_by_timeframe(case).items():
        series.extend(sorted(bars, key=lambda bar: bar.start))
        batch.add_bars(bars)
        batch.add_latest(await latest.closed(timeframe, sorted({bar.symbol for bar in bars}), None))
    await plan_writes(batch, SYMBOLS, await tables(link)).run(link)


async def put_facts(link: asyncpg.Connection, snapshot: MarketSnapshot) -> None:
    for symbol in SYMBOLS:
        words = [
            next(iter(snapshot.words(symbol, field)), None) for field in ("sector", "industry", "exchange", "type")
        ]
        await link.execute(PUT_SYMBOL, symbol, *words, None if np.isnan(cap := snapshot.cap(symbol)) else int(cap))
    for universe in WORDS["universe"]:
        members = [symbol for symbol in SYMBOLS if universe in snapshot.words(symbol, "universe")]
        await link.execute(PUT_UNIVERSE, universe, json.dumps(members))


def examples(prefixes: Sequence[str]) -> Sequence[Rule]:
    """Random rules that stored columns answer."""
    random_rules: list[Rule] = []
    shape = RuleShape(prefixes=prefixes, series=tuple(COLUMNS), longest_lag=1, windows=False)

    @given(rules(shape))
    @settings(max_examples=RULES, database=None)
    def draw(rule: Rule) -> None:
        random_rules.append(rule)

    draw()
    return random_rules


async def test_random_rules_hold_for_the_same_symbols(own_market: MarketDatabase) -> None:
    tables = scan_tables(await market_tables.inspect(own_market.link))
    assert tables
    evaluation = RuleEvaluation(own_market.snapshot)
    daily = own_market.snapshot.matrix("daily")
    current = {
        symbol for symbol, end in zip(daily.symbols, daily.end[:, -1], strict=True) if end == own_market.snapshot.now
    }
    comparisons, matches = 0, 0
    for rule in examples(own_market.case.prefixes):
        try:
            page = await scan(own_market.link, tables, ScanQuery(resolve(rule, "d")))
        except Inexpressible:
            continue
        truth = evaluation.last(rule).true[:, 0]
        expected = {symbol for symbol, true in zip(evaluation.symbols, truth, strict=True) if true}
        assert {row.symbol for row in page.rows} & current == expected & current, show(rule)
        comparisons, matches = comparisons + 1, matches + len(expected & current)

    assert comparisons > RULES / 2
    assert matches > RULES / 8
