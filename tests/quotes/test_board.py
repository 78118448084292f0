from datetime import date

from app.finance.instrument import Instrument
from app.quotes.board import POINTS, SLOT, Board
from tests.quotes.samples import AWKWARD, DAY, OPEN, quote, tick


def test_a_session_is_kept_with_its_open_high_low_and_volume() -> None:
    board = Board()
    for price, after in ((10.0, 0), (12.0, 30), (9.0, 60), (11.0, 90)):
        board.apply(tick("BRK.B", price, OPEN + after, volume=50))

    kept = board.quote("BRK.B")

    assert kept is not None
    assert (kept.open, kept.high, kept.low, kept.price, kept.volume) == (10.0, 12.0, 9.0, 11.0, 200)
    assert kept.move == 1
    assert kept.previous_close is None
    assert kept.change is None


def test_the_last_price_of_a_session_is_the_previous_close_of_the_next() -> None:
    board = Board()
    board.apply(tick("BF/B", 10.0))
    board.apply(tick("BF/B", 12.5, OPEN + DAY, volume=7))

    rolled = board.quote("BF/B")

    assert rolled is not None
    assert (rolled.session, rolled.previous_close, rolled.open, rolled.volume) == (date(2012, 9, 5), 10.0, 12.5, 7)
    assert rolled.fraction == 0.25
    assert rolled.spark == (12.5,)


def test_a_session_ends_at_midnight_in_new_york_not_in_london() -> None:
    board = Board()
    board.apply(tick("X:BTCUSD", 10.0, OPEN))
    evening = board.apply(tick("X:BTCUSD", 11.0, OPEN + 12 * 3600))

    assert evening is not None
    assert evening.session == date(2012, 9, 4)


def test_a_late_tick_changes_nothing() -> None:
    board = Board()
    newest = board.apply(tick("BRK.B", 10.0, OPEN + 60))

    assert board.apply(tick("BRK.B", 99.0, OPEN)) is newest


def test_a_feed_that_begins_again_in_the_past_is_followed() -> None:
    board = Board()
    board.apply(tick("BRK.B", 10.0, OPEN + 3 * DAY))
    again = board.apply(tick("BRK.B", 8.0, OPEN))

    assert again is not None
    assert (again.price, again.previous_close, again.session) == (8.0, None, date(2012, 9, 4))


def test_a_sparkline_has_one_point_per_slot_and_a_bound() -> None:
    board = Board()
    for n in range(3 * POINTS):
        board.apply(tick("BRK.B", float(n), OPEN + n * SLOT / 2))

    kept = board.quote("BRK.B")

    assert kept is not None
    assert len(kept.spark) == POINTS
    assert kept.spark[-1] == kept.price


def test_symbols_beyond_the_limit_are_not_taken() -> None:
    board = Board(limit=2)

    taken = [board.apply(tick(symbol, 1.0)) is not None for symbol in AWKWARD]

    assert taken == [True, True, False]
    assert len(board.all()) == 2


def test_what_was_stored_completes_what_was_heard_and_overwrites_nothing() -> None:
    board = Board()
    board.apply(tick("BRK.B", 85.0, OPEN + 120, volume=5))

    board.seed([quote(instrument=Instrument("BRK.B", "Berkshire"), at=OPEN + 60)])

    kept = board.quote("BRK.B")
    assert kept is not None
    assert (kept.price, kept.previous_close, kept.open, kept.high, kept.low) == (85.0, 84.0, 84.5, 86.0, 84.25)
    assert kept.volume == 1_234_567
    assert kept.instrument.name == "Berkshire"
    assert kept.arrived_at == 1_000.0


def test_seeding_again_draws_no_point_twice() -> None:
    board = Board()
    stored = quote(spark=(1.0, 2.0, 3.0), at=OPEN + 2 * SLOT)
    board.seed([stored])
    board.apply(tick("BRK.B", 4.0, OPEN + 3 * SLOT))

    board.seed([stored])
    board.seed([stored])

    kept = board.quote("BRK.B")
    assert kept is not None
    assert kept.spark == (1.0, 2.0, 3.0, 4.0)


def test_quotes_stand_in_an_order_that_no_price_changes() -> None:
    board = Board()
    for symbol, price in zip(AWKWARD, (3.0, 1.0, 2.0), strict=True):
        board.apply(tick(symbol, price))

    assert [kept.symbol for kept in board.all()] == ["BF/B", "BRK.B", "X:BTCUSD"]


def test_growth_is_told_once() -> None:
    board = Board()
    board.apply(tick("BRK.B", 1.0))

    assert board.grew()
    assert not board.grew()
