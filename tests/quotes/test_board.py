from datetime import date

from app.finance.adjust import Split
from app.finance.instrument import Instrument
from app.quotes.board import QuoteBoard
from app.quotes.charts.cache import today_of
from app.quotes.quote import SLOT_SECONDS, SPARK_POINTS
from tests.support.quote_samples import AWKWARD, DAY, OPEN, quote, tick

CLOSE = OPEN + 6.5 * 3600


def test_a_session_has_its_open_high_low_and_volume() -> None:
    board = QuoteBoard()
    for price, after in ((10.0, 0), (12.0, 30), (9.0, 60), (11.0, 90)):
        board.apply(tick("BRK.B", price, OPEN + after, volume=50))

    entry = board.quote("BRK.B")

    assert entry is not None
    assert (entry.open, entry.high, entry.low, entry.price, entry.volume) == (10.0, 12.0, 9.0, 11.0, 200)
    assert entry.move == 1
    assert entry.previous_close is None
    assert entry.change is None


def test_the_last_price_of_a_session_is_the_previous_close_of_the_next() -> None:
    board = QuoteBoard()
    board.apply(tick("BF/B", 10.0))
    board.apply(tick("BF/B", 12.5, OPEN + DAY, volume=7))

    rolled = board.quote("BF/B")

    assert rolled is not None
    assert (rolled.session, rolled.previous_close, rolled.open, rolled.volume) == (date(2012, 9, 5), 10.0, 12.5, 7)
    assert rolled.fraction == 0.25
    assert rolled.spark == (12.5,)


def test_a_change_from_a_price_that_is_not_above_zero_has_no_percentage() -> None:
    assert [quote(price=-1.0)._replace(previous_close=previous).fraction for previous in (-2.0, 0.0)] == [None, None]
    assert quote(price=-1.0)._replace(previous_close=2.0).fraction == -1.5


def test_a_crypto_session_ends_at_midnight_utc() -> None:
    board = QuoteBoard()
    board.apply(tick("X:BTCUSD", 10.0, OPEN))
    next_day = board.apply(tick("X:BTCUSD", 11.0, OPEN + 12 * 3600))

    assert next_day is not None
    assert (next_day.session, next_day.previous_close) == (date(2012, 9, 5), 10.0)


def test_a_late_tick_counts_for_the_session_and_does_not_move_the_price() -> None:
    board = QuoteBoard()
    newest = board.apply(tick("BRK.B", 10.0, OPEN + 60, volume=5))

    late = board.apply(tick("BRK.B", 99.0, OPEN, volume=7))

    assert newest is not None
    assert late is not None
    assert (late.price, late.at, late.spark, late.move) == (10.0, OPEN + 60, newest.spark, 0)
    assert (late.open, late.high, late.volume) == (99.0, 99.0, 12)


def test_a_repeated_tick_changes_nothing() -> None:
    board, one = QuoteBoard(), tick("BRK.B", 10.0, OPEN, volume=5)
    first = board.apply(one)

    assert board.apply(one) is first


def test_a_tick_of_the_day_before_changes_nothing() -> None:
    board = QuoteBoard()
    newest = board.apply(tick("BRK.B", 10.0, OPEN + DAY))

    assert board.apply(tick("BRK.B", 99.0, OPEN + 60)) is newest


def test_a_feed_that_restarts_in_the_past_is_followed() -> None:
    board = QuoteBoard()
    board.apply(tick("BRK.B", 10.0, OPEN + 3 * DAY))
    again = board.apply(tick("BRK.B", 8.0, OPEN))

    assert again is not None
    assert (again.price, again.previous_close, again.session) == (8.0, None, date(2012, 9, 4))


def test_a_sparkline_has_one_point_per_slot_and_a_bound() -> None:
    board = QuoteBoard()
    for n in range(3 * SPARK_POINTS):
        board.apply(tick("BRK.B", float(n), OPEN + n * SLOT_SECONDS / 2))

    entry = board.quote("BRK.B")

    assert entry is not None
    assert len(entry.spark) == SPARK_POINTS
    assert entry.spark[-1] == entry.price


def test_symbols_beyond_the_limit_are_refused() -> None:
    board = QuoteBoard(limit=2)

    has_room = [board.apply(tick(symbol, 1.0)) is not None for symbol in AWKWARD]

    assert has_room == [True, True, False]
    assert board.count == 2


def test_stored_quotes_complete_live_ones_and_overwrite_nothing() -> None:
    board = QuoteBoard()
    board.apply(tick("BRK.B", 85.0, OPEN + 120, volume=5))

    board.seed([quote(instrument=Instrument("BRK.B", "Berkshire"), at=OPEN + 60)])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert (entry.price, entry.previous_close, entry.open, entry.high, entry.low) == (85.0, 84.0, 84.5, 86.0, 84.25)
    assert entry.volume == 1_234_567
    assert entry.instrument.name == "Berkshire"
    assert entry.arrived_at == 1_000.0


def test_seeding_again_adds_no_sparkline_point_twice() -> None:
    board = QuoteBoard()
    stored_quote = quote(spark=(1.0, 2.0, 3.0), at=OPEN + 2 * SLOT_SECONDS)
    board.seed([stored_quote])
    board.apply(tick("BRK.B", 4.0, OPEN + 3 * SLOT_SECONDS))

    board.seed([stored_quote])
    board.seed([stored_quote])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert entry.spark == (1.0, 2.0, 3.0, 4.0)


def test_the_order_of_quotes_does_not_depend_on_prices() -> None:
    board = QuoteBoard()
    for symbol, price in zip(AWKWARD, (3.0, 1.0, 2.0), strict=True):
        board.apply(tick(symbol, price))

    assert [entry.symbol for entry in board.first(10)] == ["BF/B", "BRK.B", "X:BTCUSD"]


def test_new_rows_are_reported_once() -> None:
    board = QuoteBoard()
    board.apply(tick("BRK.B", 1.0))

    assert board.most_active.take_change(0.0)
    assert not board.most_active.take_change(60.0)


def test_on_the_day_of_a_split_change_is_against_the_close_in_new_shares() -> None:
    board = QuoteBoard()
    board.set_splits({"BRK.B": [Split(date(2012, 9, 5), 4.0), Split(date(2012, 9, 6), 7.0)]})
    board.apply(tick("BRK.B", 100.0))

    rolled = board.apply(tick("BRK.B", 26.0, OPEN + DAY))

    assert rolled is not None
    assert (rolled.previous_close, rolled.change, rolled.fraction) == (25.0, 1.0, 26 / 25 - 1)


def test_a_split_that_arrives_after_the_first_price_of_its_day_is_applied_once() -> None:
    board, splits = QuoteBoard(), {"BRK.B": [Split(date(2012, 9, 5), 4.0)]}
    board.apply(tick("BRK.B", 100.0))
    board.apply(tick("BRK.B", 26.0, OPEN + DAY))

    for known_splits, close in ((splits, 25.0), (splits, 25.0), ({}, 100.0)):
        board.set_splits(known_splits)
        entry = board.quote("BRK.B")
        assert entry is not None
        assert entry.previous_close == close


def test_extended_hours_move_the_price_and_not_the_daily_bar() -> None:
    board = QuoteBoard()
    early = board.apply(tick("BRK.B", 99.0, OPEN - 3600, volume=7))
    for price, at in ((100.0, OPEN), (102.0, OPEN + 60), (101.0, CLOSE)):
        board.apply(tick("BRK.B", price, at, volume=50))
    late = board.apply(tick("BRK.B", 110.0, CLOSE + 60, volume=5))
    still = board.apply(tick("BRK.B", 90.0, CLOSE + 120, volume=5))

    assert early is not None
    assert (early.open, early.high, early.low, early.volume, early.outside) == (99.0, 99.0, 99.0, 0, 7)
    assert early.hours == "before the open"
    assert late is not None
    assert (late.price, late.close, late.hours) == (110.0, 101.0, "after hours")
    assert still is not None
    assert (still.open, still.high, still.low, still.volume, still.outside) == (100.0, 102.0, 100.0, 150, 17)
    assert today_of(still)[3:8] == (100.0, 102.0, 100.0, 101.0, 150)


def test_the_next_days_change_is_against_the_close_and_not_the_extended_hours() -> None:
    board = QuoteBoard()
    for price, at in ((100.0, OPEN), (110.0, CLOSE + 60), (111.0, OPEN + DAY - 60), (112.0, OPEN + 2 * DAY)):
        board.apply(tick("BRK.B", price, at))

    entry = board.quote("BRK.B")

    assert entry is not None
    assert (entry.previous_close, entry.hours) == (100.0, "")


def test_crypto_has_no_extended_hours() -> None:
    board = QuoteBoard()
    board.apply(tick("X:BTCUSD", 10.0, OPEN - 3600, volume=7))

    entry = board.apply(tick("X:BTCUSD", 12.0, CLOSE + 60, volume=5))

    assert entry is not None
    assert (entry.open, entry.high, entry.volume, entry.outside, entry.hours) == (10.0, 12.0, 12, 0, "")


def test_a_board_that_receives_only_extended_hours_keeps_the_stored_day() -> None:
    board = QuoteBoard()
    board.apply(tick("BRK.B", 90.0, CLOSE + 60, volume=5))

    board.seed([quote(at=CLOSE)])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert (entry.price, entry.close, entry.hours) == (90.0, 85.5, "after hours")
    assert (entry.open, entry.high, entry.low, entry.volume, entry.outside) == (84.5, 86.0, 84.25, 1_234_567, 5)


def test_seeding_an_older_quote_overwrites_nothing_of_the_received_day() -> None:
    board = QuoteBoard()
    board.apply(tick("BRK.B", 85.0, OPEN + 60, volume=50))

    board.seed([quote(price=99.0, open=99.0, high=99.0, low=99.0, volume=0, outside=9, has_traded=False, at=OPEN - 60)])

    entry = board.quote("BRK.B")
    assert entry is not None
    assert (entry.open, entry.high, entry.low, entry.volume, entry.outside) == (85.0, 85.0, 85.0, 50, 9)
    assert entry.has_traded
