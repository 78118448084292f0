"""How the whole market stands, minute by minute: how many rise and fall, and so for every sector."""

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import NamedTuple

from app.finance.bars import Bar

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


def conditions(
    at: float, days: Iterable[Bar], closes: Mapping[str, float], sectors: Mapping[str, str]
) -> Conditions | None:
    """`days`: the running daily bars; `closes`: of the day before. Symbols without one do not count."""
    members: dict[str, list[tuple[float, int]]] = {}
    for bar in days:
        before = closes.get(bar.symbol)
        if before:
            members.setdefault(sectors.get(bar.symbol, UNSORTED), []).append((bar.close / before - 1, bar.volume))
    if not members:
        return None
    whole = _stand([one for sector in members.values() for one in sector])
    return Conditions(at, whole, {name: _stand(sector) for name, sector in members.items() if name != UNSORTED})


def _stand(members: list[tuple[float, int]]) -> Stand:
    changes = [change for change, _ in members]
    return Stand(
        symbols=len(members),
        advancing=sum(change > 0 for change in changes),
        declining=sum(change < 0 for change in changes),
        change=round(fmean(changes), 6),
        volume=sum(volume for _, volume in members),
    )
