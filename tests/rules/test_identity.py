"""Two spellings that mean the same have one key, and a rule says how far it looks back."""

from collections.abc import Callable, Mapping
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rules.identity import key
from app.rules.look_back import needs
from app.rules.parse import parse
from app.rules.resolve import resolve, series_of
from app.rules.show import operand_text, show
from app.rules.tree import Among, Condition, Number, Rule
from app.rules.walk import GROUPS, all_conditions, operands
from tests.support.rule_trees import rules

Change = Callable[[list[Condition]], list[Condition]]


def changed(conditions: tuple[Condition, ...], change: Change) -> tuple[Condition, ...]:
    """The lists of conditions at every depth, changed."""
    inside = [
        msgspec.structs.replace(each, conditions=changed(each.conditions, change)) if isinstance(each, GROUPS) else each
        for each in conditions
    ]
    return tuple(change(inside))


@settings(max_examples=100)
@given(rules(), st.randoms(use_true_random=False))
def test_the_key_knows_no_order_and_no_repetition(rule: Rule, random: Random) -> None:
    def shuffle(conditions: list[Condition]) -> list[Condition]:
        return random.sample(conditions, len(conditions)) + conditions[:1]

    assert key(Rule(changed(rule.conditions, shuffle))) == key(rule)


@given(rules())
def test_the_key_knows_no_inherited_timeframe(rule: Rule) -> None:
    assert key(resolve(rule, "d")) == key(rule)


SAME = [
    ("rsi14:..30,close:5..", "close:5..,rsi14:..30"),
    ("rsi:..30", "rsi14:le:30"),
    ("price:5..", "close:ge:5"),
    ("close:gt:open", "d.close:gt:d.open"),
    ("w.close:gt:sma30", "w.close:gt:w.sma30"),
    ("sector:Energy;Technology", "sector:technology;ENERGY;energy"),
    ("any(rsi:..30,stoch:..20)", "any(stoch:..20,rsi:..30,rsi14:..30)"),
    ("avg20(volume):500k..", "avg20(volume):500000.."),
]
OTHER = [
    ("close:gt:open", "close:ge:open"),
    ("close:gt:open", "w.close:gt:open"),
    ("close:gt:5", "close:5.."),
    ("close:5..", "all(close:5..)"),
    ("all(pattern:Hammer),all(tier:daily)", "all(pattern:Hammer,tier:daily)"),
    ("in5(close:5..)", "for5(close:5..)"),
    ("in5(close:5..)", "in6(close:5..)"),
    ("close@1:5..", "close:5.."),
    ("close*2:5..", "close:5.."),
    ("bb20.upper:5..", "bb20:5.."),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_rule_have_one_key(one: str, other: str) -> None:
    assert key(parse(one)) == key(parse(other))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_different_rules_have_different_keys(one: str, other: str) -> None:
    assert key(parse(one)) != key(parse(other))


def test_the_key_depends_on_universe_timeframe_and_version() -> None:
    rule = parse("close:5..")
    keys = {key(rule), key(rule, "sp500"), key(rule, timeframe="h"), key(rule, version=2)}

    assert len(keys) == 4
    assert key(parse("d.close:5.."), timeframe="h") != key(parse("close:5.."), timeframe="h")


def test_a_key_stays_the_same_in_other_releases() -> None:
    assert key(parse("rsi14:..30,close:gt:sma200"), "sp500") == "b530e2afe6008a705894"


@given(rules())
def test_every_operand_of_a_resolved_rule_says_its_timeframe(rule: Rule) -> None:
    resolved = resolve(rule, "h")

    for condition in all_conditions(resolved.conditions):
        assert all(isinstance(each, Number) or each.timeframe for each in operands(condition))
    assert resolve(resolved, "d") == resolved
    assert [type(each) for each in all_conditions(resolved.conditions)] == [
        type(each) for each in all_conditions(rule.conditions)
    ]


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("w.close:gt:sma30", "w.close:gt:w.sma30"),
        ("close:gt:w.sma30", "d.close:gt:w.sma30"),
        ("w.close:sma30..d.sma20", "w.close:w.sma30..d.sma20"),
        ("5:lt:w.close", "5:lt:w.close"),
        ("5:lt:close", "5:lt:d.close"),
        ("in5(w.max20(high)*2@1:up:close)", "in5(w.max20(high)*2@1:up:w.close)"),
        ("hammer,sector:Energy", "d.hammer,sector:Energy"),
        ("w.money:gt:cap", "w.money:gt:d.cap"),
    ],
)
def test_the_right_side_inherits_the_timeframe_of_the_left(text: str, resolved: str) -> None:
    assert show(resolve(parse(text), "d")) == resolved


NEEDS: Mapping[str, Mapping[str, int]] = {
    "close:5..": {"d": 1},
    "close@1:5..": {"d": 2},
    "chg:3..": {"d": 2},
    "rsi14:..30": {"d": 15},
    "sma50:up:sma200": {"d": 201},
    "in5(sma50:up:sma200)": {"d": 205},
    "close:gt:max252(high)@1": {"d": 253},
    "chg5(close):3..": {"d": 6},
    "bb20.width:le:min120(bb20.width)": {"d": 139},
    "w.close:gt:sma30,rsi14:..40": {"w": 30, "d": 15},
    "for3(h.close:gt:vwap),rs20:1.1..": {"h": 3, "d": 21},
    "in3(for2(any(close:5..,not(open@4:5..))))": {"d": 8},
    "close:low..high@3": {"d": 4},
    "sector:Energy": {},
    "5:lt:w.close@2": {"w": 3},
}


@pytest.mark.parametrize("text", NEEDS)
def test_a_rule_says_how_many_bars_it_needs(text: str) -> None:
    assert needs(parse(text), "d") == NEEDS[text]


def test_the_operands_of_a_rule_are_listed_once() -> None:
    rule = parse("close:gt:sma200,in5(close:gt:sma200*2,not(max20(high)@1:5..)),close@1:5..,sector:Energy")

    assert [operand_text(each) for each in series_of(rule)] == [
        "close",
        "sma200",
        "sma200*2",
        "max20(high)@1",
        "close@1",
    ]


def test_words_keep_their_case_in_the_rule() -> None:
    assert parse("sector:Health Care") == Rule((Among("sector", ("Health Care",)),))
