"""Quotes that the feed wrote, combined with ticks that arrived before, meanwhile and after."""

from typing import Any

from msgspec.structs import replace

from app.quotes.board import QuoteBoard
from app.quotes.quote import SymbolQuote
from tests.support.quote_samples import DAY, OPEN, quote, tick


def feed_quote(**more: Any) -> SymbolQuote:
    """As the feed itself left it, ten seconds of wall time after 1,000."""
    return quote(**{"at": OPEN + 60, "price": 85.0, "written_at": 1010.0, "volume": 100, **more})


def test_ticks_published_after_the_feeds_quote_are_added_to_it() -> None:
    board = QuoteBoard()
    for at, published in ((50, 1009.0), (61, 1010.2)):
        board.apply(replace(tick("BRK.B", 90.0, OPEN + at, volume=7), arrived_at=published, published_at=published))

    board.seed([feed_quote()])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert (entry.price, entry.high, entry.low, entry.volume) == (90.0, 90.0, 84.25, 107)


def test_ticks_published_before_the_feeds_quote_are_not_counted_again() -> None:
    board = QuoteBoard()
    board.apply(replace(tick("BRK.B", 70.0, OPEN - DAY), arrived_at=900.0, published_at=900.0))
    board.seed([feed_quote()])

    for at, published in ((50, 1009.0), (61, 1010.2)):
        board.apply(replace(tick("BRK.B", 99.0, OPEN + at, volume=7), arrived_at=1011.0, published_at=published))

    entry = board.quote("BRK.B")
    assert entry is not None
    assert (entry.price, entry.high, entry.volume) == (99.0, 99.0, 107)


def test_ticks_received_since_are_kept_when_the_feeds_quote_is_read_again() -> None:
    board = QuoteBoard()
    board.seed([feed_quote()])
    board.apply(replace(tick("BRK.B", 90.0, OPEN + 61, volume=7), arrived_at=2000.0, published_at=2000.0))
    board.apply(replace(tick("BRK.B", 89.0, OPEN + 90, volume=1), arrived_at=2100.0, published_at=2100.0))

    board.seed([feed_quote()])
    board.seed([feed_quote()])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert (entry.price, entry.high, entry.volume) == (89.0, 90.0, 108)


def test_the_feeds_newest_quote_wins_even_with_smaller_totals() -> None:
    """A correction took back shares and a high, and nobody heard it here."""
    board = QuoteBoard()
    board.seed([feed_quote()])
    board.apply(replace(tick("BRK.B", 92.0, OPEN + 61, volume=50), arrived_at=1020.0, published_at=1020.0))
    board.apply(replace(tick("BRK.B", 85.0, OPEN + 90, volume=1), arrived_at=1060.0, published_at=1060.0))

    board.seed([feed_quote(at=OPEN + 90, written_at=1070.0, volume=110)])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert (entry.high, entry.volume) == (86.0, 110)


def test_an_aggregate_can_be_corrected_after_reading_the_feeds_quote() -> None:
    board, second = QuoteBoard(), replace(tick("BRK.B", 85.0, OPEN + 0.999, volume=10), kind="A", starts_at=OPEN)
    board.apply(replace(second, open=85.0, high=99.0, low=85.0, arrived_at=1000.0, published_at=1000.0))
    board.seed([feed_quote(at=OPEN + 0.999, open=85.0, high=99.0, low=85.0, volume=10, spark=(85.0,))])

    board.apply(replace(second, open=85.0, high=86.0, low=85.0, arrived_at=1020.0, published_at=1020.0))

    entry = board.quote("BRK.B")
    assert entry is not None
    assert (entry.high, entry.volume) == (86.0, 10)


def test_a_repeated_tick_after_the_feeds_quote_is_counted_once() -> None:
    board = QuoteBoard()
    for published in (1010.2, 1010.3):
        again = tick("BRK.B", 90.0, OPEN + 61, volume=7)
        board.apply(replace(again, arrived_at=published, published_at=published))

    board.seed([feed_quote()])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert entry.volume == 107


def test_a_correction_that_is_too_late_requests_the_feeds_quote() -> None:
    board, second = QuoteBoard(), replace(tick("BRK.B", 85.0, OPEN + 0.999, volume=10), kind="A", starts_at=OPEN)
    board.seed([feed_quote(high=99.0)])

    board.apply(replace(second, open=85.0, high=86.0, low=85.0, arrived_at=1020.0, published_at=1020.0))

    assert [board.feed_read_is_due(now) for now in (1021.0, 1022.0, 1023.0)] == [False, True, False]
    board.seed([feed_quote(high=86.0, written_at=1020.5)])
    entry = board.quote("BRK.B")
    assert entry is not None
    assert entry.high == 86.0


def test_a_tick_of_the_day_before_requests_nothing() -> None:
    board = QuoteBoard()
    board.seed([feed_quote()])

    board.apply(replace(tick("BRK.B", 80.0, OPEN - DAY / 2), arrived_at=1020.0, published_at=1020.0))

    assert not board.feed_read_is_due(1100.0)


def test_a_quote_written_before_a_correction_does_not_undo_it() -> None:
    board, second = QuoteBoard(), replace(tick("BRK.B", 85.0, OPEN + 0.999, volume=10), kind="A", starts_at=OPEN)
    for high, published in ((99.0, 1009.0), (86.0, 1011.0)):
        board.apply(replace(second, open=85.0, high=high, low=85.0, arrived_at=published, published_at=published))

    board.seed([feed_quote(at=OPEN + 0.999, open=85.0, high=99.0, low=85.0, volume=10, spark=(85.0,))])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert entry.high == 86.0
    assert board.feed_read_is_due(1013.0)
