"""The symbol search: what a query finds, and how little it compares."""

import random
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.instrument import Instrument
from app.finance.symbol_index import MOST_COMPARED, MOST_COUNTED, SymbolIndex, clean_query, visible_query
from app.finance.symbols import folded
from tests.support import symbol_examples

NAMES = {
    "AAPL": "Apple Inc.",
    "BRK.B": "Berkshire Hathaway",
    "BF/B": "Brown-Forman",
    "X:BTCUSD": "Bitcoin",
    "FB": "Facebook, Inc.",
    "BCPC": "Balchem Corporation",
    "BCpC": "Brunswick Preferred C",
    ".DJI": "",
}
MANY = 20_000


def index(names: dict[str, str]) -> SymbolIndex:
    symbol_index = SymbolIndex()
    for symbol, name in names.items():
        symbol_index[symbol] = Instrument(symbol, name)
    return symbol_index


def symbols(instruments: list[Instrument]) -> list[str]:
    return [instrument.symbol for instrument in instruments]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AAPK", "AAPL"),
        ("AALP", "AAPL"),
        ("aap", "AAPL"),
        ("BRKB", "BRK.B"),
        ("BF.B", "BF/B"),
        ("BTCUSD", "X:BTCUSD"),
        ("facebook", "FB"),
        ("DJI", ".DJI"),
        ("BCPD", "BCpC"),
        ("BCPD", "BCPC"),
    ],
)
def test_a_mistyped_symbol_finds_near_matches(text: str, expected: str) -> None:
    assert expected in symbols(index(NAMES).near(text))


def test_nonsense_has_no_near_match() -> None:
    assert index(NAMES).near("\x00" * 1000) == []
    assert index(NAMES).near("") == []


def test_search_lists_symbol_matches_before_name_matches_and_counts_all() -> None:
    matches = index(NAMES).search("b", limit=4)

    assert symbols(matches.instruments) == ["BCPC", "BCpC", "BF/B", "BRK.B"]
    assert matches.total == 6
    assert symbols(index(NAMES).search("b", limit=100).instruments)[4:] == ["FB", "X:BTCUSD"]


def test_an_empty_search_returns_all_in_order() -> None:
    matches = index(NAMES).search("  ", limit=3)

    assert (symbols(matches.instruments), matches.total) == ([".DJI", "AAPL", "BCPC"], len(NAMES))


def test_a_name_that_changes_is_found_by_the_new_one_alone() -> None:
    instruments = index(NAMES)
    instruments["FB"] = Instrument("FB", "Meta Platforms")

    assert symbols(instruments.search("meta", 10).instruments) == ["FB"]
    assert instruments.search("facebook", 10).total == 0
    assert len(instruments) == len(NAMES)


def test_case_matters_in_a_search_only_where_symbols_differ_in_nothing_else() -> None:
    instruments = index(NAMES)

    assert instruments.spellings("aapl") == ("AAPL",)
    assert instruments.spellings("bcpc") == ("BCPC", "BCpC")
    assert instruments.spellings("BCpC") == ("BCpC",)
    assert instruments.spellings("nobody") == ()
    assert instruments.possible("nobody") == ("nobody", "NOBODY")
    assert instruments.possible("x:btcusd") == ("X:BTCUSD",)


@given(st.lists(symbol_examples.symbols, unique=True, max_size=20), st.text(max_size=5))
def test_every_symbol_is_found_by_itself_and_in_any_case(names: list[str], text: str) -> None:
    instruments = index(dict.fromkeys(names, text))
    for symbol in names:
        assert instruments.spellings(symbol) == (symbol,)
        assert symbol in instruments.spellings(symbol.swapcase()) or symbol.swapcase() in names
        assert symbol in symbols(instruments.search(symbol.lower(), len(names)).instruments)
        assert symbol in symbols(instruments.near(symbol, len(names)))
    assert sorted(symbols(instruments.search("", 100).instruments), key=lambda each: (folded(each), each)) == symbols(
        instruments.search("", 100).instruments
    )


def universes() -> dict[str, list[str]]:
    """As different as twenty thousand symbols can be."""
    rng = random.Random(1)
    letters = ["".join(rng.choices(string.ascii_uppercase, k=rng.randint(2, 5))) for _ in range(2 * MANY)]
    return {
        "letters": list(dict.fromkeys(letters))[:MANY],
        "numbers": [f"S{number:05d}" for number in range(MANY)],
        "long and alike": [f"AAAAAAAAAAAAAAAAAA{number:014b}" for number in range(MANY)],
        "in both cases": [f"{word}{number}" for number in range(MANY // 2) for word in ("Ab", "aB")],
    }


@pytest.mark.parametrize("kind", universes())
def test_a_search_compares_few_of_twenty_thousand_symbols(kind: str) -> None:
    names = universes()[kind]
    instruments = index(dict.fromkeys(names, "The Same Company of Ohio"))
    for text in ("AAPK", "S0013X", "A" * 64, "01" * 32, "ohio", string.ascii_uppercase + string.digits, names[77][:-1]):
        matches = instruments.candidates(folded(clean_query(text)))

        assert matches.entries_read <= MOST_COUNTED < MANY
        assert len(matches.symbols) <= MOST_COMPARED
        assert len(instruments.near(text)) <= 8
        assert len(instruments.search(text, 100).instruments) <= 100


def test_the_closest_of_twenty_thousand_symbols_is_still_offered() -> None:
    numbers = index(dict.fromkeys(universes()["numbers"], ""))
    assert all(re.fullmatch(r"S0\d139", symbol) for symbol in symbols(numbers.near("S0O139"))[:4])
    letters = index({**dict.fromkeys(universes()["letters"], ""), "BRK.B": ""})
    assert "BRK.B" in symbols(letters.near("BRKB"))


def test_a_query_is_cut_to_one_short_line() -> None:
    assert clean_query("  brk\n b ") == "brk b"
    assert len(clean_query("x" * 10_000)) == 64


def test_what_is_repeated_on_a_page_can_be_seen() -> None:
    assert visible_query("A\x00PL\u202e  B\x1b") == "A PL B"
