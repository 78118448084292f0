"""The twenty presets on shipped days: symbols and dates that match, by arrays and worked one bar at a time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from app.finance import periods
from app.finance.bars import Bar, Timeframe
from app.finance.detections import LIFE, DetectedPattern
from app.rules.evaluate import RuleEvaluation
from app.rules.market_bars import MarketSnapshot
from app.rules.parse import parse
from app.rules.presets import PRESETS
from tests.support.bar_matrices import matrix, shipped_bars, shipped_splits
from tests.support.plain_indicators import PlainBars, mean
from tests.support.split_adjusted_bars import merge

YEARS = (2004, 2005)
"""AAPL split its shares on 2005-02-28, and GOOG was first traded on 2004-08-19."""
RENAMED = {"GOOG": "BRK.B", "IBM": "BF/B"}
SPLITS = shipped_splits()
SECTORS = {"AAPL": "Technology", "MSFT": "Software", "BRK.B": "energy"}
INDUSTRIES = {"AAPL": "Computers", "BRK.B": "biotechnology", "BF/B": "Computers"}
CAPS = {"AAPL": 2e10, "BRK.B": 1e10, "BF/B": 1e11}
WINTER = date(2005, 1, 3), date(2005, 3, 11)
"""Of the hourly bars: New York opens at 14:30 UTC."""


class PlainSymbol(NamedTuple):
    symbol: str
    days: PlainBars
    weeks: PlainBars
    months: PlainBars
    hours: PlainBars
    detections: Sequence[DetectedPattern]


@cache
def symbols() -> Mapping[str, PlainSymbol]:
    by_symbol: dict[str, list[Bar]] = {}
    for bar in shipped_bars():
        if bar.day.year <= YEARS[-1]:
            symbol = RENAMED.get(bar.symbol, bar.symbol)
            by_symbol.setdefault(symbol, []).append(bar._replace(symbol=symbol))
    return {symbol: _symbol(symbol, days) for symbol, days in by_symbol.items()}


def _symbol(symbol: str, days: Sequence[Bar]) -> PlainSymbol:
    splits = SPLITS.get(symbol, ())
    recent = [bar for bar in days if bar.day.year in YEARS]
    longer = (PlainBars(merge(days, timeframe, splits), splits) for timeframe in ("weekly", "monthly"))
    hours = [hour for bar in recent if WINTER[0] <= bar.day <= WINTER[1] for hour in _hours(bar)]
    detections = [one for place, bar in enumerate(recent) for one in _detections(place, bar)]
    return PlainSymbol(symbol, PlainBars(recent, splits), *longer, PlainBars(hours, splits), detections)


def _hours(day: Bar) -> list[Bar]:
    """Seven bars from the day's open to its close, which swing about the line between them."""
    first = periods.end("daily", day.start) - 7 * 3600
    bars = []
    for place in range(7):
        line = day.open + (day.close - day.open) * (place + 1) / 7
        price = round(line * (1 + 0.002 * ((day.volume // 100 + 3 * place) % 5 - 2)), 2)
        reach = 0.01 * ((day.volume // 100 + place) % 7)
        bars.append(
            Bar(
                day.symbol, "hourly", first + 3600 * place, price, price + reach, price - reach, price, 100 + 50 * place
            )
        )
    return bars


def _detections(place: int, day: Bar) -> list[DetectedPattern]:
    """Invented ones, from the digits of the day's volume."""
    end, digits = periods.end("daily", day.start), day.volume // 100
    pattern = ("Hammer", "Doji", "GoldenCross")[digits % 3]
    direction = ("bullish", "bearish")[digits % 2]
    detections = []
    if place % 9 == 0:
        detections.append(DetectedPattern(day.symbol, pattern, "daily", end, digits % 101 / 100, direction))
    if WINTER[0] <= day.day <= WINTER[1] and place % 4 == 0:
        detections.append(DetectedPattern(day.symbol, pattern, "hourly", end - 3600 * (digits % 5), 0.5, direction))
    return detections


@cache
def evaluation() -> RuleEvaluation:
    own = symbols().values()
    bars: dict[Timeframe, list[Bar]] = {
        "daily": [bar for one in own for bar in one.days.bars],
        "weekly": [bar for one in own for bar in one.weeks.bars],
        "monthly": [bar for one in own for bar in one.months.bars],
        "hourly": [bar for one in own for bar in one.hours.bars],
    }
    facts = {
        field: {symbol: (word,) for symbol, word in words.items()}
        for field, words in (("sector", SECTORS), ("industry", INDUSTRIES))
    }
    matrices = {timeframe: matrix(timeframe, group, SPLITS) for timeframe, group in bars.items()}
    return RuleEvaluation(MarketSnapshot(matrices, facts, CAPS, [each for one in own for each in one.detections]))


def crosses_up(left: Sequence[float | None], right: Sequence[float | None], t: int) -> bool:
    if t == 0:
        return False
    before, now = (left[t - 1], right[t - 1]), (left[t], right[t])
    if None in before or None in now:
        return False
    return before[0] <= before[1] and now[0] > now[1]  # type: ignore[operator]


def above(value: float | None, other: float | None) -> bool:
    return value is not None and other is not None and value > other


def at_most(value: float | None, bound: float) -> bool:
    return value is not None and value <= bound


def at_least(value: float | None, bound: float) -> bool:
    return value is not None and value >= bound


def golden_cross(one: PlainSymbol, t: int) -> bool:
    averages = ([one.days.sma(at, period) if at >= 0 else None for at in (t - 1, t)] for period in (50, 200))
    return crosses_up(*averages, 1)


def breaks_out(one: PlainSymbol, t: int, bars: int) -> bool:
    return t >= bars and one.days.close[t] > max(one.days.high[t - bars : t])


def rises(one: PlainSymbol, t: int) -> bool:
    return t >= 1 and one.days.close[t] > one.days.close[t - 1]


def liquid_recovery(one: PlainSymbol, t: int) -> bool:
    if t < 19 or not crosses_up(one.days.rsi14, [30.0] * len(one.days.close), t):
        return False
    traded = mean(one.days.volume[t - 19 : t + 1]) / one.days.shares[t]
    return one.days.bars[t].close >= 5 and traded >= 500_000


def dip(one: PlainSymbol, t: int) -> bool:
    week = one.weeks.last_until(one.days.ends[t])
    return week >= 0 and above(one.weeks.close[week], one.weeks.sma(week, 30)) and at_most(one.days.rsi14[t], 40)


def detected(one: PlainSymbol, t: int, fits: Callable[[DetectedPattern], bool]) -> bool:
    end = one.days.ends[t]
    return any(fits(each) and each.at <= end < each.at + LIFE[each.timeframe] for each in one.detections)


def agreement(one: PlainSymbol, t: int) -> bool:
    end = one.days.ends[t]
    fresh = any(
        each.timeframe == "hourly"
        and each.direction == "bullish"
        and each.at <= end
        and one.hours.last_until(end) - one.hours.last_until(each.at) <= 3
        for each in one.detections
    )
    return fresh and detected(one, t, lambda each: each.pattern == "Hammer" and each.timeframe == "daily")


def large_drop(one: PlainSymbol, t: int) -> bool:
    is_in_sector = SECTORS.get(one.symbol, "").lower() in ("technology", "energy")
    return is_in_sector and CAPS.get(one.symbol, 0) >= 1e10 and at_most(one.days.change(t), -3)


def squeeze(one: PlainSymbol, t: int) -> bool:
    widths = [one.days.band_width(at) for at in range(max(t - 119, 0), t + 1)]
    return len(widths) == 120 and None not in widths and widths[-1] == min(widths)  # type: ignore[type-var]


def near_average(one: PlainSymbol, t: int) -> bool:
    average = one.days.sma(t, 50)
    return average is not None and average * 0.98 <= one.days.close[t] <= average * 1.02


def oversold(one: PlainSymbol, t: int) -> bool:
    industry = INDUSTRIES.get(one.symbol, "biotechnology").lower()
    return industry != "biotechnology" and (at_most(one.days.rsi14[t], 30) or at_most(one.days.stoch14(t), 20))


def three_timeframes(one: PlainSymbol, t: int) -> bool:
    for bars in (one.days, one.weeks, one.months):
        place = bars.last_until(one.days.ends[t])
        if place < 0 or not above(bars.ema12[place], bars.ema26[place]):
            return False
    return at_least(one.days.adx14[t], 25)


def above_session_price(one: PlainSymbol, t: int) -> bool:
    place = one.hours.last_until(one.days.ends[t])
    return place >= 2 and all(_above_vwap(one.hours, at) for at in (place - 2, place - 1, place)) and strong(one, t)


def _above_vwap(hours: PlainBars, place: int) -> bool:
    today = [at for at in range(place + 1) if hours.bars[at].day == hours.bars[place].day]
    money = sum((hours.high[at] + hours.low[at] + hours.close[at]) / 3 * hours.volume[at] for at in today)
    return hours.close[place] > money / sum(hours.volume[at] for at in today) + 1e-9


def strong(one: PlainSymbol, t: int) -> bool:
    """Against the mean growth of all, since there is no SPY."""
    if t < 20:
        return False
    growths = []
    for other in symbols().values():
        at = other.days.last_until(one.days.ends[t])
        if at >= 20:
            growths.append(other.days.close[at] / other.days.close[at - 20])
    return len(growths) > 1 and one.days.close[t] / one.days.close[t - 20] / mean(growths) >= 1.1


SCREENS: Mapping[str, Callable[[PlainSymbol, int], bool]] = {
    "oversold-in-uptrend": lambda s, t: at_most(s.days.rsi14[t], 30) and above(s.days.close[t], s.days.sma(t, 200)),
    "golden-cross": golden_cross,
    "golden-cross-in-5-bars": lambda s, t: any(golden_cross(s, at) for at in range(max(t - 4, 0), t + 1)),
    "52-week-breakout": lambda s, t: breaks_out(s, t, 252),
    "breakout-on-volume": lambda s, t: breaks_out(s, t, 20) and at_least(s.days.relative_volume(t), 2),
    "rsi-back-above-30": liquid_recovery,
    "three-rising-closes": lambda s, t: t >= 3 and all(rises(s, at) for at in (t - 2, t - 1, t)),
    "dip-in-uptrend": dip,
    "confident-pattern": lambda s, t: detected(
        s, t, lambda each: each.pattern in ("Hammer", "Doji") and each.confidence >= 0.8
    ),
    "daily-and-intraday": agreement,
    "large-drop": large_drop,
    "bollinger-squeeze": squeeze,
    "macd-cross-below-zero": lambda s, t: crosses_up(*s.days.macd, t) and at_most(s.days.macd[0][t], 0),
    "gap-that-holds": lambda s, t: (
        t >= 1 and s.days.open[t] / s.days.close[t - 1] >= 1.03 and s.days.close[t] > s.days.open[t]
    ),
    "near-sma-50": near_average,
    "oversold-by-either": oversold,
    "three-timeframes": three_timeframes,
    "recovered": lambda s, t: (
        any(at_most(each, 30) for each in s.days.rsi14[max(t - 9, 0) : t + 1]) and at_least(s.days.rsi14[t], 50)
    ),
    "own-symbols": lambda s, t: s.symbol in ("BRK.B", "BF/B", "X:BTCUSD") and at_least(s.days.change(t), 2),
    "above-vwap": above_session_price,
}


def test_every_preset_is_worked_here() -> None:
    assert list(SCREENS) == [preset.slug for preset in PRESETS]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_a_preset_matches_the_days_that_its_definition_says(preset: object) -> None:
    slug, text = preset.slug, preset.text  # type: ignore[attr-defined]
    own = evaluation()
    days = own.bars("d")
    expected = {
        (one.symbol, bar.day)
        for one in symbols().values()
        for t, bar in enumerate(one.days.bars)
        if SCREENS[slug](one, t)
    }

    true = own.whole(parse(text)).true

    matches = {(own.symbols[row], date.fromordinal(719163 + int(days.start[row, place]) // 86400))
               for row, place in zip(*np.nonzero(true), strict=True)}  # fmt: skip
    assert matches == expected
    assert matches, "the days of the history match it at least once"
