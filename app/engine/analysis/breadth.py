"""How the market stands, minute by minute: how many rise and fall of all, of every sector and of every universe."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from app.finance.bars import Bar
from app.finance.tick_size import side, tick_sizes

NO_TICK_SIZES: Mapping[str, float] = MappingProxyType({})

UNSORTED = ""
"""The sector of symbols of which none is known."""


class Move(NamedTuple):
    """Since the close of the day before."""

    change: float
    side: int
    """1 for at least a tick up, -1 for down, otherwise 0."""
    volume: int


class Stand(NamedTuple):
    symbols: int
    advancing: int
    """By a tick at least; who is neither advancing nor declining is unchanged."""
    declining: int
    change: float
    """Mean change since the close of the day before; 0.01 for 1 %."""
    volume: int
    """Traded in the session so far."""


class Conditions(NamedTuple):
    """At the end of a minute, market time."""

    at: float
    whole: Stand
    sectors: Mapping[str, Stand]
    universes: Mapping[str, Stand]
    """By title; those of which a member is traded."""


class Groups(NamedTuple):
    sectors: Mapping[str, str] = {}
    """By symbol, where one is known."""
    universes: Mapping[str, Collection[str]] = {}
    """The members, by title. A symbol may be in many."""


def conditions(
    at: float,
    days: Iterable[Bar],
    closes: Mapping[str, float],
    groups: Groups,
    instruments: Mapping[str, float] = NO_TICK_SIZES,
) -> Conditions | None:
    """`days`: the running daily bars; `closes`: of the day before; symbols without one do not count. `instruments`:
    tick sizes by symbol, where they are known."""
    moves = _moves([bar for bar in days if closes.get(bar.symbol)], closes, instruments)
    if not moves:
        return None
    sectors: dict[str, list[Move]] = {}
    for symbol, move in moves.items():
        sectors.setdefault(groups.sectors.get(symbol, UNSORTED), []).append(move)
    sectors.pop(UNSORTED, None)
    universes = {title: [moves[each] for each in own if each in moves] for title, own in groups.universes.items()}
    return Conditions(
        at,
        _stand(list(moves.values())),
        {name: _stand(members) for name, members in sectors.items()},
        {title: _stand(members) for title, members in universes.items() if members},
    )


def _moves(bars: Sequence[Bar], closes: Mapping[str, float], instruments: Mapping[str, float]) -> dict[str, Move]:
    symbols = [bar.symbol for bar in bars]
    close = np.array([bar.close for bar in bars], dtype=np.float64)
    before = np.array([closes[symbol] for symbol in symbols], dtype=np.float64)
    sides = side(close - before, tick_sizes(symbols, close, instruments)).tolist()
    changes = (close / before - 1).tolist()
    return {
        bar.symbol: Move(change, int(way), bar.volume) for bar, change, way in zip(bars, changes, sides, strict=True)
    }


def _stand(members: Sequence[Move]) -> Stand:
    return Stand(
        symbols=len(members),
        advancing=sum(move.side > 0 for move in members),
        declining=sum(move.side < 0 for move in members),
        change=round(fmean(move.change for move in members), 6),
        volume=sum(move.volume for move in members),
    )
