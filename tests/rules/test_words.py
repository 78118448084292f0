"""Conditions in words, and the form beside the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.catalogue import FIELDS, WORD_FIELDS
from app.rules.form_rows import CHOICES, FormRow, field_choices, rows, rule_text
from app.rules.parse import parse
from app.rules.presets import PRESETS
from app.rules.show import condition_text, show
from app.rules.tree import Rule
from app.rules.words import describe, without
from tests.support.rule_trees import rules

IN_WORDS = {
    "rsi14:..40": "RSI 14 at most 40",
    "close:gt:sma200": "Close above SMA 200",
    "avg20(volume):500k..": "20-bar mean volume at least 500k",
    "chg:..-3": "Change at most \u22123 %",
    "gap:3..5": "Gap from 3 % to 5 %",
    "close:sma50*0.98..sma50*1.02": "Close from SMA 50 \u00d7 0.98 to SMA 50 \u00d7 1.02",
    "close:gt:max252(high)@1": "Close above highest high of 252 bars, 1 bar ago",
    "chg63(close):10..": "63-bar change of close at least 10 %",
    "w.close:gt:d.sma30@2": "Weekly close above daily SMA 30, 2 bars ago",
    "m5.close:ne:5": "5-minute close not equal to 5",
    "macd:down:macd.signal": "MACD crosses below MACD signal",
    "bb20.width:le:min120(bb20.width)": "Bollinger 20 width at most lowest Bollinger 20 width of 120 bars",
    "symbol:BRK.B;BF/B;X:BTCUSD": "Symbol BRK.B or BF/B or X:BTCUSD",
    "hammer": "Hammer",
    "goldencross:0.8..": "GoldenCross at least 0.8",
    "gap": "Gap above 0",
    "in5(sma50:up:sma200)": "On one of the last 5 bars: SMA 50 crosses above SMA 200",
    "for3(close:gt:open,gap)": "On each of the last 3 bars: close above open and gap above 0",
    "any(rsi:..30,all(gap,hammer))": "RSI 14 at most 30 or (gap above 0 and Hammer)",
    "not(industry:Biotechnology)": "Not industry Biotechnology",
    "not(gap,hammer)": "Not (gap above 0 and Hammer)",
    "5:lt:cap": "5 below market capitalisation",
}


@pytest.mark.parametrize("text", IN_WORDS)
def test_a_condition_is_described_in_words(text: str) -> None:
    (condition,) = parse(text).conditions

    assert describe(condition) == IN_WORDS[text]


@given(rules())
def test_every_condition_has_words(rule: Rule) -> None:
    assert all("{" not in (text := describe(each)) and text.strip() for each in rule.conditions)


@given(rules())
def test_a_condition_is_removed_by_its_place(rule: Rule) -> None:
    for place in range(len(rule.conditions)):
        left = [condition_text(each) for number, each in enumerate(rule.conditions) if number != place]
        assert show(without(rule, place)) == ",".join(left)


def test_the_last_condition_can_be_removed() -> None:
    assert without(parse("close:5.."), 0) == Rule(())
    with pytest.raises(IndexError):
        without(parse("close:5.."), 1)


@given(rules())
def test_the_form_writes_the_line_that_it_was_made_from(rule: Rule) -> None:
    form = rows(rule)

    assert parse(rule_text(form)) == rule
    assert {row.comparison for row in form} <= CHOICES.keys()


def test_rows_say_what_a_condition_compares() -> None:
    text = (
        "rsi14:..40,close:5..,gap:3..5,close:gt:sma200,sma50:up:sma200,sector:Energy;Technology,hammer,any(gap,hammer)"
    )

    assert rows(parse(text)) == [
        FormRow("rsi14", "most", "40"),
        FormRow("close", "least", "5"),
        FormRow("gap", "between", "3..5"),
        FormRow("close", "gt", "sma200"),
        FormRow("sma50", "up", "sma200"),
        FormRow("sector", "is", "Energy; Technology"),
        FormRow("hammer", "flag", ""),
        FormRow("", "text", "any(gap,hammer)"),
    ]


@pytest.mark.parametrize(
    ("row", "spelling"),
    [
        (FormRow("rsi14", "most", " 40 "), "rsi14:..40"),
        (FormRow("close", "gt", "SMA 200"), "close:gt:sma200"),
        (FormRow("close", "between", "5 and 50"), "close:5..50"),
        (FormRow("close", "between", "5 to 50"), "close:5..50"),
        (FormRow("sector", "is", "Energy, Technology"), "sector:Energy;Technology"),
        (FormRow("sector", "most", "Energy"), "sector:Energy"),
        (FormRow("", "most", "gap > 3"), "gap:gt:3"),
        (FormRow("hammer", "flag", "5"), "hammer"),
    ],
)
def test_a_row_may_be_filled_in_as_people_write(row: FormRow, spelling: str) -> None:
    assert show(parse(rule_text([row, FormRow("", "most", " ")]))) == spelling


@given(st.lists(st.builds(FormRow, st.text(max_size=8), st.sampled_from([*CHOICES, "x", ""]), st.text(max_size=8))))
def test_any_rows_make_a_text(form: list[FormRow]) -> None:
    assert isinstance(rule_text(form), str)


def test_the_form_offers_every_field_once() -> None:
    choices = [value for group in field_choices().values() for value, _ in group]
    names = {value.rstrip("0123456789") for value in choices} | set(choices)

    assert len(set(choices)) == len(choices)
    assert {*FIELDS, *WORD_FIELDS} - names == set()
    assert "avg20(volume)" in choices


def test_the_form_offers_the_fields_of_its_own_rows() -> None:
    form = rows(parse("w.rsi9:..30,rsi14:..30,any(gap)"))

    assert field_choices(form)["This rule"] == [("w.rsi9", "w.rsi9")]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_the_form_shows_every_screen(preset: object) -> None:
    rule = parse(getattr(preset, "text"))  # noqa: B009

    assert show(parse(rule_text(rows(rule)))) == show(rule)
