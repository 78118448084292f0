"""Template filters besides numbers and times: ids, words, arrows and classes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.instrument import Instrument
from app.web import filters, numbers


def test_a_direction_has_an_arrow_and_a_tone() -> None:
    assert [filters.arrow(value) for value in (1.0, -1.0, 0.0, None)] == ["▲", "▼", "", ""]
    assert [filters.tone(value) for value in (1.0, -1.0, 0.0, None)] == ["up", "down", "flat", "flat"]


def test_a_dom_id_is_readable_where_possible() -> None:
    assert filters.dom_id("last", "AAPL") == "last-aapl"
    assert filters.dom_id("last", "BRK.B") == "last-brk__2e_b"
    assert filters.dom_id("last", "BF/B") == "last-bf__2f_b"
    assert filters.dom_id("last", "X:BTCUSD") == "last-x__3a_btcusd"


parts = st.lists(st.text(max_size=8), min_size=1, max_size=3).map(tuple)


@given(parts, parts)
def test_a_dom_id_is_safe_in_a_selector_and_unique(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    first, second = filters.dom_id("k", *one), filters.dom_id("k", *other)

    assert re.fullmatch(r"k[a-z0-9_-]*", first)
    assert (first == second) == (one == other)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("DarkCloudCover", "Dark Cloud Cover"),
        ("Weekly_Breakout", "Weekly Breakout"),
        ("Doji", "Doji"),
        ("BreakoutBO", "Breakout BO"),
        ("MACDCrossUp", "MACD Cross Up"),
    ],
)
def test_pattern_names_are_split_into_words(name: str, read: str) -> None:
    assert filters.words(name) == read


@pytest.mark.parametrize(
    ("code", "name"), [("XNYS", "NYSE"), ("xnas", "Nasdaq"), ("ARCX", "NYSE Arca"), ("NYSE", "NYSE"), ("-", "-")]
)
def test_an_exchange_has_its_common_name(code: str, name: str) -> None:
    assert filters.exchange_name(code) == name


def test_a_price_of_other_than_two_decimals_has_a_class_that_keeps_points_in_line() -> None:
    stock = Instrument("PENNY")

    assert [filters.decimals_class(numbers.price_places(value, stock)) for value in (0.4382, 1.02)] == [" d4", ""]
    classes = [filters.decimals_class(places) for places in (0, 1, 2, 3, 4, 5, 8)]
    assert classes == [" d0", " d0", "", " d3", " d4", " d8", " d8"]
