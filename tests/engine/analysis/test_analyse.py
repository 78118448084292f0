from datetime import date
from pathlib import Path

import numpy as np
import pytest

from app.engine.analysis.analyse import Analysis, analyse
from app.engine.analysis.thresholds import NEVER, Thresholds
from app.finance import history
from app.finance.bar_series import BARS_PER_SYMBOL, SLACK, BarSeries
from app.finance.bars import Bar
from app.finance.panel import walk
from app.finance.rollup import Rollup
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import regular
from app.finance.shape import FULL_TICKS
from app.ingest.path import SymbolSlot, ticks
from app.settings.load import Settings

BARS = history.read(Path("config/history/us-equities-daily.csv.gz"))
USUAL = Thresholds(Settings().engine.min_confidence)


def morning(day: date, minutes: int) -> list[Bar]:
    """Minute bars of all symbols as the default replay makes them."""
    replay = Settings().replay
    spacing = replay.speed / replay.ticks_per_second
    session, bars = regular(day), [bar for bar in BARS if bar.day == day]
    rollup = Rollup()
    closed_bars = []
    for number, bar in enumerate(bars):
        for tick in ticks(bar, session, spacing, SymbolSlot(number, len(bars))):
            minute = rollup.add(tick)
            if minute and minute.start + 60 <= session.opens + 60 * minutes:
                closed_bars.append(minute)
    return sorted(closed_bars, key=lambda bar: bar.start)


def analyses(bars: list[Bar]) -> list[Analysis]:
    series = SeriesByTimeframe()
    results = []
    for bar in bars:
        series.add(bar)
        results.append(analyse(series.timeframe(bar.timeframe).panel([bar.symbol]), USUAL))
    return results


@pytest.mark.parametrize("day", [date(2012, 9, day) for day in (4, 7)], ids=str)
def test_two_minutes_of_replay_yield_a_moderate_number_of_patterns(day: date) -> None:
    speed = Settings().replay.speed

    patterns = [pattern for analysis in analyses(morning(day, int(105 * speed / 60))) for pattern in analysis.patterns]

    assert 1 <= len(patterns) <= 90


def test_a_pattern_detected_again_has_the_same_identity() -> None:
    bars = [bar for bar in BARS if bar.symbol == "IBM"][-400:]

    once, again = analyse(walk(bars, 100), USUAL), analyse(walk(bars, 100), USUAL)

    assert once.patterns == again.patterns != []
    assert {pattern.at for pattern in once.patterns} <= {regular(bar.day).closes for bar in bars}
    assert all(pattern.tier == "daily" for pattern in once.patterns)
    assert all(pattern.expires_at and pattern.expires_at > pattern.at for pattern in once.patterns)


def test_analysing_bars_one_by_one_equals_analysing_them_together() -> None:
    bars = [bar for bar in BARS if bar.symbol == "MSFT"][-(BARS_PER_SYMBOL + 40) :]
    ring = BarSeries("daily")
    live: list[Analysis] = []
    for bar in bars:
        ring.add(bar)
        live.append(analyse(ring.panel(["MSFT"]), USUAL))

    later = analyse(walk(bars, len(bars)), USUAL)

    assert [event for one in live for event in one.patterns] == sorted(later.patterns, key=lambda event: event.at)
    assert {event for one in live for event in one.indicators} == set(later.indicators)


def test_analysing_many_symbols_together_equals_analysing_each_alone() -> None:
    ring = BarSeries("daily")
    symbols = sorted({bar.symbol for bar in BARS})
    for bar in BARS:
        ring.add(bar)

    together = analyse(ring.panel(symbols), Thresholds(0.0))
    alone = [analyse(ring.panel([symbol]), Thresholds(0.0)) for symbol in symbols]

    by_name = lambda event: (event.symbol, event.pattern)  # noqa: E731
    assert sorted(together.patterns, key=by_name) == sorted((e for one in alone for e in one.patterns), key=by_name)
    assert set(together.indicators) == {event for one in alone for event in one.indicators}


def test_a_disabled_pattern_is_not_detected_and_hides_no_other() -> None:
    bars = [bar for bar in BARS if bar.symbol == "IBM"][-400:]
    usual = analyse(walk(bars, 100), USUAL).patterns
    name = usual[0].pattern

    patterns = analyse(walk(bars, 100), USUAL._replace(by_pattern={name: NEVER})).patterns
    strict = analyse(walk(bars, 100), USUAL._replace(by_pattern={one.pattern: 0.95 for one in usual})).patterns

    assert {one.pattern for one in usual} - {one.pattern for one in patterns} == {name}
    assert len(patterns) >= len([one for one in usual if one.pattern != name])
    assert all(one.confidence >= 0.95 for one in strict if one.pattern in {each.pattern for each in usual})


def test_a_series_is_bounded_and_follows_a_feed_that_restarts_in_the_past() -> None:
    series = SeriesByTimeframe()
    bars = [Bar("BRK.B", "1min", 60.0 * n, 1, 1, 1, 1, n) for n in range(3 * BARS_PER_SYMBOL)]

    series.extend(bars)
    last_bars = series.last("BRK.B", "1min")
    series.add(bars[-40]._replace(volume=0))
    after = series.last("BRK.B", "1min")

    assert list(last_bars) == bars[-BARS_PER_SYMBOL:]
    assert after[-1] == bars[-40]._replace(volume=0)
    assert BARS_PER_SYMBOL - 40 <= len(after) <= BARS_PER_SYMBOL + SLACK


@pytest.mark.parametrize("back", [1, 2, 10, 16])
def test_a_corrected_minute_changes_only_itself(back: int) -> None:
    series = SeriesByTimeframe()
    bars = [Bar("BRK.B", "1min", 60.0 * n, 1, 1, 1, 1, n) for n in range(BARS_PER_SYMBOL + SLACK - 3)]
    series.extend(bar for bar in bars if bar is not bars[-5])

    for bar in (bars[-5], bars[-back]._replace(volume=0)):
        series.add(bar)

    mended = [bar._replace(volume=0) if bar is bars[-back] else bar for bar in bars]
    assert list(series.last("BRK.B", "1min")) == mended[-BARS_PER_SYMBOL:]


def test_a_panel_counts_its_bars_without_padding() -> None:
    ring = BarSeries("1min")
    for symbol, count in (("A", 3), ("B", BARS_PER_SYMBOL + SLACK + 50), ("C", 1)):
        for n in range(count):
            ring.add(Bar(symbol, "1min", 60.0 * n, n + 1, n + 2, n, n + 1.5, n))

    panel = ring.panel(["B", "A", "C"])

    assert panel.counts.tolist() == [BARS_PER_SYMBOL, 3, 1]
    assert panel.start.tolist() == [60.0 * (BARS_PER_SYMBOL + SLACK + 49), 120.0, 0.0]
    assert panel.volume[0].tolist() == list(range(SLACK + 50, BARS_PER_SYMBOL + SLACK + 50))
    assert panel.close[1, -3:].tolist() == [1.5, 2.5, 3.5]
    assert np.unique(panel.close[1, :-3]).tolist() == [1.5]
    assert panel.last(1) == Bar("A", "1min", 120.0, 3, 4, 2, 3.5, 2)


@pytest.mark.parametrize(
    ("symbol", "before", "expected"),
    [("IBM", 20, 20.0), ("IBM", 5, 20.0), ("IBM", 4, None), ("X:BTCUSD", 4, 11.111111)],
)
def test_relative_volume_compares_regular_sessions_only(symbol: str, before: int, expected: float | None) -> None:
    """Of the 20 minutes before the open `before` are of the last session, with 10 each, the others of the morning, with
    20 each; the first one of the session has 200."""
    opens, closed = regular(date(2012, 9, 4)).opens, regular(date(2012, 8, 31)).closes
    starts = [closed - 60 * back for back in range(30, 0, -1)]
    early = [opens - 60 * back for back in range(20 - before, 0, -1)]
    traded = [*((start, 10) for start in starts), *((start, 20) for start in early), (opens, 200)]
    series = SeriesByTimeframe()
    series.extend(Bar(symbol, "1min", start, 1, 1, 1, 1, volume) for start, volume in traded)

    analysis = analyse(series.timeframe("1min").panel([symbol]), Thresholds(0.0))

    indicators = {event.indicator: event.value for event in analysis.indicators}
    assert indicators.get("relative_volume") == expected
    assert all(0 <= event.confidence <= 1 for event in analysis.patterns)


@pytest.mark.parametrize(("ticks", "some"), [(1, False), (2, False), (FULL_TICKS, True), (None, True)])
def test_minutes_of_one_or_two_ticks_show_no_pattern(ticks: int | None, *, some: bool) -> None:
    bars = [bar._replace(ticks=ticks) for bar in morning(date(2012, 9, 4), 45)]

    patterns = [pattern for analysis in analyses(bars) for pattern in analysis.patterns]

    assert bool(patterns) == some
