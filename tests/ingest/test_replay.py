import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

from app.finance import history
from app.finance.bars import Bar
from app.finance.sessions import regular
from app.ingest.provider import Beat
from app.ingest.replay import Pace, Replay
from app.wire.events.event import Tick
from tests.ingest.days import daily

BARS = history.read(Path("config/history/us-equities-daily.csv.gz"))
FAST = Pace(speed=200_000, ticks_per_second=100, pause_seconds=0.05)
LAST_BUT_ONE = date(2013, 2, 28)
END = date(2013, 2, 27)


def replay(after: date = END, pace: Pace = FAST) -> Replay:
    return Replay(BARS, after, pace)


async def until(beats: AsyncIterator[Beat], state: str, session: str = "") -> list[Beat]:
    found = []
    async with asyncio.timeout(20):
        async for beat in beats:
            found.append(beat)
            if beat.clock.state == state and (not session or beat.clock.session == session):
                break
    return found


def stored(day: date) -> list[Bar]:
    return sorted(bar for bar in BARS if bar.day == day)


def ticks_of(beats: list[Beat]) -> list[Tick]:
    return [tick for beat in beats for tick in beat.ticks]


async def test_a_session_is_played_in_order_and_closed() -> None:
    beats = await until(replay().beats(None), "closed")

    played = ticks_of(beats)
    assert daily(played) == stored(LAST_BUT_ONE)
    assert played == sorted(played, key=lambda tick: tick.at)
    assert {beat.clock.state for beat in beats[:-1]} == {"open"}
    assert all(tick.at <= beat.clock.market_time for beat in beats for tick in beat.ticks)
    assert beats[-1].clock.session == LAST_BUT_ONE.isoformat()


async def test_a_replay_goes_on_where_it_stopped() -> None:
    first = (await until(replay().beats(None), "closed"))[:9]

    rest = await until(replay().beats(first[-1].bookmark), "closed")

    assert daily(ticks_of(first) + ticks_of(rest)) == stored(LAST_BUT_ONE)
    assert list(replay().so_far(first[-1].bookmark)) == ticks_of(first)


async def test_a_session_keeps_its_ticks_when_the_pace_changes() -> None:
    first = (await until(replay().beats(None), "closed"))[:9]

    rest = await until(replay(pace=FAST._replace(ticks_per_second=350)).beats(first[-1].bookmark), "closed")

    assert daily(ticks_of(first) + ticks_of(rest)) == stored(LAST_BUT_ONE)


async def test_a_finished_session_is_not_repeated() -> None:
    closed = (await until(replay().beats(None), "closed"))[-1]

    rest = await until(replay().beats(closed.bookmark), "closed", "2013-03-01")

    assert {tick.at > closed.clock.market_time for tick in ticks_of(rest)} == {True}


async def test_the_end_of_the_history_is_said_and_said_again() -> None:
    beats = replay(LAST_BUT_ONE).beats(None)

    last = (await until(beats, "ended"))[-1]
    again = (await until(beats, "ended"))[-1]

    assert (last.clock.state, last.clock.session) == ("ended", "2013-03-01")
    assert again.clock.market_time == last.clock.market_time
    assert again.clock.now(again.clock.wall_time + 60) == last.clock.market_time


async def test_after_the_last_day_there_is_nothing_to_play() -> None:
    beats = await until(replay(date(2020, 1, 1)).beats(None), "ended")

    assert [beat.ticks for beat in beats] == [()]


async def test_a_bookmark_of_nonsense_is_none() -> None:
    for nonsense in (b"{", b"{}", b'{"session":"2013-02-28","played":-1,"spacing":0}', b"\xff"):
        beat = (await until(replay().beats(nonsense), "open"))[0]

        assert beat.clock.session == LAST_BUT_ONE.isoformat()


async def test_who_is_slow_to_take_slows_the_market() -> None:
    pace = Pace(speed=100, ticks_per_second=1, pause_seconds=0)
    beats = replay(pace=pace).beats(None)
    first = (await until(beats, "open"))[-1]

    await asyncio.sleep(1.5)
    after = (await until(beats, "open"))[-1]

    assert after.clock.market_time - first.clock.market_time < 1.5 * pace.speed


def test_changes_are_measured_against_the_last_close() -> None:
    closes = replay()

    friday = next(bar for bar in BARS if bar.symbol == "IBM" and bar.day == date(2012, 8, 31))
    assert closes.previous_close("IBM", "2012-09-04") == friday.close
    assert closes.previous_close("FB", "2012-05-18") is None


async def test_a_half_day_is_played_as_one() -> None:
    beats = await until(replay(date(2012, 11, 21)).beats(None), "closed")

    day = date(2012, 11, 23)
    assert beats[-1].clock.market_time == regular(day).closes
    assert datetime.fromtimestamp(regular(day).closes, UTC).hour == 18
    assert ticks_of(beats)[-1].at < regular(day).closes
    assert daily(ticks_of(beats)) == stored(day)
