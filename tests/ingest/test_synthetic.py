import asyncio
import datetime
from datetime import date
from itertools import pairwise

from app.finance import scenarios
from app.finance.invented.session import SessionEvents
from app.finance.sessions import regular
from app.identity import View
from app.ingest.feed import Feed
from app.ingest.provider import FeedUpdate
from app.ingest.replay import ReplaySpeed
from app.ingest.run import create_provider
from app.ingest.synthetic import ScenarioProvider, SyntheticPlan, SyntheticProvider
from app.market import partials
from app.settings.load import Settings
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.state import market_clock
from app.wire.state.newest_quotes import NewestQuotes
from tests.support.daily_bars import daily
from tests.support.provider_updates import ticks_of, until

FRIDAY = date(2026, 1, 16)
TUESDAY = date(2026, 1, 20)
"""Monday is Martin Luther King's day."""
NOTHING = SessionEvents(0, 0, 1)
PLAN = SyntheticPlan(42, 20, FRIDAY, datetime.time(9, 0), True, 2, NOTHING)
FAST = ReplaySpeed(speed=200_000, ticks_per_second=1_000, pause_seconds=0.02)


def synthetic(plan: SyntheticPlan = PLAN, pace: ReplaySpeed = FAST) -> SyntheticProvider:
    return SyntheticProvider(plan, pace)


def is_closed(update: FeedUpdate) -> bool:
    return update.clock.state == "closed"


async def test_a_synthetic_day_covers_extended_hours_and_is_labelled_throughout() -> None:
    updates = await until(synthetic().updates(None), is_closed)

    ticks = ticks_of(updates)
    hours = regular(FRIDAY)
    assert hours.opens - 1800 <= ticks[0].at < hours.opens
    assert hours.closes < ticks[-1].at < hours.closes + 4 * 3600
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    assert all("synthetic" in update.clock.label for update in updates)
    assert {update.clock.hours for update in updates} == {"before the session", "", "after the session"}
    assert all(tick.at <= update.clock.market_time for update in updates for tick in update.ticks)
    assert all(
        "synthetic" in partials.clock(update.clock, update.clock.market_time, True, View()) for update in updates[::100]
    )


async def test_the_next_day_is_the_next_session_of_the_exchange() -> None:
    updates = await until(synthetic().updates(None), lambda update: update.clock.session != FRIDAY.isoformat())

    assert updates[-1].clock.session == TUESDAY.isoformat()
    assert updates[-2].clock.state == "closed"


async def test_an_interrupted_day_resumes_where_it_stopped() -> None:
    whole = ticks_of(await until(synthetic().updates(None), is_closed))
    first = (await until(synthetic().updates(None), is_closed))[:200]

    rest = await until(synthetic().updates(first[-1].position), is_closed)

    assert ticks_of(first) + ticks_of(rest) == whole
    assert daily(list(synthetic().published_ticks(first[-1].position))) == daily(ticks_of(first))


async def test_a_day_keeps_its_ticks_when_the_pace_changes() -> None:
    whole = ticks_of(await until(synthetic().updates(None), is_closed))
    first = (await until(synthetic().updates(None), is_closed))[:200]

    other = synthetic(pace=FAST._replace(ticks_per_second=77))

    assert ticks_of(first) + ticks_of(await until(other.updates(first[-1].position), is_closed)) == whole


async def test_in_an_outage_no_tick_is_published_and_its_trades_are_lost() -> None:
    plan = PLAN._replace(events=SessionEvents(0, 1, 30))
    whole = ticks_of(await until(synthetic().updates(None), is_closed))

    updates = await until(synthetic(plan).updates(None), is_closed)

    ticks = ticks_of(updates)
    session = [tick for tick in ticks if tick.at < regular(FRIDAY).closes]
    holes = [after.at - before.at for before, after in pairwise(session)]
    assert max(holes) > 1800
    assert 0 < len(whole) - len(ticks) < len(whole) / 3
    begin = next(tick.at for tick, hole in zip(ticks, holes, strict=False) if hole == max(holes))
    assert not [update for update in updates if begin + 120 < update.clock.market_time < begin + 1680]


async def test_the_position_of_another_market_is_not_resumed() -> None:
    mark = (await until(synthetic().updates(None), is_closed))[300].position

    other = synthetic(PLAN._replace(seed=7))

    assert other.published_ticks(mark) == ()
    assert ticks_of(await until(other.updates(mark), is_closed))[0].at < regular(FRIDAY).opens


def test_the_name_of_a_market_in_stored_positions_does_not_change() -> None:
    assert PLAN.market == (
        "Plan(seed=42, symbols=20, first=datetime.date(2026, 1, 16), starts_at=datetime.time(9, 0), around=True, "
        "gaps=2, events=Events(halts=0, outages=0, outage_minutes=1))"
    )


async def test_an_unreadable_position_starts_from_the_beginning() -> None:
    market = repr(PLAN)
    for nonsense in (b"{", b"{}", b"\xff", f'{{"market":"{market}","session":"2026-01-17"}}'.encode()):
        updates = await until(synthetic().updates(nonsense), lambda update: bool(update.ticks))

        assert updates[-1].clock.session == FRIDAY.isoformat()


def test_changes_are_measured_against_the_last_close() -> None:
    market = synthetic()

    assert market.previous_close("SYN001", FRIDAY.isoformat())
    assert market.previous_close("SYN001", "2026-01-02") is None
    assert market.previous_close("AAPL", FRIDAY.isoformat()) is None


async def test_a_scenario_is_replayed_exactly_and_labelled() -> None:
    updates = await until(ScenarioProvider("high_low_events", FAST).updates(None), is_closed)

    assert daily(ticks_of(updates)) == scenarios.daily("high_low_events")[:1]
    assert {tick.source for tick in ticks_of(updates)} == {"synthetic"}
    assert updates[0].clock.label == "synthetic test scenario high_low_events, all of it invented"


def test_the_settings_select_a_market_or_a_scenario() -> None:
    provider = {"ingest": {"provider": "synthetic"}}
    market = create_provider(Settings.model_validate(provider))
    scenario = create_provider(Settings.model_validate({**provider, "synthetic": {"scenario": "crash_2020"}}))

    assert (market.name, scenario.name) == ("synthetic", "synthetic crash_2020")
    assert create_provider(Settings()).name == "invented"


async def test_the_newest_quotes_in_redis_match_the_synthetic_day(redis_url: str) -> None:
    provider = synthetic(PLAN._replace(around=False), FAST._replace(pause_seconds=60))
    whole = ticks_of(await until(provider.updates(None), is_closed))
    feed, stop = Feed(provider, redis_url, Channels(), ()), asyncio.Event()
    task = asyncio.create_task(feed.run(lambda: None, stop))
    client = connect(redis_url)
    async with asyncio.timeout(20):
        while (clock := await market_clock.read(client)) is None or clock.state != "closed":
            await asyncio.sleep(0.02)
    stop.set()
    await task
    await feed.close()

    quotes = await NewestQuotes(client).all()
    newest_by_symbol = {
        quote.symbol: (quote.open, quote.high, quote.low, quote.price, quote.volume) for quote in quotes.values()
    }
    assert newest_by_symbol == {bar.symbol: bar[3:8] for bar in daily(whole)}
    assert quotes["SYN001"].previous_close == provider.previous_close("SYN001", FRIDAY.isoformat())
    await client.aclose()
