"""Correlations of the daily returns of some symbols on the days that they have in common."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import numpy as np

from app.finance import shares
from app.finance.adjust import Split
from app.finance.bars import day_of
from app.finance.columns import CLOSE, Columns
from app.finance.panel import Floats
from app.finance.shares import Splits

RETURNS = 60
LEAST_RETURNS = 20
"""On fewer common days a symbol is left out."""
BARS = 120
"""Of a symbol: a coin has bars at weekends too."""
MOST_SYMBOLS = 20


class CorrelationMatrix(msgspec.Struct, frozen=True):
    """Pearson's coefficients. `rows`: of each symbol with those before it, -1 to 1, None where a price stood still.
    `returns`: how many days each is of, from `first` to `until`. Symbols are left out that have too few days in common
    with those before them, and behind the first MOST_SYMBOLS."""

    symbols: list[str]
    rows: list[list[float | None]]
    returns: int
    first: date | None
    until: date | None
    without_days: list[str]
    beyond: list[str]


def correlations(symbols: Sequence[str], bars: Columns, splits: Splits) -> CorrelationMatrix:
    """`symbols`: in their order. `bars`: daily ones of the first MOST_SYMBOLS of them."""
    closes = {symbol: _closes(own, splits.get(symbol, ()), bars) for symbol, own in bars.each()}
    members, days = _common_days([symbol for symbol in symbols[:MOST_SYMBOLS] if symbol in closes], closes)
    days = days[-RETURNS - 1 :]
    prices = np.array([[closes[symbol][day] for day in days] for symbol in members])
    return CorrelationMatrix(
        members,
        _rows(prices) if members else [],
        max(0, len(days) - 1),
        day_of(days[0]) if days else None,
        day_of(days[-1]) if days else None,
        [symbol for symbol in symbols[:MOST_SYMBOLS] if symbol not in members],
        list(symbols[MOST_SYMBOLS:]),
    )


def _closes(values: Floats, splits: Sequence[Split], bars: Columns) -> Mapping[float, float]:
    """By the start of the bar, in the newest share."""
    rates = shares.factors(values[0], splits, bars.timeframe)
    pairs = zip(values[0].tolist(), (values[CLOSE] * rates).tolist(), strict=True)
    return {start: close for start, close in pairs if close > 0}


def _common_days(symbols: Sequence[str], closes: Mapping[str, Mapping[float, float]]) -> tuple[list[str], list[float]]:
    """The symbols that have enough days in common with those before them, and these days."""
    members: list[str] = []
    days: set[float] = set()
    for symbol in symbols:
        common = days & closes[symbol].keys() if members else {*closes[symbol]}
        if len(common) > LEAST_RETURNS:
            members, days = [*members, symbol], common
    return members, sorted(days)


def _rows(prices: Floats) -> list[list[float | None]]:
    """`prices`: (symbols, days), above zero."""
    returns = prices[:, 1:] / prices[:, :-1] - 1
    moves = returns.std(axis=1) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        matrix = np.atleast_2d(np.corrcoef(returns))
    return [
        [round(float(matrix[row, other]), 4) if moves[row] and moves[other] else None for other in range(row)]
        for row in range(len(prices))
    ]
