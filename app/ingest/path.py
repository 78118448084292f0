"""Turns a daily bar into a session of ticks: exact in open, high, low, close and volume, simulated in between."""

from collections.abc import Iterator
from hashlib import sha256
from random import Random
from typing import NamedTuple

from app.finance.bars import Bar
from app.finance.path import FEWEST, Walk, prices, volumes, walk
from app.finance.sessions import Session
from app.wire.events.event import Tick


class SymbolSlot(NamedTuple):
    """Index of the symbol in the session: spreads the symbols' ticks evenly over the spacing."""

    number: int
    of: int


def ticks(bar: Bar, session: Session, spacing: float, slot: SymbolSlot, source: str = "replay") -> list[Tick]:
    """In order of time, from the open to the session's last second; the same arguments give the same ticks.

    `spacing` is in market seconds. The prices alone meet the bar's open, high, low and close exactly. So do the ticks'
    own open, high, low and close, which cover the time since the symbol's previous tick.
    """
    times = _times(session, spacing, slot)
    random = Random(int.from_bytes(sha256(f"{bar.symbol} {session.day}".encode()).digest()[:8]))  # noqa: S311
    limits = walk(bar, len(times))
    points = zip(times, prices(bar, limits, random), volumes(bar.volume, len(times), random), strict=True)
    return list(_ticks(bar.symbol, source, limits, points, random))


def _times(session: Session, spacing: float, place: SymbolSlot) -> list[float]:
    length = session.closes - session.opens - 1
    steps = max(FEWEST - 1, round(length / spacing))
    share = place.number / place.of
    inner = [session.opens + (step + share) * length / steps for step in range(1, steps)]
    times = [session.opens + share / 2, *inner, session.closes - 1 + (place.number + 1) / (place.of + 1)]
    return [round(at, 3) for at in times]


def _ticks(
    symbol: str, source: str, walk: Walk, points: Iterator[tuple[float, float, int]], random: Random
) -> Iterator[Tick]:
    before: float | None = None
    for at, price, volume in points:
        first = price if before is None else walk.inside(before + random.gauss(0, walk.step / 4))
        reach = 0.0 if before is None else walk.step
        high = walk.inside(max(first, price) + abs(random.gauss(0, reach / 2)))
        low = walk.inside(min(first, price) - abs(random.gauss(0, reach / 2)))
        yield Tick(
            at=at, source=source, symbol=symbol, price=price, volume=volume,
            open=first, high=max(high, first, price), low=min(low, first, price), close=price,
        )  # fmt: skip
        before = price
