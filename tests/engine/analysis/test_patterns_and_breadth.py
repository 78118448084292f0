from datetime import date
from typing import Any

import asyncpg
import pytest

from app.engine.analysis.analyse import identity
from app.engine.analysis.breadth import Breadth, Groups, MarketConditions, market_conditions
from app.engine.analysis.confluence import Confluence
from app.engine.analysis.deduplicate import Deduplicator
from app.engine.analysis.outcomes import OutcomeTracker, new_outcome, outcome_from_closes
from app.engine.bars.longer_bars import BarAggregator
from app.engine.storage import breadth as breadth_queries
from app.engine.universes import queries as universe_queries
from app.engine.universes.universe import STOCKS, Universe
from app.finance import calendar, periods
from app.finance.bars import DAY, Bar, day_start
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import regular
from app.wire.events.event import PatternDetected
from tests.support.running_engine import DAY as SESSION
from tests.support.running_engine import (
    EXACT,
    UNTIL,
    daily,
    events_of,
    eventually,
    forget_ticks,
    recorded_events,
    running_engine,
    running_feed,
    session_is_closed,
)

OPENS = regular(SESSION).opens


def minute(number: int, price: float = 10.0, volume: int = 5, symbol: str = "BRK.B") -> Bar:
    return Bar(symbol, "1min", OPENS + 60 * number, price, price + 1, price - 1, price + 0.5, volume)


def pattern(**fields: Any) -> PatternDetected:
    values = {
        "at": OPENS,
        "symbol": "BRK.B",
        "pattern": "Hammer",
        "timeframe": "1min",
        "confidence": 0.8,
        "price": 10.0,
    }
    values |= {"direction": "bullish", **fields}
    values["flow_id"] = identity(values["symbol"], values["pattern"], values["timeframe"], values["at"])
    return PatternDetected(**values)


def longer(*bars: Bar) -> tuple[BarAggregator, SeriesByTimeframe]:
    series = SeriesByTimeframe()
    series.extend(bars)
    return BarAggregator(series.timeframe("1min"), periods.FROM_MINUTES), series


def test_a_five_minute_bar_is_complete_with_its_last_minute() -> None:
    bars = [minute(number, 10 + number) for number in range(5)]
    aggregator, _ = longer(*bars)

    longer_bars = [aggregator.add([bar]) for bar in bars]

    assert longer_bars == [[], [], [], [], periods.merge(bars, "5min")]


def test_the_bar_of_a_silent_symbol_is_completed_by_the_clock() -> None:
    aggregator, _ = longer(minute(0))

    assert aggregator.add([minute(0)]) == []
    assert aggregator.complete_until(OPENS + 299) == []
    assert aggregator.complete_until(OPENS + 300) == periods.merge([minute(0)], "5min")
    assert aggregator.complete_until(OPENS + 300) == []


def test_a_corrected_minute_corrects_the_longer_bars_above_it() -> None:
    bars = [minute(number) for number in range(5)]
    aggregator, series = longer(*bars)
    for bar in bars:
        aggregator.add([bar])

    series.add(bars[4]._replace(volume=100))
    again = aggregator.add([bars[4]._replace(volume=100)])

    assert [(bar.timeframe, bar.volume) for bar in again] == [("5min", 120)]


def days_of(first: date, last: date) -> list[Bar]:
    return [Bar("IBM", "daily", day_start(day), 10, 12, 9, 11, 5) for day in calendar.sessions(first, last)]


def test_a_week_and_a_month_end_with_their_last_session_before_a_holiday() -> None:
    bars = days_of(date(2018, 3, 26), date(2018, 4, 2))
    series = SeriesByTimeframe()
    series.extend(bars)
    aggregator = BarAggregator(series.timeframe("daily"), periods.FROM_DAYS)

    bars_by_day = {bar.day: [(one.timeframe, one.day, one.volume) for one in aggregator.add([bar])] for bar in bars}

    over = [("weekly", date(2018, 3, 26), 20), ("monthly", date(2018, 3, 1), 20)]
    assert {day: longer_bars for day, longer_bars in bars_by_day.items() if longer_bars} == {date(2018, 3, 29): over}


def test_a_week_without_its_last_session_is_completed_by_the_clock() -> None:
    bars = days_of(date(2018, 3, 26), date(2018, 3, 28))
    series = SeriesByTimeframe()
    series.extend(bars)
    aggregator = BarAggregator(series.timeframe("daily"), ["weekly"])
    aggregator.add(bars)
    closes = regular(date(2018, 3, 29)).closes

    assert aggregator.complete_until(closes - 1) == []
    assert aggregator.complete_until(closes) == periods.merge(bars, "weekly")
    assert aggregator.complete_until(closes) == []


def test_a_pattern_is_followed_for_one_five_and_twenty_bars() -> None:
    outcomes = OutcomeTracker()
    outcomes.follow(new_outcome(pattern()), OPENS)

    changes = [outcomes.update([minute(number, 10 + number)]) for number in range(25)]

    returns = {number: dict(one[0].returns) for number, one in enumerate(changes) if one}
    assert returns == {1: {1: 0.15}, 5: {5: 0.55}, 20: {20: 2.05}}


def test_the_outcome_of_a_past_pattern_covers_the_bars_after_it() -> None:
    outcome = outcome_from_closes(pattern(), [11.0, 12.0, 12.0, 12.0, 9.0, 8.0])

    assert dict(outcome.returns) == {1: 0.1, 5: -0.1}


@pytest.mark.parametrize(
    ("fields", "confirmed"),
    [
        ({}, True),
        ({"direction": "bearish"}, False),
        ({"direction": "neutral"}, False),
        ({"symbol": "IBM"}, False),
        ({"at": OPENS + 6 * DAY}, False),
        ({"timeframe": "weekly"}, False),
    ],
    ids=("same way", "other way", "no way", "other symbol", "too long after", "no intraday one"),
)
def test_an_intraday_pattern_confirms_a_daily_one_that_holds(fields: dict[str, Any], confirmed: bool) -> None:
    confluence = Confluence()
    confluence.detect([pattern(pattern="MorningStar", timeframe="daily", at=OPENS - DAY, confidence=0.9)])

    combinations = confluence.detect([pattern(**{"confidence": 0.8, **fields})])

    summaries = [(one.pattern, one.tier, one.timeframe, one.confidence) for one in combinations]
    assert summaries == ([("MorningStar", "combo", "combo", 0.849)] if confirmed else [])


def test_a_corrected_bar_updates_its_pattern_and_repeats_nothing() -> None:
    deduplicator = Deduplicator()

    first = deduplicator.classify([pattern()])
    same = deduplicator.classify([pattern()])
    surer = deduplicator.classify([pattern(confidence=0.85)])

    assert ([len(part) for part in first], [len(part) for part in same]) == ([1, 0], [0, 0])
    assert surer[0] == []
    assert [(one.confidence, one.flow_id) for one in surer[1]] == [(0.85, pattern().flow_id)]


def test_breadth_counts_symbols_with_a_previous_close() -> None:
    days = [Bar(symbol, "daily", 0.0, 1, 1, 1, close, 100) for symbol, close in (("A", 11.0), ("B", 9.0), ("C", 5.0))]

    conditions = market_conditions(60.0, days, {"A": 10.0, "B": 10.0}, Groups({"A": "Energy"}))

    assert conditions
    assert (
        conditions.whole.advancing,
        conditions.whole.declining,
        conditions.whole.symbols,
        conditions.whole.volume,
    ) == (1, 1, 2, 200)
    assert {name: stand.change for name, stand in conditions.sectors.items()} == {"Energy": 0.1}
    assert market_conditions(60.0, days, {}, Groups()) is None


def test_breadth_of_a_universe_counts_its_traded_members() -> None:
    days = [Bar(symbol, "daily", 0.0, 1, 1, 1, close, 100) for symbol, close in (("A", 11.0), ("B", 9.0), ("C", 10.0))]
    universes = {"own:two": ("A", "C", "GONE"), "own:all": ("A", "B", "C"), "own:none": ("GONE",)}

    conditions = market_conditions(60.0, days, dict.fromkeys("ABC", 10.0), Groups({}, universes))

    assert conditions
    assert conditions.universes == {"own:two": Breadth(2, 1, 0, 0.05, 200), "own:all": Breadth(3, 1, 1, 0.0, 300)}
    assert conditions.whole == conditions.universes["own:all"]


async def test_the_breadth_of_universes_is_stored_once_and_deleted_after_a_month(link: asyncpg.Connection) -> None:
    stand = Breadth(2, 1, 0, 0.05, 200)
    conditions = MarketConditions(1_000_000.0, stand, {"Energy": stand}, {"own:two": stand})

    for one in (conditions, conditions._replace(universes={"own:two": stand._replace(advancing=2)})):
        await breadth_queries.put_conditions(link, [one])

    rows = await link.fetch(
        "select universe, symbols, advancing, declining, change::float8, volume from universe_conditions"
    )
    assert [tuple(row) for row in rows] == [("own:two", 2, 2, 0, 0.05, 200)]
    await breadth_queries.forget(link, 1_000_000.0 + 20 * DAY)
    assert await link.fetchval("select count(*) from universe_conditions") == 1
    await breadth_queries.forget(link, 1_000_000.0 + 32 * DAY)
    assert await link.fetchval("select count(*) from universe_conditions") == 0
    assert await link.fetchval("select count(*) from sector_conditions") == 1


async def test_a_market_without_a_table_for_universes_keeps_the_rest(link: asyncpg.Connection) -> None:
    stand = Breadth(2, 1, 0, 0.05, 200)
    await link.execute("drop table universe_conditions")

    await breadth_queries.put_conditions(link, [MarketConditions(1_000_000.0, stand, {}, {"own:two": stand})])
    await breadth_queries.forget(link, 1_000_000.0)

    assert await link.fetchval("select symbols_count from market_conditions") == 2


async def test_a_session_leaves_exact_bars_hours_weeks_breadth_and_outcomes(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    two = tuple(bar.symbol for bar in EXACT[:2])
    await universe_queries.put(link, Universe(STOCKS, "test", "two", (*two, "GONE")), SESSION)

    async with running_engine(redis_url, database_url, min_confidence=0.5), running_feed(redis_url):
        await eventually(lambda: daily(link, SESSION))
        await eventually(lambda: link.fetchval("select max(week_start) > $1 from ohlcv_weekly", UNTIL))
        await eventually(lambda: link.fetchval("select count(*) >= 7 * 5 from ohlcv_hourly"))

    assert await daily(link, SESSION) == EXACT
    minutes = await link.fetch(
        "select symbol, max(high)::float8, min(low)::float8, sum(volume)::int8 from ohlcv_1min group by 1 order by 1"
    )
    assert [tuple(row) for row in minutes] == [(bar.symbol, bar.high, bar.low, bar.volume) for bar in EXACT]
    hours = await link.fetch(
        "select symbol, sum(volume)::int8, max(high)::float8 from ohlcv_hourly group by 1 order by 1"
    )
    assert [tuple(row) for row in hours] == [(bar.symbol, bar.volume, bar.high) for bar in EXACT]
    weeks = await link.fetch("select symbol, volume from ohlcv_weekly where week_start = '2012-09-03' order by 1")
    assert [tuple(row) for row in weeks] == [(bar.symbol, bar.volume) for bar in EXACT]
    assert await link.fetchval("select max(symbols) from universe_conditions where universe = 'test:two'") == 2
    assert await link.fetchval("select max(advancing_count + declining_count) from market_conditions") == 5
    assert await link.fetchval("select count(*) from pattern_outcomes where return_20 is not null") > 100
    assert await link.fetchval("select bool_and(levels[1] > 0) from daily_patterns where pattern_type = 'BreakoutHigh'")


async def test_a_pattern_disabled_by_the_operator_is_not_detected_again(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    names = await link.fetch("select distinct pattern_type from daily_patterns")
    await link.execute("update pattern_definitions set enabled = false; delete from intraday_patterns")

    async with (
        recorded_events(redis_url) as events,
        running_engine(redis_url, database_url, min_confidence=0.3),
        running_feed(redis_url),
    ):
        await eventually(lambda: daily(link, SESSION))

    assert await link.fetchval("select count(*) from pattern_definitions where not enabled") >= len(names) > 5
    assert events_of(PatternDetected, events) == []
    assert await link.fetchval("select count(*) from intraday_patterns") == 0


async def test_minutes_without_received_ticks_are_recorded_as_a_gap(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    last = Bar("IBM", "1min", OPENS + 600, 10, 10, 10, 10, 1)
    await link.execute("insert into ohlcv_1min values ('IBM', to_timestamp($1), 10, 10, 10, 10, 1)", last.start)

    async with running_feed(redis_url):
        await eventually(lambda: session_is_closed(redis_url))
    await forget_ticks(redis_url)
    async with running_engine(redis_url, database_url):
        await eventually(lambda: link.fetchval("select count(*) from feed_gaps"))

    columns = "reason, extract(epoch from began)::float8, extract(epoch from ended)::float8"
    gaps = await link.fetch(f"select {columns} from feed_gaps")
    assert [tuple(gap) for gap in gaps] == [("restart", OPENS + 660, regular(SESSION).closes)]
