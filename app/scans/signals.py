"""Signals of each set of columns: conditions that many people look for, as rules."""

from collections.abc import Mapping

from app.rules.parse import parse
from app.rules.tree import Rule

SIGNALS: Mapping[str, str] = {
    "std": "chg:3..,chg:..-3,relvol:2..,relvol:..0.5",
    "perf": "chg21(close):10..,chg21(close):..-10,close:gt:max252(high)@1,close:lt:min252(low)@1",
    "tech": "rsi14:70..,rsi14:..30,adx14:25..,close:gt:sma200,sma50:up:sma200,sma50:down:sma200,macd:up:macd.signal,"
    "macd:down:macd.signal,close:gt:bb20.upper,close:lt:bb20.lower",
    "vol": "relvol:2..,relvol:..0.5,gap:2..,gap:..-2",
    "pat": "all(direction:bullish,age:..3),all(direction:bearish,age:..3),all(conf:0.8..,age:..3)",
    "risk": "d.volatility:60..,d.beta:1.5..,d.corr:..0.3,atrp14:5..",
}
"""By the name of the set; each condition is a signal by itself."""


def signals(columns: str, timeframe: str) -> Rule:
    """`columns`: name of a set; `timeframe`: prefix of operands that have none."""
    return parse(SIGNALS[columns], timeframe)
