from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance import periods
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.repeats import RepeatFilter
from app.finance.rollup import CORRECTION_SECONDS, Rollup
from app.finance.session_days import SessionDays
from app.finance.sessions import in_session, regular
from tests.support.trades import Trade

OPENS = regular(date(2012, 9, 4)).opens


def test_a_minute_ends_with_the_first_tick_of_the_next() -> None:
    minutes = Rollup()

    during = [minutes.add(Trade("BRK.B", OPENS + second, price, 5)) for second, price in ((0, 10), (20, 12), (40, 9))]
    after = minutes.add(Trade("BRK.B", OPENS + 60, 11))

    assert during == [None, None, None]
    assert after == Bar("BRK.B", "1min", OPENS, 10, 12, 9, 9, 15, 3)


def test_an_aggregate_tick_contributes_its_own_high_and_low() -> None:
    minutes = Rollup()

    minutes.add(Trade("IBM", OPENS, 10, open=9.5, high=11, low=9))

    assert minutes.finish(OPENS + 1) == [Bar("IBM", "1min", OPENS, 9.5, 11, 9, 10, 1)]


def test_a_finished_bar_is_returned_once_and_again_after_a_late_tick() -> None:
    minutes = Rollup()
    minutes.add(Trade("IBM", OPENS, 10))

    first, again = minutes.finish(OPENS + 1), minutes.finish(OPENS + 1)
    minutes.add(Trade("IBM", OPENS + 59, 12))
    changed = minutes.finish(OPENS + 2)

    assert [bar.high for bar in first] == [10]
    assert again == []
    assert [(bar.high, bar.volume) for bar in changed] == [(12, 2)]


def test_a_tick_for_a_discarded_minute_is_late() -> None:
    minutes = Rollup()
    for second in (0, CORRECTION_SECONDS + 60):
        minutes.add(Trade("IBM", OPENS + second, 10))

    assert minutes.add(Trade("IBM", OPENS + 30, 99)) is None
    assert minutes.late == 1
    assert minutes.corrected() == []
    running = minutes.running("IBM")
    assert running
    assert running.high == 10


def test_a_feed_that_restarts_in_the_past_is_followed() -> None:
    minutes = Rollup()
    minutes.add(Trade("IBM", OPENS + 86400, 10))

    minutes.add(Trade("IBM", OPENS, 20))

    running = minutes.running("IBM")
    assert running
    assert running.start == OPENS
    assert minutes.late == 0


def test_minutes_with_missing_ticks_are_never_returned() -> None:
    minutes = Rollup()
    for second in (0, 59, 61, 119):
        minutes.add(Trade("IBM", OPENS + second, 10))
    minutes.add(Trade("FB", OPENS + 30, 10))

    minutes.exclude(OPENS + 60, OPENS + 240)
    for second in (100, 185, 50, 239.9, 240, 30, 299, 61):
        minutes.add(Trade("IBM", OPENS + second, 11))

    volumes = {(bar.symbol, bar.start - OPENS): bar.volume for bar in minutes.finish(float("inf"))}
    assert volumes == {("FB", 0): 1, ("IBM", 0): 4, ("IBM", 240): 2}
    assert minutes.late == 4


def test_excluded_minutes_are_left_out() -> None:
    minutes = Rollup()
    minutes.exclude(float("-inf"), OPENS + 120)

    for second in (59, 119, 121, 119.5, 60):
        minutes.add(Trade("IBM", OPENS + second, 11))

    assert [(bar.start - OPENS, bar.volume) for bar in minutes.finish(float("inf"))] == [(120, 1)]
    assert minutes.late == 4


def test_a_feed_that_replays_an_earlier_day_yields_all_its_minutes() -> None:
    minutes = Rollup()
    minutes.exclude(float("-inf"), OPENS + 120)
    minutes.add(Trade("IBM", OPENS + 130, 11))

    ended = [minutes.add(Trade("IBM", OPENS - 86_400 * 3 + second, 11)) for second in (0, 50, 61, 59)]

    assert [bar.volume for bar in ended if bar] == [2]
    assert [bar.volume for bar in minutes.finish(float("inf"))] == [3, 1]
    assert minutes.late == 0


@given(st.lists(st.tuples(st.integers(0, 23410), st.integers(1, 1000), st.integers(0, 10**6)), min_size=1).map(sorted))
def test_minutes_add_up_to_their_day(points: list[tuple[int, int, int]]) -> None:
    trades = [Trade("IBM", OPENS + second, price, volume) for second, price, volume in points]
    minutes, days = Rollup(), SessionDays()

    bars: dict[float, Bar] = {}
    for trade in trades:
        if days.add(trade) and (bar := minutes.add(trade)):
            bars[bar.start] = bar
    bars |= {bar.start: bar for bar in minutes.finish(float("inf"))}
    in_order = [bars[start] for start in sorted(bars)]
    day = days.get("IBM")

    assert day
    assert day.bar
    if not minutes.late:
        assert day.bar.volume == sum(bar.volume for bar in in_order)
        assert (day.bar.open, day.bar.close) == (in_order[0].open, in_order[-1].close)
        assert (day.bar.high, day.bar.low) == (max(bar.high for bar in in_order), min(bar.low for bar in in_order))
    assert in_order[-1].start < regular(date(2012, 9, 4)).closes


def test_ticks_out_of_order_leave_the_first_open_and_the_last_close() -> None:
    minutes = Rollup()

    for second, price in ((30, 12), (0, 10), (59, 11), (10, 15)):
        minutes.add(Trade("IBM", OPENS + second, price, 5))

    assert minutes.finish(OPENS + 1) == [Bar("IBM", "1min", OPENS, 10, 15, 10, 11, 20, 4)]


@pytest.mark.parametrize(("after", "late"), [(64.9, 0), (CORRECTION_SECONDS, 0), (CORRECTION_SECONDS + 60, 1)])
def test_a_late_tick_corrects_its_minute_while_it_is_buffered(after: float, late: int) -> None:
    minutes = Rollup()
    minutes.add(Trade("IBM", OPENS, 10))
    first = minutes.add(Trade("IBM", OPENS + 60, 11))
    minutes.add(Trade("IBM", OPENS + after, 11))

    minutes.add(Trade("IBM", OPENS + 50, 8, 3))

    mended = [bar for bar in minutes.finish(OPENS + 1) if bar.start == OPENS]
    assert first == Bar("IBM", "1min", OPENS, 10, 10, 10, 10, 1, 1)
    assert minutes.late == late
    assert mended == ([] if late else [Bar("IBM", "1min", OPENS, 10, 10, 8, 8, 4, 2)])


def test_the_first_tick_of_a_minute_may_come_when_the_next_has_begun() -> None:
    minutes = Rollup()
    minutes.add(Trade("IBM", OPENS + 60, 10))

    minutes.add(Trade("IBM", OPENS + 59, 12))

    assert [bar.start - OPENS for bar in minutes.finish(OPENS + 61)] == [0, 60]


def test_a_corrected_minute_is_returned_after_two_later_minutes_began() -> None:
    minutes = Rollup()
    for second in (0, 60, 59):
        minutes.add(Trade("IBM", OPENS + second, 10))

    minutes.add(Trade("IBM", OPENS + 120, 10))

    assert [(bar.start, bar.volume) for bar in minutes.corrected()] == [(OPENS, 2)]


def test_a_repeated_tick_is_recognised_behind_a_late_one() -> None:
    repeats = RepeatFilter()
    tick, late = Trade("IBM", OPENS + 5, 10), Trade("IBM", OPENS, 10)

    assert [repeats.is_repeat(one) for one in (tick, late, tick)] == [False, False, True]


def test_a_repeated_tick_is_recognised() -> None:
    repeats = RepeatFilter()
    tick = Trade("IBM", OPENS, 10, 5)

    repeat_flags = [
        repeats.is_repeat(one) for one in (tick, tick, tick._replace(volume=6), tick._replace(symbol="FB"), tick)
    ]

    assert repeat_flags == [False, True, False, False, True]


@pytest.mark.parametrize(
    ("symbol", "hour", "counts"),
    [("IBM", -0.001, False), ("IBM", 0, True), ("IBM", 6.5, True), ("IBM", 6.503, False), ("X:BTCUSD", 9, True)],
)
def test_a_daily_bar_is_made_of_regular_hours(symbol: str, hour: float, counts: bool) -> None:
    assert in_session(symbol, OPENS + 3600 * hour) is counts


Jumbled = list[tuple[float, int, int, float]]


def brute_force(ticks: list[Trade], seconds: int) -> list[Bar]:
    """All at the end, from everything that was told: by time, and by order of arrival where that is the same."""
    expected = []
    for start in sorted({tick.at // seconds * seconds for tick in ticks}):
        inside = sorted((tick for tick in ticks if tick.at // seconds * seconds == start), key=lambda tick: tick.at)
        prices = [tick.price for tick in inside]
        volume = sum(tick.volume for tick in inside)
        name = next(name for name, length in periods.SECONDS.items() if length == seconds)
        expected.append(Bar("IBM", name, start, prices[0], max(prices), min(prices), prices[-1], volume, len(inside)))
    return expected


@given(
    st.lists(
        st.tuples(st.integers(0, 7199), st.integers(1, 1000), st.integers(0, 10**6), st.floats(0, 839)), min_size=1
    )
)
def test_bars_equal_a_brute_force_roll_up_with_ticks_up_to_fourteen_minutes_late(points: Jumbled) -> None:
    ticks = [
        (OPENS + second + delay, number, Trade("IBM", OPENS + second, price, volume))
        for number, (second, price, volume, delay) in enumerate(points)
    ]
    arriving = [tick for _, _, tick in sorted(ticks, key=lambda one: one[:2])]
    minutes = Rollup()

    bars: dict[float, Bar] = {}
    for tick in arriving:
        ended = minutes.add(tick)
        bars |= {bar.start: bar for bar in minutes.finish(tick.at // 60 * 60)} | ({ended.start: ended} if ended else {})
    bars |= {bar.start: bar for bar in minutes.finish(float("inf"))}

    assert minutes.late == 0
    in_order = [bars[start] for start in sorted(bars)]
    assert in_order == brute_force(arriving, 60)
    for timeframe in periods.FROM_MINUTES:
        assert periods.merge(in_order, timeframe) == brute_force(arriving, periods.SECONDS[timeframe])


@given(st.dictionaries(st.integers(15000, 15800), st.tuples(st.integers(1, 1000), st.integers(0, 10**6)), min_size=1))
def test_weekly_and_monthly_bars_equal_their_days(points: dict[int, tuple[int, int]]) -> None:
    days = [Bar("IBM", "daily", n * 86400.0, p, p + 1, p - 1, p + 0.5, v) for n, (p, v) in sorted(points.items())]

    for timeframe in periods.FROM_DAYS:
        for long in periods.merge(days, timeframe):
            inside = [
                bar for bar in days
                if (bar.day.isocalendar()[:2] == long.day.isocalendar()[:2] if timeframe == "weekly"
                    else (bar.day.year, bar.day.month) == (long.day.year, long.day.month))
            ]  # fmt: skip
            assert long.day == long.day.replace(day=1) or long.day.weekday() == 0
            assert (long.open, long.close) == (inside[0].open, inside[-1].close)
            assert (long.high, long.low) == (max(bar.high for bar in inside), min(bar.low for bar in inside))
            assert long.volume == sum(bar.volume for bar in inside)


@pytest.mark.parametrize(
    ("timeframe", "start", "last"),
    [
        ("daily", date(2012, 9, 4), date(2012, 9, 4)),
        ("weekly", date(2012, 9, 3), date(2012, 9, 7)),
        ("monthly", date(2012, 9, 1), date(2012, 9, 28)),
        ("monthly", date(2012, 12, 1), date(2012, 12, 31)),
        ("weekly", date(2012, 11, 19), date(2012, 11, 23)),
        ("weekly", date(2018, 3, 26), date(2018, 3, 29)),
        ("monthly", date(2018, 3, 1), date(2018, 3, 29)),
        ("weekly", date(2012, 10, 29), date(2012, 11, 2)),
        ("monthly", date(2021, 5, 1), date(2021, 5, 28)),
        ("weekly", date(1933, 3, 6), date(1933, 3, 10)),
    ],
)
def test_a_long_bar_ends_where_its_last_session_closes(timeframe: Timeframe, start: date, last: date) -> None:
    assert periods.end(timeframe, day_start(start)) == regular(last).closes
