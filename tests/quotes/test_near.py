import pytest

from app.finance.instrument import Instrument
from app.quotes import near

KNOWN = {
    symbol: Instrument(symbol, name)
    for symbol, name in {
        "AAPL": "Apple Inc.",
        "BRK.B": "Berkshire Hathaway",
        "BF/B": "Brown-Forman",
        "X:BTCUSD": "Bitcoin",
        "FB": "Facebook, Inc.",
    }.items()
}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("AAPK", "AAPL"),
        ("aap", "AAPL"),
        ("BRKB", "BRK.B"),
        ("BF.B", "BF/B"),
        ("BTCUSD", "X:BTCUSD"),
        ("facebook", "FB"),
    ],
)
def test_a_slip_of_the_finger_leads_near(typed: str, expected: str) -> None:
    assert expected in [instrument.symbol for instrument in near.near(typed, KNOWN)]


def test_nothing_is_near_to_nonsense() -> None:
    assert near.near("\x00" * 1000, KNOWN) == []


def test_search_puts_symbols_before_names_and_tells_how_many_there_are() -> None:
    found = near.search("b", KNOWN, limit=3)

    assert [instrument.symbol for instrument in found.instruments] == ["BF/B", "BRK.B", "FB"]
    assert found.total == 4


def test_an_empty_search_finds_all() -> None:
    assert near.search("  ", KNOWN).total == len(KNOWN)
