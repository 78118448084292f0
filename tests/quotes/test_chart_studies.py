"""Studies of a chart equal what TA-Lib computes of the same prices, at every bar."""

import math
from datetime import date

import numpy as np
import pytest
import talib

from app.db.pools import Pools
from app.finance.bars import Bar
from app.finance.instrument import Instrument
from app.finance.panel import Floats
from app.quotes.board import QuoteBoard
from app.quotes.charts.cache import ChartCache, assemble
from app.quotes.charts.history import ChartRequest, history
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.settings import ChartSettings, ChartStudy
from tests.conftest import Databases
from tests.support.chart_models import SYMBOL, model_of, walk
from tests.support.quote_samples import bars
from tests.support.stored_bars import PatternRow, store_bars, store_patterns, store_splits


def columns(days: list[Bar]) -> tuple[Floats, Floats, Floats]:
    high, low, close = np.array([(bar.high, bar.low, bar.close) for bar in days]).T
    return high, low, close


def expected(study: str, days: list[Bar]) -> list[Floats]:
    high, low, close = columns(days)
    upper, middle, lower = talib.BBANDS(close, 20)
    line, signal, histogram = talib.MACD(close)
    slow_k, slow_d = talib.STOCH(high, low, close, 14, 3, 0, 3, 0)
    values: dict[str, list[Floats]] = {
        "sma:20": [talib.SMA(close, 20)],
        "ema:50": [talib.EMA(close, 50)],
        "bb:20": [upper, middle, lower],
        "rsi:14": [talib.RSI(close, 14)],
        "macd": [histogram, line, signal],
        "atr:14": [talib.ATR(high, low, close, 14)],
        "stoch:14": [slow_k, slow_d],
    }
    return values[study]


@pytest.mark.parametrize("first", [0, 200])
@pytest.mark.parametrize("study", ["sma:20", "ema:50", "bb:20", "rsi:14", "macd", "atr:14", "stoch:14"])
def test_a_study_equals_talib_at_every_bar(study: str, first: int) -> None:
    days = walk(SYMBOL, 320, 1)
    kind = "overlays" if study[:3] in ("sma", "ema", "bb:") else "panes"

    model = model_of({kind: study}, days, first)

    curves = model.overlays if kind == "overlays" else model.panes[0].curves
    for curve, values in zip(curves, expected(study, days), strict=True):
        present = ~np.isnan(curve.values)
        np.testing.assert_allclose(curve.values[present], values[first:][present], atol=2e-6)
        lacking = np.flatnonzero(~present & ~np.isnan(values[first:]))
        assert len(lacking) == 0 or lacking.max() < 34, "values are missing behind the first ones"
        assert present[-200:].all()


async def test_a_study_goes_through_a_split_in_todays_share(databases: Databases, pools: Pools) -> None:
    days = walk(SYMBOL, 300, 2)
    await store_bars(databases.engine, days)
    await store_splits(databases.engine, [(SYMBOL, days[250].day, 4)])
    settings = ChartSettings(overlays=(ChartStudy("ema", 20),))

    read = await history(ChartRequest(SYMBOL, settings), pools, QuoteBoard(), ChartCache())

    assert read is not None
    adjusted = [bar._replace(close=bar.close / 4) if n < 250 else bar for n, bar in enumerate(days)]
    values = talib.EMA(columns(adjusted)[2], 20)
    (curve,) = chart_model(read.chart).overlays
    np.testing.assert_allclose(curve.values, values[-len(curve.values) :], atol=2e-6)
    assert len(curve.values) == 120


def test_a_study_without_enough_bars_is_a_sentence() -> None:
    model = model_of({"overlays": "sma:50,vwap", "panes": "rsi:40"}, walk(SYMBOL, 30, 3))

    assert (model.overlays, model.panes) == ((), ())
    assert model.notes == (
        "SMA 50 needs 50 bars, and 30 are stored.",
        "VWAP begins anew with each session: choose a timeframe below a day.",
        "RSI 40 needs 41 bars, and 30 are stored.",
    )


def test_a_comparison_is_in_percent_from_the_first_bar_that_all_have() -> None:
    own = [bar._replace(close=10.0 + n) for n, bar in enumerate(bars(SYMBOL, 6))]
    other = [bar._replace(symbol="BF/B", close=50.0 - 5 * n) for n, bar in enumerate(own)][2:]

    model = model_of({"compare": "BF/B"}, own, 0, other)

    assert model.own_percent is not None
    np.testing.assert_allclose(model.own_percent, [np.nan, np.nan, *(100 * n / 12 for n in range(4))])
    np.testing.assert_allclose(model.comparisons[0].values, [np.nan, np.nan, *(-100 * 5 * n / 40 for n in range(4))])


@pytest.mark.parametrize("others", [[], [Bar("BF/B", "daily", 0, 1, 1, 1, 1, 1)]])
def test_symbols_without_a_common_bar_are_a_sentence(others: list[Bar]) -> None:
    own = bars(SYMBOL, 6)
    model = model_of({"compare": "BF/B", "panes": "rs:BF/B"}, own, 0, *([others] if others else []))

    assert (model.own_percent, model.comparisons, model.panes) == (None, (), ())
    assert len(model.bars) == 6
    assert ("BRK.B and BF/B have no bar with a price in common here." in model.notes) == bool(others)


def test_relative_strength_is_100_at_the_first_common_bar() -> None:
    own = [bar._replace(close=10.0 * 2**n) for n, bar in enumerate(bars(SYMBOL, 4))]
    other = [bar._replace(symbol="SPY", close=5.0) for bar in own[1:]]

    (pane,) = model_of({"panes": "rs:SPY"}, own, 0, other).panes

    np.testing.assert_allclose(pane.curves[0].values, [np.nan, 100, 200, 400])


def test_a_logarithmic_scale_gives_way_to_prices_of_zero_or_less() -> None:
    for low, scale in ((-0.5, "linear"), (0.0, "linear"), (0.01, "log")):
        days = [bar._replace(low=low) for bar in bars(SYMBOL, 4)]
        model = model_of({"scale": "log"}, days)
        assert (model.settings.scale, len(model.notes)) == (scale, int(scale == "linear"))


def test_heikin_ashi_opens_in_the_middle_of_the_body_before() -> None:
    days = [
        Bar(SYMBOL, "daily", n * 86400.0, *prices, 5) for n, prices in enumerate([(10, 12, 8, 11), (11, 15, 11, 14)])
    ]

    first, second = model_of({"style": "heikin"}, days).bars

    assert first[3:7] == (10.5, 12, 8, 10.25)
    assert second[3:7] == ((10.5 + 10.25) / 2, 15, 10.375, 12.75)


async def test_a_range_without_bars_draws_the_newest_and_says_so(databases: Databases, pools: Pools) -> None:
    await store_bars(databases.engine, bars(SYMBOL, 40))
    cases = {
        ChartSettings(until=date(1990, 1, 1)): "No bar is stored until 1990-01-01, so that the newest ones are drawn.",
        ChartSettings(since=date(2100, 1, 1)): (
            "No bar is stored from 2100-01-01 on, so that the newest ones before it are drawn."
        ),
        ChartSettings(since=date(2012, 1, 1)): "The first bar that is stored is of 2012-07-23.",
    }
    for settings, words in cases.items():
        read = await history(ChartRequest(SYMBOL, settings), pools, QuoteBoard(), ChartCache())
        assert read is not None
        assert len(read.chart.bars) == 40
        assert read.chart.notes == (words,)


async def test_a_range_of_days_has_only_bars_between_them(databases: Databases, pools: Pools) -> None:
    await store_bars(databases.engine, bars(SYMBOL, 400))
    settings = ChartSettings(since=date(2012, 3, 1), until=date(2012, 3, 31), overlays=(ChartStudy("sma", 20),))

    read = await history(ChartRequest(SYMBOL, settings), pools, QuoteBoard(), ChartCache())

    assert read is not None
    model = chart_model(read.chart)
    assert [model.bars[0].day, model.bars[-1].day, len(model.bars)] == [date(2012, 3, 1), date(2012, 3, 31), 31]
    assert not np.isnan(model.overlays[0].values).any()
    assert not model.live


async def test_a_longer_range_than_can_be_drawn_ends_with_its_newest_bars(databases: Databases, pools: Pools) -> None:
    await store_bars(databases.engine, bars(SYMBOL, 400))

    read = await history(
        ChartRequest(SYMBOL, ChartSettings(span="2y", timeframe="daily")), pools, QuoteBoard(), ChartCache()
    )

    assert read is not None
    assert len(read.chart.bars) == 300
    assert read.chart.notes[0].startswith("The newest 300 bars of the range are drawn")


async def test_patterns_of_a_day_stand_at_the_week_that_holds_it(databases: Databases, pools: Pools) -> None:
    days = bars(SYMBOL, 40)
    await store_bars(databases.engine, days)
    wednesday = next(bar for bar in days[10:] if bar.day.weekday() == 2)
    await store_patterns(databases.engine, "daily", [PatternRow(SYMBOL, "Hammer", wednesday.start + 20 * 3600)])

    read = await history(ChartRequest(SYMBOL, ChartSettings(timeframe="weekly")), pools, QuoteBoard(), ChartCache())

    assert read is not None
    model = chart_model(read.chart)
    (mark,) = model.marks
    assert model.bars[mark.bar].start == wednesday.start - 2 * 86400
    assert (mark.letter, mark.words) == ("H", "Hammer, bullish")


def test_the_version_changes_with_closed_bars_alone() -> None:
    days = walk(SYMBOL, 30, 4)
    chart = assemble(Instrument(SYMBOL), ChartSettings(), days, None)
    changed = [*days[:10], days[10]._replace(close=days[10].close + 1), *days[11:]]

    same = chart_model(chart._replace(today=None)).version

    assert chart_model(chart).version == same
    assert chart_model(assemble(Instrument(SYMBOL), ChartSettings(), changed, None)).version != same
    assert chart_model(assemble(Instrument(SYMBOL), ChartSettings(style="line"), days, None)).version != same
    assert not math.isnan(days[0].close)
