"""The forms of a rule agree: its last column is the predicate of the last bar, and no column depends on later bars."""

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.finance.bars import DAY, Timeframe, day_of
from app.finance.detections import LIFE, bars_of_age, tier
from app.finance.matrix import MatrixChange
from app.rules.catalogue import DETECTION_NUMBERS, TIMEFRAMES
from app.rules.comparison_truth import one_bar_before
from app.rules.evaluate import RuleEvaluation
from app.rules.market_bars import MarketSnapshot
from app.rules.parse import parse
from app.rules.predicate import BarDetection, BarValues, holds
from app.rules.resolve import resolve, series_of
from app.rules.tree import Rolling, Rule, Series
from tests.support.bar_matrices import SPLITS, SYMBOLS, matrix
from tests.support.market_snapshots import RandomMarket, random_market
from tests.support.rule_trees import RuleShape, rules

SEEDS = st.integers(0, 3)
market = cache(random_market)


@cache
def evaluation(seed: int) -> RuleEvaluation:
    return RuleEvaluation(market(seed).snapshot())


def outcomes(truth_true: np.ndarray, truth_false: np.ndarray) -> list[bool | None]:
    assert not (truth_true & truth_false).any()
    return [True if true else False if false else None for true, false in zip(truth_true, truth_false, strict=True)]


@given(rule=rules(RuleShape(windows=False)), seed=SEEDS)
@example(rule=parse("h.close:..15.34"), seed=0)
@example(rule=parse("h.close:..30.68,h.close:gt:close"), seed=0)
@settings(max_examples=150)
def test_the_last_column_of_a_rule_is_its_predicate_of_the_last_bar(rule: Rule, seed: int) -> None:
    snapshot, own = market(seed).snapshot(), evaluation(seed)

    truth = own.last(rule)

    expected = [holds(resolve(rule, "d"), bar(snapshot, own, rule, symbol)) for symbol in own.symbols]
    assert outcomes(truth.true[:, 0], truth.false[:, 0]) == expected


def bar(snapshot: MarketSnapshot, own: RuleEvaluation, rule: Rule, symbol: str) -> BarValues:
    row = own.symbols.index(symbol)
    end = float(snapshot.matrices["daily"].end[row, -1])
    nodes = [
        replace(node, times=1.0)
        for operand in series_of(resolve(rule, "d"))
        for node in (operand, one_bar_before(operand))
        if not (isinstance(node, Series) and node.field in DETECTION_NUMBERS)
    ]
    values = {node: float(own.values(node)[row, 0]) for node in nodes if isinstance(node, Series | Rolling)}
    words = {field: by_symbol[symbol] for field, by_symbol in snapshot.facts.items() if symbol in by_symbol}
    return BarValues(
        {node: None if np.isnan(value) else value for node, value in values.items()},
        {"symbol": (symbol,), **words},
        [
            BarDetection(
                one.pattern, tier(one.timeframe), one.direction, one.confidence,
                age(snapshot, symbol, bars_of_age(one.timeframe), (one.at, end)), end >= one.at + LIFE[one.timeframe],
            )
            for one in snapshot.detections
            if one.symbol == symbol and one.at <= end
        ],
        {(node.timeframe, node.lag): traded(snapshot, symbol, node, end) for node in values},
    )  # fmt: skip


def age(snapshot: MarketSnapshot, symbol: str, timeframe: Timeframe, between: tuple[float, float]) -> float | None:
    own = snapshot.matrix(timeframe)
    if symbol not in own.symbols:
        return None
    ends = own.end[own.symbols.index(symbol)].tolist()
    return float(sum(between[0] < end <= between[1] for end in ends))


def traded(snapshot: MarketSnapshot, symbol: str, node: Series | Rolling, end: float) -> float:
    """Price at that bar for one in the share of the day that ends then."""
    own = snapshot.matrix(TIMEFRAMES[node.timeframe])
    row = own.symbols.index(symbol) if symbol in own.symbols else -1
    closed = [place for place in range(own.width) if row >= 0 and own.end[row, place] <= end]
    if len(closed) <= node.lag:
        return 1.0
    day, today = (day_of(moment - 1) for moment in (own.end[row, closed[-1 - node.lag]], end))
    return math.prod(split.ratio for split in SPLITS.get(symbol, ()) if day < split.day <= today)


@given(rule=rules(), seed=SEEDS, cut=st.integers(0, 59))
@example(rule=parse("w.std1(close)@1:0.."), seed=2, cut=3)
@settings(max_examples=120)
def test_later_bars_change_no_column_of_a_rule(rule: Rule, seed: int, cut: int) -> None:
    own = evaluation(seed)
    daily = market(seed).snapshot().matrices["daily"]
    ends = np.unique(daily.end[~np.isnan(daily.end)])
    end = float(ends[cut % len(ends)])
    before = RuleEvaluation(market(seed).snapshot(end))

    whole, last = own.whole(rule), before.last(rule)

    assert whole.true.shape == daily.end.shape
    for row, place in zip(*np.nonzero(daily.end == end), strict=True):
        cut_row = before.symbols.index(own.symbols[row])
        one = (bool(whole.true[row, place]), bool(whole.false[row, place]))
        assert one == (bool(last.true[cut_row, 0]), bool(last.false[cut_row, 0])), own.symbols[row]


@given(rule=rules(), seed=SEEDS, bars=st.sampled_from([1, 2, 7]))
@settings(max_examples=60)
def test_the_last_bars_of_a_rule_are_those_of_the_whole(rule: Rule, seed: int, bars: int) -> None:
    """In whatever order and number of columns the operands were computed before."""
    last, whole = RuleEvaluation(market(seed).snapshot()).last(rule, bars), evaluation(seed).whole(rule)

    np.testing.assert_array_equal(last.true, whole.true[:, -bars:])
    np.testing.assert_array_equal(last.false, whole.false[:, -bars:])


@given(data=st.data(), seed=SEEDS)
@settings(max_examples=60)
def test_values_that_an_evaluation_takes_over_are_those_that_it_would_compute(data: st.DataObject, seed: int) -> None:
    """The running days of some symbols move, of one a day begins, and a rule is new."""
    rule, other, fresh = (data.draw(rules(RuleShape(prefixes=("w",)))) for _ in range(3))
    moving = data.draw(st.sets(st.sampled_from(SYMBOLS)))
    beginning = data.draw(st.sampled_from((*SYMBOLS, "")))
    before = daily_snapshot(seed, {}, "")
    after = daily_snapshot(seed, dict.fromkeys(moving, 1.07), beginning)
    days, unchanged = after.matrix("daily"), np.zeros(0, dtype=np.int64)
    fresh_rows = np.flatnonzero([symbol == beginning for symbol in days.symbols])
    changes = {"daily": MatrixChange(fresh_rows, newest=True), "weekly": MatrixChange(unchanged, newest=False)}
    after = after._replace(changes=changes)
    first = RuleEvaluation(before)
    for each in (rule, other):
        first.last(each, 3)

    second, alone = RuleEvaluation(after, before=first), RuleEvaluation(after)

    for each in (rule, fresh, other):
        for one, expected in zip(second.last(each, 2), alone.last(each, 2), strict=True):
            np.testing.assert_array_equal(one, expected)


def daily_snapshot(seed: int, factors: Mapping[str, float], beginning: str) -> MarketSnapshot:
    """The newest day of some symbols multiplied, and a day more of one."""
    snapshot = market(seed).snapshot()
    bars = list(market(seed).bars["daily"])
    newest = {bar.symbol: place for place, bar in enumerate(bars)}
    for symbol, factor in factors.items():
        bars[newest[symbol]] = bars[newest[symbol]]._replace(close=bars[newest[symbol]].close * factor, volume=77)
    if beginning in newest:
        bar = bars[newest[beginning]]
        bars.append(bar._replace(start=bar.start + 3 * DAY, close=bar.close + 1))
    return snapshot._replace(matrices={**snapshot.matrices, "daily": matrix("daily", bars, SPLITS, 60)})


def test_a_predicate_of_one_bar_refuses_a_window() -> None:
    with pytest.raises(ValueError, match="window"):
        holds(parse("in3(close:5..)"), BarValues({}, {}))


def test_every_symbol_takes_part() -> None:
    assert isinstance(market(0), RandomMarket)
    assert set(evaluation(0).symbols) == set(SYMBOLS)
