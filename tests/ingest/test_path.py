from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance import history
from app.finance.bars import Bar
from app.finance.sessions import regular
from app.ingest.path import SymbolSlot, ticks
from app.wire.events.event import Tick
from tests.support.daily_bars import daily

BARS = history.read(Path("config/history/us-equities-daily.csv.gz"))


def check(bar: Bar, path: Sequence[Tick]) -> None:
    prices = [tick.price for tick in path]
    assert (prices[0], max(prices), min(prices), prices[-1]) == (bar.open, bar.high, bar.low, bar.close)
    assert sum(tick.volume for tick in path) == bar.volume
    session = regular(bar.day)
    times = [tick.at for tick in path]
    assert times == sorted(set(times))
    assert session.opens <= times[0] < session.opens + 1
    assert session.closes - 1 <= times[-1] < session.closes
    for tick in path:
        assert tick.open is not None
        assert tick.high is not None
        assert tick.low is not None
        assert bar.low <= tick.low <= min(tick.open, tick.price) <= max(tick.open, tick.price) <= tick.high <= bar.high
        assert tick.price in {bar.high, bar.low, bar.open, bar.close} or round(tick.price, 2) == tick.price


def test_the_path_of_every_shipped_day_matches_its_bar() -> None:
    for bar in BARS:
        check(bar, ticks(bar, regular(bar.day), 5000, SymbolSlot(1, 4)))


@given(st.sampled_from(BARS), st.sampled_from([60.0, 30.0, 1000.0, 100_000.0]), st.integers(0, 4))
def test_every_tick_spacing_matches_the_bar(bar: Bar, spacing: float, number: int) -> None:
    path = ticks(bar, regular(bar.day), spacing, SymbolSlot(number, 5))

    check(bar, path)
    assert daily(path) == [bar]


def test_the_slowest_replay_has_two_ticks_a_second() -> None:
    bar = BARS[0]

    path = ticks(bar, regular(bar.day), 0.5, SymbolSlot(0, 1))

    check(bar, path)
    assert len(path) == pytest.approx(2 * 6.5 * 3600, abs=3)


def test_a_day_is_the_same_in_every_process() -> None:
    bar = next(bar for bar in BARS if bar.symbol == "IBM" and bar.day == date(2012, 9, 4))

    path = ticks(bar, regular(bar.day), 30, SymbolSlot(0, 1))

    assert path == ticks(bar, regular(bar.day), 30, SymbolSlot(0, 1))
    assert [tick.price for tick in path[1:5]] == [196.68, 196.63, 196.69, 196.64]


def test_ticks_of_symbols_alternate() -> None:
    day = history.by_day(BARS)[date(2012, 9, 4)]
    session = regular(date(2012, 9, 4))

    times = sorted(tick.at for n, bar in enumerate(day) for tick in ticks(bar, session, 30, SymbolSlot(n, len(day))))

    inner = [after - before for before, after in pairwise(times[5:-5])]
    assert min(inner) > 5


def test_the_open_and_the_close_are_busier_than_noon() -> None:
    bar = next(bar for bar in BARS if bar.symbol == "IBM" and bar.day == date(2012, 9, 4))
    volumes = [tick.volume for tick in ticks(bar, regular(bar.day), 30, SymbolSlot(0, 1))]
    third = len(volumes) // 6

    noon = sum(volumes[len(volumes) // 2 - third // 2 : len(volumes) // 2 + third // 2])
    assert sum(volumes[:third]) > 1.3 * noon
    assert sum(volumes[-third:]) > 1.3 * noon
