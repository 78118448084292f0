"""The list of symbols: its order, its pages, and the rows of the desk."""

from app.quotes.board import BOARD_ROWS, QuoteBoard
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


def test_a_symbol_beyond_the_rows_of_the_desk_causes_no_new_rows() -> None:
    board = QuoteBoard()
    for number in range(BOARD_ROWS):
        board.apply(tick(f"M{number:03d}", 1.0))
    assert board.take_new_rows(0.0)

    board.apply(tick("N", 1.0))
    assert not board.take_new_rows(60.0)
    board.apply(tick("A", 1.0))
    assert board.take_new_rows(60.0)
    assert not board.take_new_rows(120.0)


def test_a_larger_table_is_resent_less_often_for_a_new_row() -> None:
    few, many = QuoteBoard(), QuoteBoard()
    for number in range(BOARD_ROWS):
        many.apply(tick(f"M{number:03d}", 1.0))
    few.apply(tick("M", 1.0))
    assert few.take_new_rows(0.0)
    assert many.take_new_rows(0.0)

    few.apply(tick("A", 1.0))
    many.apply(tick("A", 1.0))

    assert [few.take_new_rows(second) for second in (0.05, 0.1, 30.0)] == [False, True, False]
    assert [many.take_new_rows(second) for second in (0.1, 9.9, 10.0, 30.0)] == [False, False, True, False]


def test_invalid_stored_symbols_and_those_beyond_the_limit_get_no_quote() -> None:
    board = QuoteBoard(limit=1)
    board.seed([quote("../X"), quote("BRK.B"), quote("IBM")])

    assert [entry.symbol for entry in board.first(10)] == ["BRK.B"]
