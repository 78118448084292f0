"""The tick intake: repeated ticks, sessions that were not closed, and minutes that are stored already."""

from datetime import date

from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_close import BarClose
from app.engine.bars.tick_intake import TickIntake
from app.engine.storage.store import Store
from app.finance.bars import Bar
from app.finance.clock import MarketClock
from app.finance.quote import NewestQuote
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import regular
from app.wire.events.event import Tick
from tests.support.engine_ticks import DAY, OPENS, bars, intake_and_store, tick

NEXT = date(2012, 9, 5)
WRITTEN_AT = 1_700_000_000.0


def minutes(store: Store) -> dict[tuple[str, float], int]:
    return {(bar.symbol, bar.start - OPENS): bar.volume for bar in bars(store)}


def days(store: Store) -> dict[tuple[str, date], int]:
    return {(bar.symbol, bar.day): bar.volume for bar in bars(store, "daily")}


def quote(symbol: str, volume: int) -> NewestQuote:
    return NewestQuote(symbol, 10.0, OPENS + 90, DAY.isoformat(), 10.0, 10.0, 10.0, volume, written_at=WRITTEN_AT)


def published_tick(second: float, at: float) -> Tick:
    return Tick(at=OPENS + second, symbol="IBM", price=10.0, volume=1.0, published_at=at)


def open_at(at: float, day: date = DAY) -> MarketClock:
    return MarketClock("test", "", day.isoformat(), at, at, 1.0, "open")


async def test_a_slow_engine_closes_a_session_whose_end_it_did_not_see() -> None:
    intake, store = intake_and_store()
    for symbol in ("IBM", "MSFT"):
        intake.handle(tick(OPENS, symbol), 0.0)
    opens = regular(NEXT).opens
    assert intake.ended_session(open_at(OPENS + 5), OPENS + 5) is None

    for second in (0, 61):
        intake.handle(tick(opens + second, "IBM"), 0.0)

    assert intake.ended_session(open_at(opens + 1, NEXT), opens + 1) == DAY
    assert intake.close_session(DAY, {})
    assert intake.ended_session(open_at(opens + 1, NEXT), opens + 1) is None
    await intake.analyse_closed()
    assert days(store) == {("IBM", DAY): 1, ("MSFT", DAY): 1}


async def test_replayed_ticks_count_for_the_day_only_if_the_feed_had_not_written_them() -> None:
    intake, store = intake_and_store()
    intake.seed({"IBM": quote("IBM", 300)}, OPENS + 60)
    intake.resume(OPENS, OPENS + 60)

    for second in range(120):
        intake.handle(published_tick(second, WRITTEN_AT - 120 + second), 0.0)
    intake.handle(published_tick(120, WRITTEN_AT), 0.0)
    intake.handle(published_tick(121, WRITTEN_AT + 0.1), 0.0)
    intake.end_catch_up()
    intake.handle(published_tick(122, WRITTEN_AT - 5), 0.0)
    intake.close_session(DAY, {})
    await intake.analyse_closed()

    assert days(store) == {("IBM", DAY): 302}
    assert minutes(store) == {("IBM", 0): 60, ("IBM", 60): 60}
    assert intake.late_ticks == 0


async def test_replayed_minutes_that_are_already_stored_are_not_analysed() -> None:
    _, store = intake_and_store()
    series = SeriesByTimeframe()
    series.extend(Bar("IBM", "1min", OPENS + 60 * number, 10.0, 10.0, 10.0, 10.0, 60) for number in range(3))
    series.add(Bar("MSFT", "1min", OPENS, 10.0, 10.0, 10.0, 10.0, 59))
    series.forget_after(OPENS + 120)
    intake = TickIntake(store, BarClose(series, store, Thresholds(2.0), ()))
    intake.resume(OPENS, OPENS + 120)

    for second in range(181):
        for symbol in ("IBM", "MSFT"):
            intake.handle(tick(OPENS + second, symbol), 0.0)
    await intake.analyse_closed()

    assert minutes(store) == {("IBM", 120): 60, ("MSFT", 0): 60, ("MSFT", 60): 60, ("MSFT", 120): 60}
    # Of how many ticks they are made is known again, and longer bars are made of them.
    assert [bar.ticks for bar in series.last("IBM", "1min")] == [60, 60, 60]


def test_minutes_are_closed_up_to_the_last_one_that_the_clock_has_passed() -> None:
    intake, _ = intake_and_store()
    assert intake.closed_until == 0

    intake.handle(tick(OPENS), OPENS)
    intake.advance_clock(open_at(OPENS + 130), OPENS + 130)

    assert intake.closed_until == OPENS + 120


def test_longer_bars_are_rebuilt_when_one_of_their_minutes_is_replayed() -> None:
    series = SeriesByTimeframe()
    for timeframe, length in (("1min", 60), ("5min", 300), ("hourly", 3600)):
        series.extend(
            Bar("IBM", timeframe, OPENS - 1800 + length * number, 1.0, 1.0, 1.0, 1.0, 1)  # type: ignore[arg-type]
            for number in range(7200 // length)
        )
    series.add(Bar("IBM", "daily", OPENS, 1.0, 1.0, 1.0, 1.0, 1))

    series.forget_after(OPENS + 1800 + 420)

    newest = {name: series.last("IBM", name)[-1].start - OPENS for name in ("1min", "5min", "hourly", "daily")}  # type: ignore[arg-type]
    assert newest == {"1min": 1800 + 360, "5min": 1800, "hourly": -1800, "daily": 0}
