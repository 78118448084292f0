"""The forms of a rule agree: its last column is the predicate of the last bar, and no column depends on later bars."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.finance.bars import Timeframe
from app.finance.detections import LIFE, bars_of_age, tier
from app.rules.catalogue import DETECTION_NUMBERS, TIMEFRAMES
from app.rules.comparison_truth import one_bar_before
from app.rules.evaluate import RuleEvaluation
from app.rules.market_bars import MarketSnapshot
from app.rules.parse import parse
from app.rules.predicate import BarDetection, BarValues, holds
from app.rules.resolve import resolve, series_of
from app.rules.tree import Rolling, Rule, Series
from tests.support.bar_matrices import SYMBOLS
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
@settings(max_examples=300)
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
    matrix = snapshot.matrix(timeframe)
    if symbol not in matrix.symbols:
        return None
    ends = matrix.end[matrix.symbols.index(symbol)].tolist()
    return float(sum(between[0] < end <= between[1] for end in ends))


def traded(snapshot: MarketSnapshot, symbol: str, node: Series | Rolling, end: float) -> float:
    matrix = snapshot.matrix(TIMEFRAMES[node.timeframe])
    row = matrix.symbols.index(symbol) if symbol in matrix.symbols else -1
    closed = [place for place in range(matrix.width) if row >= 0 and matrix.end[row, place] <= end]
    return float(matrix.traded[row, closed[-1 - node.lag]]) if len(closed) > node.lag else 1.0


@given(rule=rules(), seed=SEEDS, cut=st.integers(0, 59))
@settings(max_examples=200)
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
@settings(max_examples=100)
def test_the_last_bars_of_a_rule_are_those_of_the_whole(rule: Rule, seed: int, bars: int) -> None:
    """In whatever order and number of columns the operands were computed before."""
    last, whole = RuleEvaluation(market(seed).snapshot()).last(rule, bars), evaluation(seed).whole(rule)

    np.testing.assert_array_equal(last.true, whole.true[:, -bars:])
    np.testing.assert_array_equal(last.false, whole.false[:, -bars:])


def test_a_predicate_of_one_bar_refuses_a_window() -> None:
    with pytest.raises(ValueError, match="window"):
        holds(parse("in3(close:5..)"), BarValues({}, {}))


def test_every_symbol_takes_part() -> None:
    assert isinstance(market(0), RandomMarket)
    assert set(evaluation(0).symbols) == set(SYMBOLS)
