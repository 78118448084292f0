"""What a valid symbol is, and which one a query means."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance import symbols
from app.finance.symbols import folded, is_storable, is_symbol, spelt
from app.web.filters import dom_id
from tests.support import symbol_examples

ID = re.compile(r"[a-z0-9_-]+")


@pytest.mark.parametrize("symbol", symbol_examples.ODD)
def test_symbols_of_all_sources_are_valid(symbol: str) -> None:
    assert is_symbol(symbol)


@pytest.mark.parametrize("text", symbol_examples.NONE)
def test_text_with_separators_or_path_parts_is_no_symbol(text: str) -> None:
    assert not is_symbol(text)


@given(st.text(alphabet="AaZz09^$.:=&+/-_%\\,' \n", max_size=40))
def test_the_published_pattern_agrees_with_the_check(text: str) -> None:
    match = re.search(f"^{symbols.PATTERN}$", text)

    assert is_symbol(text) == (match is not None and match[0] == text)


def test_the_tables_allow_shorter_symbols_than_messages() -> None:
    assert is_storable("X" * symbols.LONGEST_STORED)
    assert is_symbol("X" * 32)
    assert not is_storable("X" * (symbols.LONGEST_STORED + 1))


def test_a_query_means_the_exact_symbol_or_all_that_differ_only_in_case() -> None:
    names = ("BCPC", "BCpC", "AAPL")

    assert spelt("BCpC", names) == ("BCpC",)
    assert spelt("bcpc", names) == ("BCPC", "BCpC")
    assert spelt("aapl", names) == ("AAPL",)
    assert spelt("AAP", names) == ()


@given(symbol_examples.symbols, symbol_examples.symbols)
def test_every_symbol_has_a_distinct_dom_id(one: str, other: str) -> None:
    assert ID.fullmatch(dom_id("last", one))
    assert (dom_id("last", one) == dom_id("last", other)) == (one == other)
    for alike in {one.lower(), one.upper(), one.swapcase()} - {one}:
        assert folded(alike) == folded(one)
        assert dom_id("last", alike) != dom_id("last", one)


@given(symbol_examples.symbols, symbol_examples.symbols)
def test_dom_ids_of_several_parts_are_distinct(one: str, other: str) -> None:
    assert (dom_id("pattern", one, other) == dom_id("pattern", other, one)) == (one == other)
    assert dom_id("pattern", one, other) != dom_id("pattern", f"{one}-{other}")
