"""What an indicator's value is taken for, in plain words, and the scan for symbols of which the same holds."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from app.finance import studies

NUMBERED = re.compile(r"(RSI|SMA|EMA|ADX|STOCH|ATR|BB)(\d+)")
MOST_BARS = 252
"""Longest period that a rule may name."""
HIGH_VOLUME, LOW_VOLUME = 2.0, 0.5


class IndicatorState(NamedTuple):
    """`tone`: up, down, warn or flat, the CSS class; `rule`: of a scan, empty where there is none."""

    word: str
    tone: str = "flat"
    rule: str = ""


NONE = IndicatorState("")
OVER = {
    "OVERBOUGHT": IndicatorState("overbought", "warn", "{name}:{most:g}.."),
    "OVERSOLD": IndicatorState("oversold", "warn", "{name}:..{least:g}"),
    "": IndicatorState("neutral", "flat", "{name}:{least:g}..{most:g}"),
}
BESIDE_MEAN = {
    "ABOVE": IndicatorState("price above", "up", "close:gt:{name}"),
    "BELOW": IndicatorState("price below", "down", "close:lt:{name}"),
    "": IndicatorState("at the price", "flat", "close:{name}*0.99..{name}*1.01"),
}
BY_SIGNAL: Mapping[str, Mapping[str, IndicatorState]] = {
    "RSI": OVER,
    "STOCH": OVER,
    "SMA": BESIDE_MEAN,
    "EMA": BESIDE_MEAN,
    "BB": {
        "ABOVE": IndicatorState("above the band", "up", "close:gt:{name}.upper"),
        "BELOW": IndicatorState("below the band", "down", "close:lt:{name}.lower"),
        "": IndicatorState("in the band", "flat", "{name}.place:0..1"),
    },
    "ADX": {
        "BULLISH": IndicatorState("uptrend", "up", "{name}:25..,{name}.plus:gt:{name}.minus"),
        "BEARISH": IndicatorState("downtrend", "down", "{name}:25..,{name}.plus:lt:{name}.minus"),
        "": IndicatorState("no trend", "flat", "{name}:..25"),
    },
    "ATR": {"": IndicatorState("", "flat", "{name}:0..")},
    "MACD": {
        "BULLISH": IndicatorState("above signal", "up", "macd:gt:macd.signal"),
        "BEARISH": IndicatorState("below signal", "down", "macd:lt:macd.signal"),
        "": IndicatorState("at signal"),
    },
}
"""By family and by the word of the engine."""
LIMITS = {
    "RSI": {"least": studies.OVERSOLD, "most": studies.OVERBOUGHT},
    "STOCH": {"least": studies.SPENT, "most": studies.STRETCHED},
}
TONES = {"bullish": "up", "above": "up", "bearish": "down", "below": "down", "overbought": "warn", "oversold": "warn"}
"""Of signals of indicators that the engine names by itself."""


def state(indicator: str, value: float, signal: str) -> IndicatorState:
    """`signal`: as sent or stored; empty where nothing is said."""
    if indicator == "relative_volume":
        return _volume_state(value)
    if indicator == "relative_strength":
        return _strength_state(value)
    family, name = _family(indicator)
    states = BY_SIGNAL.get(family, {})
    limits = LIMITS.get(family, {})
    one = states.get(signal.upper() or _signal(family, value))
    if one is None:
        word = signal.lower().replace("_", " ")
        return IndicatorState(word, TONES.get(word, "flat"))
    return one._replace(rule=one.rule.format(name=name, **limits))


def _family(indicator: str) -> tuple[str, str]:
    """And the name in a rule."""
    match = NUMBERED.fullmatch(indicator.upper())
    if match and 2 <= int(match[2]) <= MOST_BARS:
        return match[1], match[0].lower()
    return (indicator.upper(), indicator.lower()) if indicator.upper() == "MACD" else ("", "")


def _signal(family: str, value: float) -> str:
    """Of a value that came without one."""
    limits = LIMITS.get(family)
    if limits is None:
        return ""
    return "OVERBOUGHT" if value > limits["most"] else "OVERSOLD" if value < limits["least"] else ""


def _volume_state(value: float) -> IndicatorState:
    if value >= HIGH_VOLUME:
        return IndicatorState("high", "warn", f"relvol:{HIGH_VOLUME:g}..")
    if value < LOW_VOLUME:
        return IndicatorState("low", "flat", f"relvol:..{LOW_VOLUME:g}")
    return IndicatorState("usual", "flat", f"relvol:{LOW_VOLUME:g}..{HIGH_VOLUME:g}")


def _strength_state(value: float) -> IndicatorState:
    if value == 1:
        return IndicatorState("as the market", "flat", "rs20:1..")
    ahead = value > 1
    return IndicatorState("ahead of market" if ahead else "behind market", "up" if ahead else "down",
                          "rs20:1.." if ahead else "rs20:..1")  # fmt: skip
