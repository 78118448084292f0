from datetime import date

import pytest

from app.finance import calendar, scenarios
from app.finance.bars import Bar
from app.finance.scenarios import SCENARIOS
from app.finance.sessions import regular
from tests.support import expected_outcomes

DAYS = {"crash_2020": 252, "growth_2021": 252, "volatility_periods": 126, "trend_changes": 189, "high_low_events": 63}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_has_all_its_days_and_each_is_a_session(name: str) -> None:
    bars = scenarios.daily(name)

    assert len(bars) == DAYS[name]
    assert [bar.day for bar in bars] == list(calendar.sessions(bars[0].day, bars[-1].day))
    assert {bar.symbol for bar in bars} == {SCENARIOS[name].symbol}
    assert abs(bars[0].close / SCENARIOS[name].base - 1) < 0.01


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_deterministic_and_has_consistent_prices(name: str) -> None:
    bars = scenarios.daily(name)

    assert bars == scenarios.daily(name)
    for bar in bars:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert all(price == round(price, 2) for price in bar[3:7])
        assert 1_000_000 < bar.volume < 20_000_000
    assert len(scenarios.instrument(name).symbol) <= 20
    assert scenarios.instrument(name).name.startswith("Synthetic")


def test_the_crash_scenario_falls_by_35_percent_and_recovers() -> None:
    bars = scenarios.daily("crash_2020")

    assert expected_outcomes.drawdown(bars) == pytest.approx(0.35, abs=0.001)
    assert expected_outcomes.volume_spikes(bars) == 15
    assert expected_outcomes.highs(bars) + expected_outcomes.lows(bars) == 8
    trough = min(range(len(bars)), key=lambda number: bars[number].close)
    peak = max(range(len(bars)), key=lambda number: bars[number].close)
    assert (peak, trough) == (150, 175)
    assert bars[-1].close > 0.95 * bars[peak].close
    assert expected_outcomes.gain(bars[trough : trough + 26]) > 0.5 * (bars[peak].close / bars[trough].close - 1)


def test_the_growth_scenario_rises_by_a_quarter_in_six_breakouts() -> None:
    bars = scenarios.daily("growth_2021")

    assert expected_outcomes.gain(bars) == pytest.approx(0.25, abs=0.0001)
    assert expected_outcomes.breakouts(bars) == 6
    assert expected_outcomes.momentum_events(bars) == 4


def test_the_volatile_scenario_stays_in_its_range_with_calm_and_wild_phases() -> None:
    bars = scenarios.daily("volatility_periods")

    prices = expected_outcomes.closes(bars)
    assert (max(prices) - min(prices)) / bars[0].close == pytest.approx(0.30, abs=0.001)
    assert abs(expected_outcomes.gain(bars)) < 0.01
    assert expected_outcomes.clustering(bars) > 0.3


def test_the_trend_scenario_changes_four_times_and_keeps_its_bounds() -> None:
    bars = scenarios.daily("trend_changes")

    middle = bars[139].close
    edges = (0.98 * middle, 1.02 * middle)
    assert expected_outcomes.trend_changes(bars) == 4
    assert expected_outcomes.level_tests(bars[140:], *edges) == 6
    assert expected_outcomes.false_breakouts(bars[140:], *edges) == 2


def test_the_extremes_scenario_has_twelve_highs_ten_lows_and_eight_gaps() -> None:
    bars = scenarios.daily("high_low_events")

    assert (expected_outcomes.highs(bars), expected_outcomes.lows(bars)) == (12, 10)
    assert expected_outcomes.gaps(bars) == 8
    assert expected_outcomes.volume_spikes(bars) == 15


def rolled_up(minutes: list[Bar], day: Bar) -> Bar:
    return day._replace(
        open=minutes[0].open,
        high=max(bar.high for bar in minutes),
        low=min(bar.low for bar in minutes),
        close=minutes[-1].close,
        volume=sum(bar.volume for bar in minutes),
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_minutes_of_a_day_roll_up_to_it(name: str) -> None:
    for bar in scenarios.daily(name)[::20]:
        minutes = scenarios.minutes(bar)

        assert [minute.start for minute in minutes] == list(regular(bar.day).minutes)
        assert rolled_up(minutes, bar) == bar


def test_a_half_day_has_the_minutes_of_a_half_day() -> None:
    bar = next(bar for bar in scenarios.daily("growth_2021") if bar.day == date(2021, 11, 26))

    assert len(scenarios.minutes(bar)) == 210
