"""Market breadth by minute: advancing and declining symbols of the market, each sector and each universe."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from app.finance.bars import Bar
from app.finance.tick_size import side, tick_sizes

NO_TICK_SIZES: Mapping[str, float] = MappingProxyType({})

NO_SECTOR = ""
"""The sector of symbols without one."""


class PriceChange(NamedTuple):
    """Since the close of the previous day."""

    change: float
    side: int
    """1 for at least a tick up, -1 for at least a tick down, otherwise 0."""
    volume: int


class Breadth(NamedTuple):
    symbols: int
    advancing: int
    """By a tick at least; the rest is unchanged."""
    declining: int
    change: float
    """Mean change since the previous close; 0.01 for 1 %."""
    volume: int
    """Volume of the session so far."""


class MarketConditions(NamedTuple):
    """Breadth at the end of a minute; `at` is market time."""

    at: float
    whole: Breadth
    sectors: Mapping[str, Breadth]
    universes: Mapping[str, Breadth]
    """By title; those with a traded member."""


class Groups(NamedTuple):
    sectors: Mapping[str, str] = {}
    """The sector by symbol."""
    universes: Mapping[str, Collection[str]] = {}
    """The members by title."""


def market_conditions(
    at: float,
    days: Iterable[Bar],
    closes: Mapping[str, float],
    groups: Groups,
    tick_size_by_symbol: Mapping[str, float] = NO_TICK_SIZES,
) -> MarketConditions | None:
    """`days`: the running daily bars; `closes`: of the previous day; symbols without one do not count."""
    changes = _price_changes([bar for bar in days if closes.get(bar.symbol)], closes, tick_size_by_symbol)
    if not changes:
        return None
    sectors: dict[str, list[PriceChange]] = {}
    for symbol, change in changes.items():
        sectors.setdefault(groups.sectors.get(symbol, NO_SECTOR), []).append(change)
    sectors.pop(NO_SECTOR, None)
    universes = {title: [changes[each] for each in own if each in changes] for title, own in groups.universes.items()}
    return MarketConditions(
        at,
        _breadth(list(changes.values())),
        {name: _breadth(members) for name, members in sectors.items()},
        {title: _breadth(members) for title, members in universes.items() if members},
    )


def _price_changes(
    bars: Sequence[Bar], closes: Mapping[str, float], tick_size_by_symbol: Mapping[str, float]
) -> dict[str, PriceChange]:
    symbols = [bar.symbol for bar in bars]
    close = np.array([bar.close for bar in bars], dtype=np.float64)
    before = np.array([closes[symbol] for symbol in symbols], dtype=np.float64)
    sides = side(close - before, tick_sizes(symbols, close, tick_size_by_symbol)).tolist()
    changes = (close / before - 1).tolist()
    return {
        bar.symbol: PriceChange(change, int(direction), bar.volume)
        for bar, change, direction in zip(bars, changes, sides, strict=True)
    }


def _breadth(changes: Sequence[PriceChange]) -> Breadth:
    return Breadth(
        symbols=len(changes),
        advancing=sum(change.side > 0 for change in changes),
        declining=sum(change.side < 0 for change in changes),
        change=round(fmean(change.change for change in changes), 6),
        volume=sum(change.volume for change in changes),
    )
