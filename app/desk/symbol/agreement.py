"""Whether three timeframes of a symbol agree: trend, momentum and RSI of each, by plain rules."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from app.indicators.latest.queries import LatestBar

LABELS: Mapping[str, str] = {"weekly": "Week", "daily": "Day", "hourly": "Hour"}
"""By timeframe, the longest first."""
NUMBERS = ("None", "One", "Two", "Three")


class TimeframeTrend(NamedTuple):
    """`trend`, `momentum`: rising, falling or flat, empty where there are too few bars. `rsi`: 0 to 100."""

    label: str
    trend: str
    momentum: str
    rsi: float | None


def trends(bars: Iterable[LatestBar]) -> list[TimeframeTrend]:
    """Of the timeframes that have a bar. The day is that which runs, if it is newer than the last closed one."""
    newest: dict[str, LatestBar] = {}
    for bar in bars:
        if bar.timeframe not in newest or bar.at >= newest[bar.timeframe].at:
            newest[bar.timeframe] = bar
    return [_trend(label, newest[timeframe].values) for timeframe, label in LABELS.items() if timeframe in newest]


def summary(trends: Sequence[TimeframeTrend]) -> str:
    """In a sentence; empty where no trend is known."""
    counts = {word: sum(each.trend == word for each in trends) for word in ("rising", "falling")}
    number = sum(bool(each.trend) for each in trends)
    if not number:
        return ""
    word = max(counts, key=lambda each: counts[each])
    if not counts[word] or counts["rising"] == counts["falling"]:
        return "They do not agree." if counts[word] else "None of them has a trend."
    return f"{NUMBERS[counts[word]]} of {NUMBERS[number].lower()} {'is' if counts[word] == 1 else 'are'} {word}."


def _trend(label: str, values: Mapping[str, float | None]) -> TimeframeTrend:
    trend = _word((values["close"], values["sma20"]), (values["sma20"], values["sma50"]))
    return TimeframeTrend(label, trend, _word((values["macd"], values["macd_signal"])), values["rsi14"])


def _word(*pairs: tuple[float | None, float | None]) -> str:
    """Rising where the first of each pair is above the second, falling where it is below."""
    differences = [first - second for first, second in pairs if first is not None and second is not None]
    if len(differences) < len(pairs):
        return ""
    if all(each > 0 for each in differences):
        return "rising"
    return "falling" if all(each < 0 for each in differences) else "flat"
