"""Match lists: whom a rule holds for in a scope, how many each condition leaves, and why a symbol left."""

import numpy as np
import pytest

from app.rules.evaluate import RuleEvaluation
from app.rules.live_rule import MarketNeeds, live_rule, market_needs
from app.rules.market_bars import MarketSnapshot
from app.rules.matching import Departure, RuleMatching, RuleScope
from app.rules.parse import parse
from app.rules.presets import PRESETS
from tests.support.bar_matrices import SYMBOLS
from tests.support.market_snapshots import random_market

EVERY = RuleScope()
MARKET = random_market(1).snapshot()


def closes() -> dict[str, float]:
    matrix = MARKET.matrix("daily")
    return dict(zip(matrix.symbols, matrix.close[:, -1].tolist(), strict=True))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_matches_are_the_symbols_for_which_the_rule_holds(preset: object) -> None:
    rule = parse(preset.text)  # type: ignore[attr-defined]
    truth = RuleEvaluation(MARKET)

    matches = RuleMatching(MARKET).matches(rule, "d", EVERY)

    expected = [truth.symbols[row] for row in np.flatnonzero(truth.last(rule).true[:, -1])]
    assert matches.symbols == tuple(sorted(expected))
    assert len(matches.left) == len(rule.conditions) + 1
    assert matches.left[-1] == len(matches.symbols)
    assert list(matches.left) == sorted(matches.left, reverse=True)


def test_a_scope_is_its_universes_and_named_symbols_and_leaves_out_what_is_inactive() -> None:
    universe = {"AAA": ("stocks:x", "x"), "IBM": ("stocks:big", "big")}
    market = MarketSnapshot(MARKET.matrices, {"universe": universe})
    matching, rule = RuleMatching(market, frozenset(("IBM", "SPY"))), parse("close:gt:0")

    assert matching.matches(rule, "d", EVERY).symbols == ("BF/B", "BRK.B", "X:BTCUSD")
    assert matching.matches(rule, "d", RuleScope(("BIG",))).symbols == ()
    assert RuleMatching(market).matches(rule, "d", RuleScope(("BIG",))).symbols == ("IBM",)
    assert matching.matches(rule, "d", RuleScope((), ("IBM", "NONE"))).symbols == ("IBM",)
    assert matching.matches(rule, "d", RuleScope((), ())) == ((), (0, 0))
    assert RuleMatching(market).matches(rule, "d", RuleScope(("big",), ("BF/B",))).symbols == ("BF/B", "IBM")


def test_a_departure_names_the_first_condition_that_does_not_hold_and_the_value_of_its_left_side() -> None:
    matching, close = RuleMatching(MARKET), closes()["BF/B"]
    rule = parse("close:gt:0,close:lt:0,sector:Nowhere")

    assert matching.departures(rule, "d", EVERY, ("BF/B",))["BF/B"] == Departure("Close below 0", pytest.approx(close))
    assert matching.departures(parse("sector:Nowhere"), "d", EVERY, ("BF/B",))["BF/B"] == Departure("Sector Nowhere")
    assert matching.departures(parse("in5(close:lt:0)"), "d", EVERY, ("BF/B",))["BF/B"] == Departure(
        "On one of the last 5 bars: close below 0"
    )
    assert matching.departures(rule, "d", EVERY, ("GONE",))["GONE"] == Departure()
    assert matching.departures(rule, "d", RuleScope((), ("IBM",)), ("BF/B",))["BF/B"] == Departure()


def test_a_key_is_of_the_meaning_and_the_scope() -> None:
    one, other = parse("close:5..,rsi14:..30"), parse("rsi14:..30, close >= 5")

    assert live_rule(one, "d", (), None).key == live_rule(other, "d", (), None).key
    scopes = [(("a", "b"), None), (("a",), None), ((), None), ((), ("IBM",)), (("IBM",), None), ((), ()), ((), SYMBOLS)]
    keys = {live_rule(one, "d", *scope).key for scope in scopes}
    assert len(keys) == len(scopes)
    assert live_rule(one, "d", ("b", "a"), None) == live_rule(one, "d", ("a", "b"), None)
    assert live_rule(one, "w", (), None).key not in keys


def test_needs_are_the_timeframes_and_whether_detections_count() -> None:
    assert market_needs(parse("w.close:gt:sma30,rsi14:..40"), "d") == MarketNeeds(frozenset("dw"), False)
    assert market_needs(parse("hammer:0.8.."), "d") == MarketNeeds(frozenset("d"), True)
    assert market_needs(parse("not(tier:daily)"), "w") == MarketNeeds(frozenset("w"), True)
    assert len(market_needs(parse("direction:bullish,age:..3"), "d").prefixes) == 8
    assert MarketNeeds(frozenset("d")) <= MarketNeeds(frozenset("dw"), True)
    assert not MarketNeeds(frozenset("d"), True) <= MarketNeeds(frozenset("dw"))
