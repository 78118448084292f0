"""Each series equals the form that gives the last bar alone, for every prefix of the bars."""

from collections.abc import Sequence

import numpy as np
import pytest

from app.finance import shares, studies
from app.finance.bar_series import BarSeries
from app.finance.bars import Bar, Timeframe
from app.finance.panel import walk
from app.finance.series.functions import FUNCTIONS, series
from app.finance.shares import Splits
from tests.support.bar_matrices import SPLITS, SYMBOLS, matrix, random_bars, shipped_bars, shipped_splits

TWINS = {
    ("RSI14", "value"): ("rsi", 14, ""),
    ("SMA20", "value"): ("sma", 20, ""),
    ("SMA50", "value"): ("sma", 50, ""),
    ("SMA200", "value"): ("sma", 200, ""),
    ("EMA12", "value"): ("ema", 12, ""),
    ("EMA26", "value"): ("ema", 26, ""),
    ("MACD", "value"): ("macd", 0, ""),
    ("MACD", "signal"): ("macd", 0, "signal"),
    ("MACD", "histogram"): ("macd", 0, "histogram"),
    ("BB20", "value"): ("bb", 20, ""),
    ("BB20", "upper"): ("bb", 20, "upper"),
    ("BB20", "lower"): ("bb", 20, "lower"),
    ("ATR14", "value"): ("atr", 14, ""),
    ("ADX14", "value"): ("adx", 14, ""),
    ("ADX14", "plus_di"): ("adx", 14, "plus"),
    ("ADX14", "minus_di"): ("adx", 14, "minus"),
    ("STOCH14", "value"): ("stoch", 14, ""),
    ("STOCH14", "signal"): ("stoch", 14, "signal"),
    ("relative_volume", "value"): ("relvol", 0, ""),
    ("relative_strength", "value"): ("rs", 20, ""),
}


def compare(bars: Sequence[Bar], splits: Splits) -> None:
    """Of one symbol, at most 256 bars."""
    timeframe = bars[0].timeframe
    factors = shares.factors(np.array([bar.start for bar in bars]), splits.get(bars[0].symbol, ()), timeframe)
    readings = studies.read(walk(bars, len(bars), factors=factors), np.zeros(len(bars)))
    whole = matrix(timeframe, bars, splits)
    for (study, part), (field, period, field_part) in TWINS.items():
        if field == "rs":
            continue
        values = series(whole, field, period, field_part)[0]
        if FUNCTIONS[field, field_part].is_price:
            values = np.round(values * whole.traded[0], 6)
        np.testing.assert_array_equal(values, readings[study][part], err_msg=f"{study} {part} {bars[0].symbol}")


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("seed", range(3))
def test_a_series_has_what_the_last_bar_form_has_of_every_prefix(symbol: str, seed: int) -> None:
    bars = [bar for bar in random_bars("daily", 256, seed) if bar.symbol == symbol]

    compare(bars, SPLITS)


@pytest.mark.parametrize(("symbol", "year"), [("AAPL", 2005), ("MSFT", 2003), ("IBM", 2008)])
def test_a_series_of_shipped_days_has_it_too_across_a_split(symbol: str, year: int) -> None:
    bars = [bar for bar in shipped_bars() if bar.symbol == symbol and bar.day.year in (year - 1, year)]

    compare(bars[150:406], shipped_splits())


@pytest.mark.parametrize("timeframe", ["1min", "hourly", "weekly"])
def test_every_bar_of_the_engines_series_has_what_its_panel_reads(timeframe: Timeframe) -> None:
    """Relative volume compares bars of the same hours there, and growth is that of the benchmark."""
    bars = sorted(random_bars(timeframe, 120, 5), key=lambda bar: bar.start)
    whole = matrix(timeframe, bars, SPLITS)
    engine = BarSeries(timeframe, SPLITS)
    offsets = dict(zip(whole.symbols, (whole.width - whole.counts).tolist(), strict=True))
    numbers = dict.fromkeys(SYMBOLS, 0)
    values = {twin: series(whole, *twin) for twin in [("relvol", 0), ("rsi", 14), ("stoch", 14), ("rs", 20)]}
    names = {"relvol": "relative_volume", "rsi": "RSI14", "stoch": "STOCH14", "rs": "relative_strength"}
    for start in sorted({bar.start for bar in bars}):
        closed = [bar for bar in bars if bar.start == start]
        for bar in closed:
            engine.add(bar)
            numbers[bar.symbol] += 1
        grown = engine.benchmark_growth("SPY", 20, start)
        panel = engine.panel([bar.symbol for bar in closed])
        readings = studies.read(panel, np.full(len(panel), grown))
        for row, bar in enumerate(closed):
            at = offsets[bar.symbol] + numbers[bar.symbol] - 1
            for (field, period), own in values.items():
                assert own[whole.symbols.index(bar.symbol), at] == pytest.approx(
                    readings[names[field]]["value"][row], abs=1e-6, nan_ok=True
                ), (field, period, bar)
