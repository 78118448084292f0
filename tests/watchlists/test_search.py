"""What a person types to add a symbol: exact, begun, named, mistyped."""

import pytest

from app.finance.instrument import Instrument
from app.finance.symbol_index import SymbolIndex
from app.watchlists.search import search

NAMES = {
    "AAPL": "Apple Inc.",
    "AA": "Alcoa Corporation",
    "BRK.B": "Berkshire Hathaway Class B",
    "BF/B": "Brown-Forman Corporation",
    "X:BTCUSD": "Bitcoin",
    "MSFT": "Microsoft Corporation",
    "ORCH": "Orchard Semiconductor",
    "BCPC": "Balchem Corporation",
    "BCpC": "Brunswick Preferred C",
}


@pytest.fixture(scope="module")
def index() -> SymbolIndex:
    symbols = SymbolIndex()
    for symbol, name in NAMES.items():
        symbols[symbol] = Instrument(symbol, name)
    return symbols


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("AAPL", "AAPL"),
        (" aapl ", "AAPL"),
        ("AA", "AA"),
        ("$AAPL", "AAPL"),
        ("NASDAQ:AAPL", "AAPL"),
        ("NYSE:BRK.B", "BRK.B"),
        ("BRK-B", "BRK.B"),
        ("BRK/B", "BRK.B"),
        ("brk b", "BRK.B"),
        ("BF.B", "BF/B"),
        ("$BF-B", "BF/B"),
        ("X:BTCUSD", "X:BTCUSD"),
        ("BCpC", "BCpC"),
        ("AAP", "AAPL"),
        ("MSF", "MSFT"),
        ("microsoft", "MSFT"),
        ("hathaway berk", "BRK.B"),
        ("soft", "MSFT"),
    ],
)
def test_a_text_with_one_clear_meaning_is_that_symbol(index: SymbolIndex, text: str, symbol: str) -> None:
    assert search(text, index).symbol == symbol


@pytest.mark.parametrize(
    ("text", "symbols", "mistyped"),
    [
        ("bcpc", ["BCPC", "BCpC"], False),
        ("corporation", ["AA", "BCPC", "BF/B", "MSFT"], False),
        ("B", ["BCPC", "BCpC", "BF/B", "BRK.B", "X:BTCUSD"], False),
        ("AAPK", ["AAPL"], True),
        ("micrasoft", ["MSFT"], True),
        ("mircosoft", ["MSFT"], True),
        ("berkshir hatheway", ["BRK.B"], True),
        ("semicondutor", ["ORCH"], True),
        ("zzzzz", [], True),
    ],
)
def test_a_text_with_several_meanings_or_an_error_offers_choices(
    index: SymbolIndex, text: str, symbols: list[str], mistyped: bool
) -> None:
    answer = search(text, index)

    assert answer.symbol is None
    assert answer.mistyped is mistyped
    offered = [instrument.symbol for instrument in answer.choices]
    assert set(symbols) <= set(offered)
    assert bool(offered) is bool(symbols)


def test_a_name_that_changes_is_found_by_its_new_words() -> None:
    symbols = SymbolIndex()
    symbols["META"] = Instrument("META", "Facebook")
    symbols["META"] = Instrument("META", "Meta Platforms")

    assert search("platforms", symbols).symbol == "META"
