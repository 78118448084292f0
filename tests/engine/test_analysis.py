from datetime import date
from pathlib import Path

import pytest

from app.engine.analysis import Analysis, analyse, end
from app.engine.series import KEPT, SLACK, Series
from app.finance import history
from app.finance.bars import Bar
from app.finance.rollup import Rollup
from app.finance.sessions import regular
from app.ingest.path import Place, ticks
from app.settings import Settings

BARS = history.read(Path("config/history/us-equities-daily.csv.gz"))


def morning(day: date, minutes: int) -> list[Bar]:
    """Minute bars of all symbols as the default replay makes them."""
    replay = Settings().replay
    spacing = replay.speed / replay.ticks_per_second
    session, bars = regular(day), [bar for bar in BARS if bar.day == day]
    rollup = Rollup("1min")
    found = []
    for number, bar in enumerate(bars):
        for tick in ticks(bar, session, spacing, Place(number, len(bars))):
            minute = rollup.add(tick)
            if minute and end(minute) <= session.opens + 60 * minutes:
                found.append(minute)
    return sorted(found, key=lambda bar: bar.start)


def analyses(bars: list[Bar]) -> list[Analysis]:
    series = Series()
    found = []
    for bar in bars:
        series.add(bar)
        found.append(analyse(series.last(bar.symbol, bar.timeframe), 1, Settings().engine.min_confidence))
    return found


@pytest.mark.parametrize("day", [date(2012, 9, day) for day in (4, 5, 6, 7, 10)])
def test_two_minutes_of_replay_show_some_patterns_and_no_flood(day: date) -> None:
    speed = Settings().replay.speed

    found = [pattern for analysis in analyses(morning(day, int(105 * speed / 60))) for pattern in analysis.patterns]

    assert 1 <= len(found) <= 60


def test_a_pattern_found_again_is_the_same_one() -> None:
    bars = [bar for bar in BARS if bar.symbol == "IBM"][-200:]

    once, again = analyse(bars, 100, 0.7), analyse(bars, 100, 0.7)

    assert once.patterns == again.patterns != ()
    assert {pattern.event.at for pattern in once.patterns} <= {regular(bar.day).closes for bar in bars}
    assert all(pattern.event.tier == "daily" for pattern in once.patterns)


def test_a_series_keeps_what_is_needed_and_follows_a_feed_that_begins_again() -> None:
    series = Series()
    bars = [Bar("BRK.B", "1min", 60.0 * n, 1, 1, 1, 1, n) for n in range(3 * KEPT)]

    series.extend(bars)
    kept = series.last("BRK.B", "1min")
    series.add(bars[-10]._replace(volume=0))
    after = series.last("BRK.B", "1min")

    assert list(kept) == bars[-KEPT:]
    assert after[-1] == bars[-10]._replace(volume=0)
    assert KEPT - 10 <= len(after) <= KEPT + SLACK
