"""The shipped days of IBM with a split in the middle of them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from app.engine.analysis.analyse import Analysis, analyse
from app.engine.analysis.outcomes import OutcomeTracker
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.longer_bars import BarAggregator
from app.engine.startup.history import HistoryContext, analyse_history, growth, pattern_outcomes
from app.finance import history, periods, shares
from app.finance.adjust import Split, adjust
from app.finance.bars import Bar, Timeframe
from app.finance.series_by_timeframe import SeriesByTimeframe
from tests.support import split_adjusted_bars

EVEN = [bar for bar in history.read(Path("config/history/us-equities-daily.csv.gz")) if bar.symbol == "IBM"][-400:]
"""As they were: all in one share."""
AT = 397
SPLIT = Split(EVEN[AT].day, 2.0)
RAW = [
    bar._replace(open=bar.open * 2, high=bar.high * 2, low=bar.low * 2, close=bar.close * 2) if number < AT else bar
    for number, bar in enumerate(EVEN)
]
ALL = Thresholds(0.0)


def read(bars: Sequence[Bar], splits: shares.Splits, timeframe: Timeframe = "daily") -> Analysis:
    """Of the last bar."""
    series = SeriesByTimeframe()
    series.set_splits(splits)
    series.extend(bars)
    for longer in periods.FROM_DAYS:
        series.extend(split_adjusted_bars.merge(bars, longer, splits.get("IBM", ())))
    return analyse(series.timeframe(timeframe).panel(["IBM"]), ALL)


def values(analysis: Analysis) -> dict[str, float]:
    return {event.indicator: event.value for event in analysis.indicators if event.indicator != "relative_volume"}


@pytest.mark.parametrize("days", [AT + 1, AT + 2, AT + 3])
@pytest.mark.parametrize("timeframe", ["daily", "weekly", "monthly"])
def test_after_a_split_indicators_equal_those_of_the_adjusted_series(timeframe: Timeframe, days: int) -> None:
    indicators = values(read(RAW[:days], {"IBM": [SPLIT]}, timeframe))

    assert indicators == pytest.approx(values(read(EVEN[:days], {}, timeframe)), rel=1e-6, abs=1e-3)
    assert {"RSI14", "SMA20"} <= indicators.keys()
    assert values(read(RAW[:days], {}, timeframe)) != pytest.approx(indicators, rel=0.01)


def test_a_split_is_no_gap_and_no_breakdown() -> None:
    split, taken_for_a_fall = read(RAW[: AT + 1], {"IBM": [SPLIT]}), read(RAW[: AT + 1], {})

    falls = {"GapDown", "BreakdownLow"}
    assert falls <= {event.pattern for event in taken_for_a_fall.patterns}
    assert not falls & {event.pattern for event in split.patterns}
    assert {event.price for event in split.patterns} == {EVEN[AT].close}


def test_before_a_split_prices_and_levels_stay_unadjusted() -> None:
    later = analyse_history(RAW, HistoryContext(ALL, {}, [SPLIT]), 20)
    then = analyse_history(RAW[:AT], HistoryContext(ALL, {}), 17)

    end = max(event.at for event in then.patterns)
    assert [event for event in later.patterns if event.at <= end] == list(then.patterns)
    assert {event for event in later.indicators if event.at <= end} == set(then.indicators)


def test_an_outcome_across_a_split_is_adjusted() -> None:
    patterns = analyse_history(EVEN, HistoryContext(ALL, {}), 20).patterns
    split = analyse_history(RAW, HistoryContext(ALL, {}, [SPLIT]), 20).patterns

    even = {one.key: dict(one.returns) for one in pattern_outcomes(EVEN, patterns)}
    raw_returns = {one.key: dict(one.returns) for one in pattern_outcomes(RAW, split, [SPLIT])}

    both = even.keys() & raw_returns.keys()
    assert {key: raw_returns[key] for key in both} == {key: even[key] for key in both}
    assert len({key for key in both if 5 in raw_returns[key]}) > 10


def test_a_live_outcome_across_a_split_is_adjusted() -> None:
    outcome = next(pattern_outcomes(RAW[: AT - 1], analyse_history(RAW[: AT - 1], HistoryContext(ALL, {}), 1).patterns))
    outcomes = OutcomeTracker()
    outcomes.splits = {"IBM": [SPLIT]}
    outcomes.follow(outcome, RAW[AT - 2].start)

    updates = [update for bar in RAW[AT - 1 :] for update in outcomes.update([bar])]
    outcomes.follow(outcome._replace(pattern="Other"), RAW[AT - 1].start)
    one_later = outcomes.update([RAW[AT]])

    assert dict(updates[0].returns) == {1: round(EVEN[AT - 1].close / EVEN[AT - 2].close - 1, 6)}
    assert dict(one_later[0].returns) == {1: round(EVEN[AT].close / EVEN[AT - 2].close - 1, 6)}


def test_growth_and_previous_close_are_adjusted_to_the_shares_of_the_day() -> None:
    series, splits = SeriesByTimeframe(), {"IBM": [SPLIT]}
    series.set_splits(splits)
    series.extend(RAW)
    other = [bar._replace(symbol="FB") for bar in EVEN]
    series.extend(other)
    even = growth([EVEN, other])

    ring = series.timeframe("daily")

    assert growth([RAW, other], splits) == pytest.approx(even)
    assert ring.benchmark_growth("SPY", 20, 0.0) == pytest.approx(even[EVEN[-1].start])
    assert ring.benchmark_growth("IBM", 20, 0.0) == pytest.approx(EVEN[-1].close / EVEN[-21].close - 1)
    days = growth([EVEN, [bar._replace(symbol="SPY", close=bar.close * 1.01**at) for at, bar in enumerate(other)]])
    assert days[EVEN[-1].start] == pytest.approx((1 + even[EVEN[-1].start]) * 1.01**20 - 1)
    assert ring.last_before("IBM", RAW[AT].start) == EVEN[AT - 1].close
    assert ring.last_before("IBM", RAW[AT - 1].start) == RAW[AT - 2].close


def test_a_week_with_a_split_is_stored_raw_and_compared_adjusted() -> None:
    days = [bar for bar in RAW if bar.day.isocalendar()[:2] == EVEN[AT].day.isocalendar()[:2]]
    series = SeriesByTimeframe()
    series.set_splits({"IBM": [SPLIT]})
    series.extend(days)
    longer = BarAggregator(series.timeframe("daily"), ["weekly"])
    longer.add(days)

    week = next(iter(longer.running_bars(["IBM"])), None) or periods.merge(days, "weekly")[0]

    assert week == periods.merge(days, "weekly")[0]
    assert longer.adjusted_for_splits(week)[2:7] == pytest.approx(
        periods.merge(adjust(days, [SPLIT]).bars, "weekly")[0][2:7]
    )


@pytest.mark.parametrize(
    ("timeframe", "day"),
    [("daily", date(2012, 9, 5)), ("weekly", date(2012, 9, 3)), ("monthly", date(2012, 9, 1))],
)
def test_a_split_takes_effect_where_its_bar_begins(timeframe: Timeframe, day: date) -> None:
    assert shares.effective(Split(date(2012, 9, 5), 2.0), timeframe) == history.day_start(day)
