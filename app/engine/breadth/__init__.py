"""How the market stands, minute by minute: how many rise and fall of all, of every sector and of every universe."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from app.finance.bars import Bar

Move = tuple[float, int]
"""Change since the close of the day before, and volume."""

UNSORTED = ""
"""The sector of symbols of which none is known."""


class Stand(NamedTuple):
    symbols: int
    advancing: int
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


def conditions(at: float, days: Iterable[Bar], closes: Mapping[str, float], groups: Groups) -> Conditions | None:
    """`days`: the running daily bars; `closes`: of the day before. Symbols without one do not count."""
    moves: dict[str, Move] = {}
    sectors: dict[str, list[Move]] = {}
    for bar in days:
        before = closes.get(bar.symbol)
        if before:
            moves[bar.symbol] = (bar.close / before - 1, bar.volume)
            sectors.setdefault(groups.sectors.get(bar.symbol, UNSORTED), []).append(moves[bar.symbol])
    if not moves:
        return None
    sectors.pop(UNSORTED, None)
    universes = {title: [moves[each] for each in own if each in moves] for title, own in groups.universes.items()}
    return Conditions(
        at,
        _stand(list(moves.values())),
        {name: _stand(members) for name, members in sectors.items()},
        {title: _stand(members) for title, members in universes.items() if members},
    )


def _stand(members: Sequence[Move]) -> Stand:
    changes = [change for change, _ in members]
    return Stand(
        symbols=len(members),
        advancing=sum(change > 0 for change in changes),
        declining=sum(change < 0 for change in changes),
        change=round(fmean(changes), 6),
        volume=sum(volume for _, volume in members),
    )
