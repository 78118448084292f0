import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import asyncpg

from app.db import market
from app.db.timescale import minute_counts
from app.engine.coverage.measure import measure_coverage
from app.engine.coverage.result import CoverageQuery, Missing, Suspect
from app.finance import calendar, sessions
from app.finance.jumps import JUMP
from tests.support import faulty_minutes
from tests.support.coverage_bars import Day, Series, coverage_of, store

SINCE, UNTIL = date(2012, 6, 1), date(2013, 1, 31)
"""With a half-day before a holiday, and the two days of a storm."""
SESSIONS = list(calendar.sessions(SINCE, UNTIL))


def random_series(seed: int) -> Series:
    """Whole weeks missing, days spoilt, splits seen and unseen."""
    rng = random.Random(seed)
    price, days, splits = 100.0, [], {}
    first = rng.randrange(0, 60)
    for day in SESSIONS[first : len(SESSIONS) - rng.randrange(0, 3)]:
        if rng.random() < 0.02:
            splits[day] = rng.choice([2.0, 0.5, 3.0])
            price /= splits[day] if rng.random() < 0.7 else 1
        if rng.random() < 0.02:
            price *= rng.choice([1.8, 0.4])
        open_price = round(price * rng.uniform(0.98, 1.02), 2)
        close = round(open_price * rng.uniform(0.97, 1.03), 2)
        days.append(
            Day(
                day,
                open_price,
                max(open_price, close) + 0.5,
                min(open_price, close) - 0.5,
                close,
                rng.randrange(1, 9999),
            )
        )
        price = close
    days = [damaged_day(day, rng) for day in days]
    days = [days[n - 1]._replace(day=day.day) if n and rng.random() < 0.02 else day for n, day in enumerate(days)]
    hole = rng.randrange(1, len(days))
    days = [day for n, day in enumerate(days) if not hole <= n < hole + rng.randrange(0, 8) and rng.random() > 0.02]
    if rng.random() < 0.3:
        days.append(Day(date(2012, 7, 4), 1.0, 1.0, 1.0, 1.0, 1))
    listed = rng.choice([None, SESSIONS[first], SESSIONS[first] - timedelta(days=9), date(1999, 1, 4)])
    return Series(f"S{seed}", listed, rng.random() > 0.2, sorted(days), splits)


def damaged_day(day: Day, rng: random.Random) -> Day:
    match rng.randrange(60):
        case 0:
            return day._replace(volume=rng.choice([0, None]))
        case 1:
            return day._replace(high=day.low, low=day.high)
        case 2:
            return day._replace(close=None)
        case 3:
            return day._replace(low=0.0)
        case _:
            return day


def expected_gaps(series: Series) -> Iterator[Missing]:
    """Day by day."""
    stored_days = {day.day for day in series.days}
    begin = min([day for day in (series.listed, min(stored_days, default=None)) if day], default=SINCE)
    in_session = [day for day in SESSIONS if day in stored_days]
    end = UNTIL if series.active else max(in_session, default=date.min)
    expected = [(day, day in stored_days) for day in SESSIONS if begin <= day <= end]
    for there, run in groupby(expected, key=lambda each: each[1]):
        days = [day for day, _ in run]
        if not there:
            yield Missing(series.symbol, days[0], days[-1], len(days))


def expected_suspects(series: Series) -> Iterator[Suspect]:
    before: Day | None = None
    for day in series.days:
        if not calendar.is_session(day.day):
            yield Suspect(series.symbol, day.day, ("closed",))
            continue
        faults = list(day_faults(day))
        if before:
            ratio = 1.0
            for at, each in series.splits.items():
                ratio *= each if before.day < at <= day.day else 1
            if day.open and before.close and not 1 / JUMP <= day.open * ratio / before.close <= JUMP:
                faults.append("jump")
            if day[1:] == before[1:] and None not in day[1:] and day.volume:
                faults.append("repeated")
        before = day
        if faults:
            yield Suspect(series.symbol, day.day, tuple(faults))  # type: ignore[arg-type]


def day_faults(day: Day) -> Iterator[str]:
    prices = [price for price in day[1:5] if price is not None]
    lowest = [price for price in (day.open, day.low) if price is not None]
    if len(prices) < 4 or min(lowest) <= 0:
        yield "no_price"
    assert day.high is not None
    assert day.low is not None
    assert day.open is not None
    if day.high < max(day.open, day.low, day.close or 0) or day.low > min(day.open, day.close or day.open):
        yield "crossed"
    if not day.volume:
        yield "no_volume"


async def test_coverage_equals_a_comparison_day_by_day(link: asyncpg.Connection) -> None:
    series = [random_series(seed) for seed in range(60)]
    series.append(Series("NEVER", date(2012, 12, 3), True, [], {}))
    series.append(Series("GONE", None, False, [], {}))
    series.append(Series("X:BTCUSD", None, True, [Day(date(2012, 7, 7), 1.0, 2.0, 1.0, 2.0, 0)], {}))
    await store(link, series)

    coverage = await coverage_of(link, since=SINCE, until=UNTIL)

    exchange = [each for each in series if ":" not in each.symbol]
    assert coverage.missing == sorted(gap for each in exchange for gap in expected_gaps(each))
    assert coverage.suspects == sorted(each for one in exchange for each in expected_suspects(one))
    assert {fault for each in coverage.suspects for fault in each.faults} == {
        "no_price", "crossed", "no_volume", "jump", "repeated", "closed"
    }  # fmt: skip
    bar_counts = {each.symbol: sum(day.day in SESSIONS for day in each.days) for each in exchange}
    assert {each.symbol: each.bars for each in coverage.extents} == bar_counts
    lost = {each.symbol: sum(gap.bars for gap in expected_gaps(each)) for each in exchange}
    assert {each.symbol: each.expected - each.bars for each in coverage.extents} == lost


async def test_weeks_and_months_are_expected_where_they_hold_a_session(link: asyncpg.Connection) -> None:
    bars = "insert into {} select 'A', day, 1, 3, 1, 3, 5 from unnest($1::date[]) as days (day)"
    await link.execute(bars.format("ohlcv_weekly"), [date(2012, 10, 22), date(2012, 11, 5)])
    await link.execute(bars.format("ohlcv_monthly"), [date(2012, 10, 1), date(2012, 12, 1)])

    weeks = await coverage_of(link, timeframe="weekly")
    months = await coverage_of(link, timeframe="monthly")

    monday, november = date(2012, 10, 29), date(2012, 11, 1)
    assert weeks.missing == [Missing("A", monday, monday, 1)]
    assert months.missing == [Missing("A", november, november, 1)]
    assert [each.faults for each in (*weeks.suspects, *months.suspects)] == [("repeated",), ("repeated",)]


async def test_minutes_and_hours_are_counted_by_the_sessions_of_the_exchange(link: asyncpg.Connection) -> None:
    days = list(calendar.sessions(date(2012, 11, 19), date(2012, 11, 26)))
    short = date(2012, 11, 23)
    for day in days[:2] + days[3:]:
        minutes = list(sessions.regular(day).minutes)
        await put_minutes(link, minutes[7:] if day == days[1] else minutes)
    await put_minutes(link, [sessions.regular(short).closes + 60])
    hours = [datetime(2012, 11, 23, 14 + n, tzinfo=UTC) for n in range(3)]
    await link.executemany("insert into ohlcv_hourly values ('A', $1, 1, 2, 1, 2, 5)", [(hour,) for hour in hours])

    minutes = await coverage_of(link, timeframe="1min")
    by_hour = await coverage_of(link, timeframe="hourly")

    assert minutes.missing == [Missing("A", days[1], days[1], 7), Missing("A", days[2], days[2], 390)]
    assert [(each.bars, each.expected) for each in minutes.extents] == [(3 * 390 + 210 - 7, 4 * 390 + 210)]
    assert by_hour.missing == [Missing("A", short, short, 1)]


async def put_minutes(link: asyncpg.Connection, starts: Iterable[float]) -> None:
    rows = [(datetime.fromtimestamp(at, UTC),) for at in starts]
    await link.executemany("insert into ohlcv_1min values ('A', $1, 1, 2, 1, 2, 5)", rows)


async def test_coverage_of_a_market_without_table_or_bars_is_empty(link: asyncpg.Connection) -> None:
    assert (await coverage_of(link)).extents == []
    await link.execute("drop table ohlcv_hourly")
    assert (await coverage_of(link, timeframe="hourly")).whole


async def test_minutes_counted_by_the_half_hour_give_the_same_coverage(link: asyncpg.Connection) -> None:
    await faulty_minutes.store(link)
    await link.execute(
        """
        create view counts as
        select symbol, date_bin('30 minutes', timestamp, 'epoch') as at, count(*) as held,
               bool_or(least(open, low) <= 0) as no_price, bool_or(high < close) as crossed,
               bool_and(volume = 0) as no_volume
          from ohlcv_1min group by 1, 2
        """
    )
    shape = await market.inspect(link, exact=True)
    for query in (
        CoverageQuery("1min"),
        CoverageQuery("1min", faulty_minutes.DAYS[4], faulty_minutes.DAYS[9]),
        CoverageQuery("1min", symbols=("A",)),
        CoverageQuery("1min", date(2012, 12, 1), date(2012, 12, 5)),
    ):
        assert await measure_coverage(link, shape, query, "counts") == await measure_coverage(link, shape, query)
    every = await measure_coverage(link, shape, CoverageQuery("1min"), "counts")
    assert {fault for each in every.suspects for fault in each.faults} == {"no_price", "crossed", "no_volume"}
    assert await minute_counts(link) is None
