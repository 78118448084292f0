import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

from app.finance import history
from app.finance.bars import Bar
from app.finance.sessions import regular
from app.ingest.provider import FeedUpdate
from app.ingest.replay import ReplayProvider, ReplaySpeed
from tests.support.daily_bars import daily
from tests.support.provider_updates import ticks_of

BARS = history.read(Path("config/history/us-equities-daily.csv.gz"))
FAST = ReplaySpeed(speed=200_000, ticks_per_second=100, pause_seconds=0.05)
LAST_BUT_ONE = date(2013, 2, 28)
END = date(2013, 2, 27)


def replay(after: date = END, pace: ReplaySpeed = FAST) -> ReplayProvider:
    return ReplayProvider(BARS, after, pace)


async def until(updates: AsyncIterator[FeedUpdate], state: str, session: str = "") -> list[FeedUpdate]:
    """All updates up to the first in that state; the rest can be read on."""
    received = []
    async with asyncio.timeout(20):
        async for update in updates:
            received.append(update)
            if update.clock.state == state and (not session or update.clock.session == session):
                break
    return received


def bars_of(day: date) -> list[Bar]:
    return sorted(bar for bar in BARS if bar.day == day)


async def test_a_session_is_replayed_in_order_and_closed() -> None:
    updates = await until(replay().updates(None), "closed")

    played = ticks_of(updates)
    assert daily(played) == bars_of(LAST_BUT_ONE)
    assert played == sorted(played, key=lambda tick: tick.at)
    assert {update.clock.state for update in updates[:-1]} == {"open"}
    assert all(tick.at <= update.clock.market_time for update in updates for tick in update.ticks)
    assert updates[-1].clock.session == LAST_BUT_ONE.isoformat()


async def test_a_replay_resumes_where_it_stopped() -> None:
    first = (await until(replay().updates(None), "closed"))[:9]

    rest = await until(replay().updates(first[-1].position), "closed")

    assert daily(ticks_of(first) + ticks_of(rest)) == bars_of(LAST_BUT_ONE)
    assert list(replay().published_ticks(first[-1].position)) == ticks_of(first)


async def test_a_session_keeps_its_ticks_when_the_pace_changes() -> None:
    first = (await until(replay().updates(None), "closed"))[:9]

    rest = await until(replay(pace=FAST._replace(ticks_per_second=350)).updates(first[-1].position), "closed")

    assert daily(ticks_of(first) + ticks_of(rest)) == bars_of(LAST_BUT_ONE)


async def test_a_finished_session_is_not_repeated() -> None:
    closed = (await until(replay().updates(None), "closed"))[-1]

    rest = await until(replay().updates(closed.position), "closed", "2013-03-01")

    assert {tick.at > closed.clock.market_time for tick in ticks_of(rest)} == {True}


async def test_the_end_of_the_history_is_announced_repeatedly() -> None:
    updates = replay(LAST_BUT_ONE).updates(None)

    last = (await until(updates, "ended"))[-1]
    again = (await until(updates, "ended"))[-1]

    assert (last.clock.state, last.clock.session) == ("ended", "2013-03-01")
    assert again.clock.market_time == last.clock.market_time
    assert again.clock.now(again.clock.wall_time + 60) == last.clock.market_time


async def test_after_the_last_day_nothing_is_replayed() -> None:
    updates = await until(replay(date(2020, 1, 1)).updates(None), "ended")

    assert [update.ticks for update in updates] == [()]


async def test_an_unreadable_position_starts_from_the_beginning() -> None:
    for nonsense in (b"{", b"{}", b'{"session":"2013-02-28","played":-1,"spacing":0}', b"\xff"):
        update = (await until(replay().updates(nonsense), "open"))[0]

        assert update.clock.session == LAST_BUT_ONE.isoformat()


async def test_a_slow_consumer_slows_the_replay() -> None:
    pace = ReplaySpeed(speed=100, ticks_per_second=1, pause_seconds=0)
    updates = replay(pace=pace).updates(None)
    first = (await until(updates, "open"))[-1]

    await asyncio.sleep(1.5)
    after = (await until(updates, "open"))[-1]

    assert after.clock.market_time - first.clock.market_time < 1.5 * pace.speed


def test_changes_are_measured_against_the_last_close() -> None:
    closes = replay()

    friday = next(bar for bar in BARS if bar.symbol == "IBM" and bar.day == date(2012, 8, 31))
    assert closes.previous_close("IBM", "2012-09-04") == friday.close
    assert closes.previous_close("FB", "2012-05-18") is None


async def test_a_half_day_is_played_as_one() -> None:
    updates = await until(replay(date(2012, 11, 21)).updates(None), "closed")

    day = date(2012, 11, 23)
    assert updates[-1].clock.market_time == regular(day).closes
    assert datetime.fromtimestamp(regular(day).closes, UTC).hour == 18
    assert ticks_of(updates)[-1].at < regular(day).closes
    assert daily(ticks_of(updates)) == bars_of(day)
