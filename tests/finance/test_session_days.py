from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.bars import Bar, day_start
from app.finance.quote import NewestQuote
from app.finance.rollup import Rollup
from app.finance.running import REPLACEABLE_SPANS
from app.finance.session_days import SessionDay, SessionDays
from app.finance.sessions import NEW_YORK, regular
from tests.support.trades import Trade, span

TUESDAY = date(2012, 9, 4)
HOURS = regular(TUESDAY)
OPENS, CLOSES = HOURS.opens, HOURS.closes


def account(*trades: Trade, symbol: str = "IBM") -> SessionDay:
    days = SessionDays()
    for trade in trades:
        days.add(trade)
    day = days.get(symbol)
    assert day is not None
    return day


def figures(day: SessionDay) -> tuple[float, ...] | None:
    return day.bar[3:8] if day.bar else None


def new_york(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()


def test_a_repeated_aggregate_replaces_its_span() -> None:
    first, again = span(OPENS, 100, (10, 12, 9, 11)), span(OPENS, 150, (10, 11, 9.5, 10.5))

    assert figures(account(first, span(OPENS + 1, 50, (11, 11, 10, 10)), again)) == (10, 11, 9.5, 10, 200)


def test_the_same_aggregate_again_changes_nothing() -> None:
    days, one = SessionDays(), span(OPENS, 100, (10, 12, 9, 11))

    assert days.add(one) is not None
    assert days.add(one) is None
    assert days.late == 0


def test_an_aggregate_for_a_discarded_span_is_late_and_not_counted_twice() -> None:
    days = SessionDays()
    for second in range(REPLACEABLE_SPANS + 1):
        days.add(span(OPENS + second, 1, (10, 10, 10, 10)))

    assert days.add(span(OPENS, 7, (10, 99, 10, 10))) is None
    assert days.late == 1
    day = days.get("IBM")
    assert day
    assert figures(day) == (10, 10, 10, 10, REPLACEABLE_SPANS + 1)


def test_a_late_print_counts_for_volume_and_not_as_the_close() -> None:
    day = account(Trade("IBM", OPENS + 60, 10), Trade("IBM", OPENS + 120, 11), Trade("IBM", OPENS + 30, 15))

    assert figures(day) == (15, 15, 10, 11, 3)
    assert (day.quote().price, day.at) == (11, OPENS + 120)


def test_a_quote_opens_no_day() -> None:
    days = SessionDays()

    assert days.add(Trade("IBM", OPENS, 100_000, 0, kind="Q")) is None
    assert days.get("IBM") is None


def test_equal_prints_with_different_ids_all_count() -> None:
    prints = [Trade("IBM", OPENS, 10, 100, trade_id=number) for number in ("1", "2", "3", "2")]

    assert figures(account(*prints)) == (10, 10, 10, 10, 300)


def test_fractional_shares_add_up() -> None:
    assert figures(account(*(Trade("IBM", OPENS + n, 10, 0.6) for n in range(10)))) == (10, 10, 10, 10, 6)


def test_the_day_totals_of_the_feed_count_where_they_exceed_the_received_ticks() -> None:
    noon = OPENS + 9000
    joined = span(noon, 1000, (100, 101, 99, 100.5), 60)._replace(day_volume=5_000_000, day_open=98)
    late = span(noon - 60, 10, (99, 99, 99, 99), 60)._replace(day_volume=4_000_000)

    assert figures(account(joined)) == (98, 101, 98, 100.5, 5_000_000)
    assert figures(account(joined, late)) == (98, 101, 98, 100.5, 5_000_000)


def test_trades_before_the_open_are_not_part_of_the_session() -> None:
    early, noon = OPENS - 600, OPENS + 9000
    day = account(Trade("IBM", early, 97, 400), span(noon, 1000, (100, 101, 99, 100.5), 60)._replace(day_volume=50_000))

    assert figures(day) == (100, 101, 99, 100.5, 49_600)
    assert day.outside == 400


def test_the_largest_closing_auction_sets_the_close() -> None:
    day = account(
        Trade("IBM", CLOSES - 1, 100, 50),
        span(CLOSES, 2_000_000, (101, 101, 101, 101)),
        Trade("IBM", CLOSES + 5, 99, 10),
        Trade("IBM", CLOSES + 60, 98, 7),
    )

    assert figures(day) == (100, 101, 99, 101, 2_000_060)
    quote = day.quote()
    assert (quote.price, quote.close, quote.outside) == (98, 101, 7)


def test_trades_with_a_market_phase_count_for_that_phase() -> None:
    day = account(
        Trade("IBM", OPENS - 1, 99, 500, belongs="regular"),
        Trade("IBM", OPENS, 100, 1),
        Trade("IBM", CLOSES + 1, 77, 5, belongs="extended"),
        Trade("IBM", CLOSES + 180, 102, 9000, belongs="regular"),
    )

    assert figures(day) == (99, 102, 99, 102, 9501)
    assert day.outside == 5
    assert day.quote().close is None


def test_auctions_belong_to_the_first_and_the_last_minute() -> None:
    minutes = Rollup()
    prints = ((OPENS - 1, "regular"), (OPENS + 1, ""), (CLOSES - 1, ""), (CLOSES + 2, ""), (CLOSES + 90, "regular"))

    ended = [minutes.add(Trade("IBM", at, 10, belongs=belongs)) for at, belongs in prints]  # type: ignore[arg-type]

    ended_bars = [bar for bar in (*ended, *minutes.finish(float("inf"))) if bar]
    assert [(bar.start, bar.volume) for bar in ended_bars] == [(OPENS, 2), (CLOSES - 60, 3)]


def test_ticks_on_a_saturday_make_no_session() -> None:
    friday, saturday = regular(date(2012, 9, 7)), new_york("2012-09-08T11:00")
    day = account(Trade("IBM", friday.opens, 10, 5), Trade("IBM", saturday, 12, 3))

    assert (day.day, figures(day)) == (date(2012, 9, 7), (10, 10, 10, 10, 5))
    quote = day.quote()
    assert (quote.session, quote.price, quote.close, quote.outside) == ("2012-09-07", 12, 10, 3)


@pytest.mark.parametrize(
    ("symbol", "at", "session", "has_traded"),
    [
        ("X:BTCUSD", "2024-03-02T18:59", date(2024, 3, 2), True),
        ("X:BTCUSD", "2024-03-02T19:00", date(2024, 3, 3), True),
        ("BTC-USD", "2024-03-02T19:00", date(2024, 3, 3), True),
        ("C:EURUSD", "2024-03-01T16:59", date(2024, 3, 1), True),
        ("C:EURUSD", "2024-03-01T17:00", date(2024, 3, 1), False),
        ("C:EURUSD", "2024-03-03T16:59", date(2024, 3, 1), False),
        ("C:EURUSD", "2024-03-03T17:00", date(2024, 3, 4), True),
        ("EURUSD=X", "2024-03-04T17:00", date(2024, 3, 5), True),
        ("IBM", "2024-03-02T11:00", date(2024, 3, 1), False),
        ("IBM", "2024-03-29T11:00", date(2024, 3, 28), False),
        ("IBM", "2024-03-04T02:00", date(2024, 3, 4), False),
    ],
)
def test_each_market_has_days_of_its_own(symbol: str, at: str, session: date, has_traded: bool) -> None:
    day = account(Trade(symbol, new_york(at), 10), symbol=symbol)

    assert (day.day, day.has_traded) == (session, has_traded)


def test_a_crypto_day_ends_at_midnight_utc() -> None:
    days = SessionDays()
    midnight = datetime(2024, 3, 3, tzinfo=UTC).timestamp()
    for at, price in ((midnight - 1, 10.0), (midnight, 12.0)):
        days.add(Trade("X:BTCUSD", at, price))

    assert days.take_finished() == [Bar("X:BTCUSD", "daily", midnight - 86_400, 10, 10, 10, 10, 1)]


def test_a_feed_that_restarts_in_the_past_is_followed() -> None:
    day = account(Trade("IBM", OPENS + 3 * 86_400, 10), Trade("IBM", OPENS, 20))

    assert (day.day, figures(day)) == (TUESDAY, (20, 20, 20, 20, 1))


def test_yesterdays_tick_is_late() -> None:
    days = SessionDays()
    days.add(Trade("IBM", OPENS + 86_400, 10))

    assert days.add(Trade("IBM", OPENS + 3600, 20)) is None
    assert days.late == 1


def test_a_restored_day_continues_and_counts_no_span_twice() -> None:
    left = NewestQuote("IBM", 11, OPENS + 10.999, "2012-09-04", 10, 12, 9, 500, outside=40)
    days = SessionDays()
    days.put(SessionDay.from_quote(left))

    assert days.add(span(OPENS + 10, 70, (11, 11, 11, 11))) is None
    assert days.add(span(OPENS + 11, 30, (11, 13, 11, 12))) is not None
    day = days.get("IBM")
    assert day
    assert (figures(day), day.outside, day.changed) == ((10, 13, 9, 12, 530), 40, True)
    assert day.bar == Bar("IBM", "daily", day_start(TUESDAY), 10, 13, 9, 12, 530)


@pytest.mark.parametrize("at", [OPENS - 60, CLOSES + 60])
def test_saving_and_restoring_a_day_keeps_it_equal(at: float) -> None:
    whole = account(Trade("IBM", OPENS, 10, 5), Trade("IBM", at, 12, 3)).quote(9.5)

    assert SessionDay.from_quote(whole).quote(9.5) == whole


Spans = list[tuple[int, list[tuple[int, int]]]]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 599),
            st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 10**6)), min_size=1, max_size=3),
        ),
        min_size=1,
        max_size=60,
        unique_by=lambda one: one[0],
    ),
    st.randoms(use_true_random=False),
)
def test_the_last_version_of_each_span_counts_in_any_order(spans: Spans, rng: Random) -> None:
    """Each second is told of up to three times, in order of its own words, mixed with those of all others."""
    words = [(second, word) for second, versions in spans for word in range(len(versions))]
    rng.shuffle(words)
    turn: dict[int, int] = {}
    days, minutes = SessionDays(), Rollup()
    ended_bars: dict[float, Bar] = {}
    versions = dict(spans)
    for second, _ in words:
        price, volume = versions[second][turn.setdefault(second, 0)]
        turn[second] += 1
        trade = span(OPENS + second, volume, (price, price + 1, price - 0.5, price))
        if days.add(trade) and (ended := minutes.add(trade)):
            ended_bars[ended.start] = ended
    ended_bars |= {bar.start: bar for bar in minutes.finish(float("inf"))}
    last = sorted((second, words[-1]) for second, words in spans)
    prices = [price for _, (price, _) in last]

    assert days.late == minutes.late == 0
    day = days.get("IBM")
    assert day
    assert figures(day) == (
        prices[0], max(prices) + 1, min(prices) - 0.5, prices[-1], sum(volume for _, (_, volume) in last)
    )  # fmt: skip
    assert sum(bar.volume for bar in ended_bars.values()) == sum(volume for _, (_, volume) in last)
    for start, bar in ended_bars.items():
        inside = [price for second, (price, _) in last if start <= OPENS + second < start + 60]
        assert bar[3:7] == (inside[0], max(inside) + 1, min(inside) - 0.5, inside[-1])
