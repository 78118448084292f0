"""The list of symbols: its order and its pages."""

from app.quotes.board import QuoteBoard
from tests.support.quote_samples import quote, tick


def test_pages_of_symbols_are_read_without_reading_the_others() -> None:
    board = QuoteBoard()
    names = [f"S{number:05d}" for number in range(5_000)]
    for symbol in reversed(names):
        board.apply(tick(symbol, 1.0))
    board.apply(tick(".DJI", 1.0))

    assert [entry.symbol for entry in board.first(3)] == [".DJI", "S00000", "S00001"]
    assert [entry.symbol for entry in board.first(2, after="S04000")] == ["S04001", "S04002"]
    assert [entry.symbol for entry in board.first(9, after="S04997x")] == ["S04998", "S04999"]
    board.apply(tick("S00000A", 1.0))
    assert [entry.symbol for entry in board.first(2, after="S00000")] == ["S00000A", "S00001"]
    assert board.count == 5_002


def test_invalid_stored_symbols_and_those_beyond_the_limit_get_no_quote() -> None:
    board = QuoteBoard(limit=1)
    board.seed([quote("../X"), quote("BRK.B"), quote("IBM")])

    assert [entry.symbol for entry in board.first(10)] == ["BRK.B"]
