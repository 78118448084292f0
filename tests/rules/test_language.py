"""The spelling of a rule and its tree are two forms of one thing."""

import string

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.rules.catalogue import COLUMNS, DETECTION_NUMBERS, FIELDS, WORD_FIELDS
from app.rules.errors import marks
from app.rules.parse import parse
from app.rules.resolve import series_of
from app.rules.show import show
from app.rules.tree import Among, Rule, Series
from tests.support.rule_trees import RuleShape, problems, rules

ALPHABET = string.ascii_lowercase[:6] + "AZ0159 .:;,()*@<>=[]%\u2212\u2264\u00e9\n\x00"
PIECES = (
    "rsi14", "close", "w.", "vwap", "max20(", ")", "(", ":", "..", ",", ";", "@1", "*2", "30", "-3", "500k", "any(",
    "2*", "10b*",
    "not(", "in5(", "for3(", "lt", ":up:", "sector:", "Energy", " and ", " or ", "%", "<=", "conf:0.8..", "hammer", " ",
    "within 5 bars", "crosses above", "between", "symbol in (", "not ", "cap", "[1]", "99999999999999999999", ".",
)  # fmt: skip


@settings(max_examples=300)
@given(rules())
def test_a_rule_is_parsed_as_it_is_shown(rule: Rule) -> None:
    assert parse(show(rule)) == rule


@settings(max_examples=50)
@given(rules(RuleShape(series=tuple(COLUMNS), longest_lag=1, windows=False)))
def test_a_rule_of_stored_columns_holds_nothing_else(rule: Rule) -> None:
    plain = {
        msgspec.structs.replace(operand, timeframe="", times=1.0, lag=0)
        for operand in series_of(rule)
        if not (isinstance(operand, Series) and operand.field in DETECTION_NUMBERS)
    }

    assert parse(show(rule)) == rule
    assert plain <= set(COLUMNS)


@given(st.text(min_size=1, max_size=30))
def test_words_are_kept_as_they_are_typed(word: str) -> None:
    assume(not problems(text := f"sector:{word}"))

    rule = parse(text)
    assert parse(show(rule)) == rule


def test_a_word_may_hold_signs_of_the_language() -> None:
    words = ("BRK.B", "BF/B", "X:BTCUSD", "Oil and Gas", "A..B", "not=that", "R&D", "50%")

    assert parse(f"symbol:{';'.join(words)}") == Rule((Among("symbol", words),))


def check_text(text: str) -> None:
    """It is a rule with one spelling, or a RuleError with a place in it."""
    if reasons := problems(text):
        assert all(1 <= problem.at <= len(text) + 1 and problem.length >= 0 for problem in reasons)
        assert "".join(each.text for each in marks(text, reasons)).replace(" ", "") == text.replace(" ", "")
        return
    rule = parse(text)
    assert parse(show(rule)) == rule
    assert show(parse(show(rule))) == show(rule)


@settings(max_examples=500)
@given(st.one_of(st.text(max_size=60), st.text(ALPHABET, max_size=40)))
def test_no_text_raises_anything_but_the_error_of_rules(text: str) -> None:
    check_text(text)


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_pieces_of_rules_raise_anything_but_the_error_of_rules(text: str) -> None:
    check_text(text)


@settings(max_examples=200)
@given(rules(), st.data())
def test_no_changed_rule_raises_anything_but_the_error_of_rules(rule: Rule, data: st.DataObject) -> None:
    text = show(rule)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 4)))
    piece = data.draw(st.one_of(st.sampled_from(PIECES), st.text(ALPHABET, max_size=3)))

    check_text(text[:start] + piece + text[end:])


@pytest.mark.parametrize("field", [*FIELDS.values(), *WORD_FIELDS.values()], ids=lambda field: field.name)
def test_every_example_of_the_catalogue_is_a_rule(field: object) -> None:
    example = getattr(field, "example")  # noqa: B009

    assert show(parse(example, "h" if field is FIELDS["vwap"] else "d")) == example
