from collections import Counter
from datetime import date, datetime
from itertools import pairwise

import numpy as np
import pytest

from app.finance.invented.session import InventedSession, SessionEvents
from app.finance.sessions import NEW_YORK, Session, extended, regular, trading_date
from app.ingest import session_ticks
from app.ingest.synthetic_universe import SyntheticUniverse
from app.wire.events.event import Tick
from tests.support.daily_bars import daily

TUESDAY = date(2026, 1, 6)
HALF = date(2026, 11, 27)
EVENTS = SessionEvents(halts=3, outages=2, outage_minutes=20)
NOTHING = SessionEvents(0, 0, 1)
SPACING = 30.0


def universe(seed: int = 42, size: int = 40, gaps: int = 4) -> SyntheticUniverse:
    return SyntheticUniverse(seed, size, date(2026, 1, 5), gaps)


def synthetic_session(hours: Session = extended(TUESDAY), events: SessionEvents = NOTHING) -> InventedSession:  # noqa: B008
    return InventedSession(universe(), hours, events)


def ticks(day: InventedSession, minute: int, spacing: float = SPACING) -> list[Tick]:
    return session_ticks.ticks(day, universe().symbols, minute, spacing, "synthetic")


def everything(day: InventedSession, spacing: float = SPACING) -> list[Tick]:
    return [tick for minute in range(day.minutes) for tick in ticks(day, minute, spacing)]


def in_session(ticks: list[Tick]) -> list[Tick]:
    hours = regular(trading_date(ticks[0].at))
    return [tick for tick in ticks if hours.opens <= tick.at < hours.closes]


def rate(ticks: list[Tick], begin: str, end: str) -> float:
    """Ticks a minute between two times in New York."""
    day = trading_date(ticks[0].at)
    since, until = (datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=NEW_YORK) for clock in (begin, end))
    trades = sum(since.timestamp() <= tick.at < until.timestamp() for tick in ticks)
    return trades / ((until - since).total_seconds() / 60)


def test_a_day_starts_before_its_session_and_is_busy_at_the_open_and_quiet_at_noon() -> None:
    ticks = everything(synthetic_session())

    average = rate(ticks, "09:30", "16:00")
    assert rate(ticks, "09:30", "09:35") > 3 * average
    assert rate(ticks, "12:00", "13:00") < 0.75 * average
    assert rate(ticks, "15:50", "16:00") > 1.5 * average
    assert 0 < rate(ticks, "04:00", "09:30") < 0.1 * average
    assert 0 < rate(ticks, "16:00", "20:00") < 0.1 * average
    assert average == pytest.approx(40 * 60 / SPACING, rel=0.02)


def test_a_day_is_in_order_in_cents_and_in_whole_shares() -> None:
    ticks = everything(synthetic_session(events=EVENTS))

    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    assert len({(tick.symbol, tick.at) for tick in ticks}) == len(ticks)
    assert all(tick.price == round(tick.price, 2) > 0 for tick in ticks)
    assert all(tick.volume > 0 for tick in ticks)
    assert {tick.source for tick in ticks} == {"synthetic"}


def test_volumes_follow_the_size_of_the_company() -> None:
    market = universe()
    traded = Counter[str]()
    for tick in everything(synthetic_session()):
        traded[tick.symbol] += tick.volume

    for symbol, number in market.numbers.items():
        assert 0.5 < traded[symbol] / market.volumes(TUESDAY)[number] < 2


def test_a_half_day_ends_at_one() -> None:
    ticks = in_session(everything(synthetic_session(extended(HALF))))

    last = datetime.fromtimestamp(ticks[-1].at, NEW_YORK)
    assert (last.hour, last.minute) == (12, 59)


def test_without_extended_hours_there_are_only_session_ticks() -> None:
    day = synthetic_session(regular(TUESDAY))
    ticks = everything(day)

    assert day.minutes == 390
    assert ticks == in_session(ticks)


def test_the_close_of_a_session_is_the_previous_close_of_the_next() -> None:
    market = universe()
    newest = {tick.symbol: tick.price for tick in in_session(everything(synthetic_session()))}

    assert newest == {
        symbol: market.previous_close(number, date(2026, 1, 7)) for symbol, number in market.numbers.items()
    }


def test_the_configured_share_of_symbols_opens_with_a_gap() -> None:
    market = universe()
    first: dict[str, float] = {}
    for tick in in_session(everything(synthetic_session())):
        first.setdefault(tick.symbol, tick.price)

    moves = [
        abs(first[symbol] / market.previous_close(number, TUESDAY) - 1) for symbol, number in market.numbers.items()
    ]
    assert sum(move > 0.025 for move in moves) == 4


def test_a_halted_symbol_is_silent_and_resumes_at_another_price() -> None:
    day, symbols = synthetic_session(events=EVENTS), universe().symbols
    ticks = everything(day)

    assert len(day.halts) == 3
    for number, halt in day.halts.items():
        begin, end = (day.begins + 60 * minute for minute in halt)
        own = [tick for tick in ticks if tick.symbol == symbols[number]]
        assert not [tick for tick in own if begin <= tick.at < end]
        assert [tick for tick in ticks if begin <= tick.at < end]
        before = next(tick for tick in reversed(own) if tick.at < begin)
        after = next(tick for tick in own if tick.at >= end)
        assert abs(after.price / before.price - 1) > 0.02


def test_outages_lie_in_the_session_and_have_the_configured_length() -> None:
    day = synthetic_session(events=EVENTS)

    assert len(day.outages) == 2
    for outage in day.outages:
        assert day.session.since < outage.since < outage.until < day.session.until
        assert outage.until - outage.since == 20
        assert [minute for minute in range(*outage) if not day.in_outage(minute)] == []


def test_the_seed_determines_the_market() -> None:
    again = InventedSession(universe(), extended(TUESDAY), EVENTS)
    other = InventedSession(universe(seed=43), extended(TUESDAY), EVENTS)

    assert ticks(again, 400) == ticks(synthetic_session(events=EVENTS), 400)
    assert ticks(other, 400) != ticks(again, 400)


def test_sessions_do_not_depend_on_the_starting_day() -> None:
    through, entered = universe(), universe()
    for day in (date(2026, 3, 2), date(2026, 6, 1), date(2026, 12, 31), date(2026, 1, 9)):
        through.prices(day)

    assert np.array_equal(through.prices(date(2026, 12, 31)).closes, entered.prices(date(2026, 12, 31)).closes)
    prices = np.exp(entered.prices(date(2026, 12, 31)).closes)
    assert 1 < prices.min() < prices.max() < 2000


def test_the_market_does_not_jump_between_days() -> None:
    market = universe(gaps=0)

    nights = [market.prices(day) for day in (date(2026, 1, 5), TUESDAY, date(2026, 1, 7))]

    for before, after in pairwise(nights):
        assert np.array_equal(before.closes, after.previous)
        assert np.abs(after.closes - after.previous).max() < 0.2


@pytest.mark.parametrize("until", [400, 720])
def test_the_summary_of_a_slice_equals_its_ticks(until: int) -> None:
    day = synthetic_session(events=EVENTS)
    minutes = (minute for minute in range(330, until) if not day.in_outage(minute))

    whole = [tick for minute in minutes for tick in ticks(day, minute)]

    assert daily(session_ticks.summary(day, universe().symbols, range(330, until), SPACING, "synthetic")) == daily(
        whole
    )


def test_configured_events_are_bounded_by_the_day() -> None:
    day = InventedSession(universe(size=2), regular(HALF), SessionEvents(halts=9, outages=1, outage_minutes=500))

    assert len(day.halts) == 2
    assert 20 <= day.outages[0].since < day.outages[0].until <= 190
