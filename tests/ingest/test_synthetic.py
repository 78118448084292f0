import asyncio
import datetime
from collections.abc import AsyncIterator, Callable
from datetime import date
from itertools import pairwise

from app.finance import scenarios
from app.finance.sessions import regular
from app.identity import View
from app.ingest.feed import Feed
from app.ingest.provider import Beat
from app.ingest.replay import Pace
from app.ingest.run import made
from app.ingest.synthetic import Plan, Scenario, Synthetic
from app.ingest.synthetic_session import Events
from app.market import partials
from app.settings.load import Settings
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import Tick
from app.wire.state import market_clock
from app.wire.state.newest_quotes import NewestQuotes
from tests.ingest.days import daily

FRIDAY = date(2026, 1, 16)
TUESDAY = date(2026, 1, 20)
"""Monday is Martin Luther King's day."""
NOTHING = Events(0, 0, 1)
PLAN = Plan(42, 20, FRIDAY, datetime.time(9, 0), True, 2, NOTHING)
FAST = Pace(speed=200_000, ticks_per_second=1_000, pause_seconds=0.02)


def synthetic(plan: Plan = PLAN, pace: Pace = FAST) -> Synthetic:
    return Synthetic(plan, pace)


async def until(beats: AsyncIterator[Beat], enough: Callable[[Beat], bool]) -> list[Beat]:
    found = []
    async with asyncio.timeout(20):
        async for beat in beats:
            found.append(beat)
            if enough(beat):
                break
    return found


def closed(beat: Beat) -> bool:
    return beat.clock.state == "closed"


def ticks_of(beats: list[Beat]) -> list[Tick]:
    return [tick for beat in beats for tick in beat.ticks]


async def test_a_day_is_entered_where_it_is_to_be_and_says_what_it_is_all_the_way() -> None:
    beats = await until(synthetic().beats(None), closed)

    ticks = ticks_of(beats)
    hours = regular(FRIDAY)
    assert hours.opens - 1800 <= ticks[0].at < hours.opens
    assert hours.closes < ticks[-1].at < hours.closes + 4 * 3600
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    assert all("synthetic" in beat.clock.label for beat in beats)
    assert {beat.clock.label.partition(", all of it invented")[2] for beat in beats} == {
        ", before the session",
        "",
        ", after the session",
    }
    assert all(tick.at <= beat.clock.market_time for beat in beats for tick in beat.ticks)
    assert all("synthetic" in partials.clock(beat.clock, beat.clock.market_time, True, View()) for beat in beats[::100])


async def test_after_a_day_comes_the_next_session_of_the_exchange() -> None:
    beats = await until(synthetic().beats(None), lambda beat: beat.clock.session != FRIDAY.isoformat())

    assert beats[-1].clock.session == TUESDAY.isoformat()
    assert beats[-2].clock.state == "closed"


async def test_a_day_that_is_left_goes_on_where_it_was_left() -> None:
    whole = ticks_of(await until(synthetic().beats(None), closed))
    first = (await until(synthetic().beats(None), closed))[:200]

    rest = await until(synthetic().beats(first[-1].bookmark), closed)

    assert ticks_of(first) + ticks_of(rest) == whole
    assert daily(list(synthetic().so_far(first[-1].bookmark))) == daily(ticks_of(first))


async def test_a_day_keeps_its_ticks_when_the_pace_changes() -> None:
    whole = ticks_of(await until(synthetic().beats(None), closed))
    first = (await until(synthetic().beats(None), closed))[:200]

    other = synthetic(pace=FAST._replace(ticks_per_second=77))

    assert ticks_of(first) + ticks_of(await until(other.beats(first[-1].bookmark), closed)) == whole


async def test_in_an_outage_nothing_is_heard_and_what_was_traded_is_lost() -> None:
    plan = PLAN._replace(events=Events(0, 1, 30))
    whole = ticks_of(await until(synthetic().beats(None), closed))

    beats = await until(synthetic(plan).beats(None), closed)

    ticks = ticks_of(beats)
    session = [tick for tick in ticks if tick.at < regular(FRIDAY).closes]
    holes = [after.at - before.at for before, after in pairwise(session)]
    assert max(holes) > 1800
    assert 0 < len(whole) - len(ticks) < len(whole) / 3
    begin = next(tick.at for tick, hole in zip(ticks, holes, strict=False) if hole == max(holes))
    assert not [beat for beat in beats if begin + 120 < beat.clock.market_time < begin + 1680]


async def test_another_market_does_not_go_on_in_the_place_of_this_one() -> None:
    mark = (await until(synthetic().beats(None), closed))[300].bookmark

    other = synthetic(PLAN._replace(seed=7))

    assert other.so_far(mark) == ()
    assert ticks_of(await until(other.beats(mark), closed))[0].at < regular(FRIDAY).opens


async def test_a_bookmark_of_nonsense_is_none() -> None:
    market = repr(PLAN)
    for nonsense in (b"{", b"{}", b"\xff", f'{{"market":"{market}","session":"2026-01-17"}}'.encode()):
        beats = await until(synthetic().beats(nonsense), lambda beat: bool(beat.ticks))

        assert beats[-1].clock.session == FRIDAY.isoformat()


def test_changes_are_measured_against_the_last_close() -> None:
    market = synthetic()

    assert market.previous_close("SYN001", FRIDAY.isoformat())
    assert market.previous_close("SYN001", "2026-01-02") is None
    assert market.previous_close("AAPL", FRIDAY.isoformat()) is None


async def test_a_scenario_is_played_exactly_and_says_what_it_is() -> None:
    beats = await until(Scenario("high_low_events", FAST).beats(None), closed)

    assert daily(ticks_of(beats)) == scenarios.daily("high_low_events")[:1]
    assert {tick.source for tick in ticks_of(beats)} == {"synthetic"}
    assert beats[0].clock.label == "synthetic test scenario high_low_events, all of it invented"


def test_the_settings_choose_between_a_market_and_a_scenario() -> None:
    chosen = {"ingest": {"provider": "synthetic"}}
    market = made(Settings.model_validate(chosen))
    scenario = made(Settings.model_validate({**chosen, "synthetic": {"scenario": "crash_2020"}}))

    assert (market.name, scenario.name) == ("synthetic", "synthetic crash_2020")
    assert made(Settings()).name == "replay"


async def test_through_redis_the_newest_quotes_are_those_of_the_day(redis_url: str) -> None:
    provider = synthetic(PLAN._replace(around=False), FAST._replace(pause_seconds=60))
    whole = ticks_of(await until(provider.beats(None), closed))
    feed, stop = Feed(provider, redis_url, Channels(), ()), asyncio.Event()
    task = asyncio.create_task(feed.run(lambda: None, stop))
    client = connect(redis_url)
    async with asyncio.timeout(20):
        while (told := await market_clock.read(client)) is None or told.state != "closed":
            await asyncio.sleep(0.02)
    stop.set()
    await task
    await feed.close()

    quotes = await NewestQuotes(client).all()
    found = {quote.symbol: (quote.open, quote.high, quote.low, quote.price, quote.volume) for quote in quotes.values()}
    assert found == {bar.symbol: bar[3:8] for bar in daily(whole)}
    assert quotes["SYN001"].previous_close == provider.previous_close("SYN001", FRIDAY.isoformat())
    await client.aclose()
