"""Finds overnight price jumps that no split explains."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from app.finance.adjust import Split, share_ratio
from app.finance.bars import day_of, day_start
from app.finance.columns import CLOSE, OPEN
from app.finance.panel import Floats

JUMP = 1.5
"""From the last close to the open, splits applied, up by half or down by a third: rare enough to be looked at."""


class Jump(NamedTuple):
    """Prices as they were traded, of the session's open and of the close before it."""

    day: date
    before: float
    open: float


class Step(NamedTuple):
    """From one daily bar to the next."""

    day0: date
    before: float
    day: date
    open: float


def is_jump(before: float, open_price: float) -> bool:
    """Of prices in one share."""
    return before > 0 and open_price > 0 and not 1 / JUMP <= open_price / before <= JUMP


def steps(days: Floats, splits: Sequence[Split]) -> Iterator[Step]:
    """Between daily bars of one symbol, oldest first, as columns.Columns has their values: the large ones, and those
    that a split lies in."""
    starts, closes, opens = days[0], days[CLOSE, :-1], days[OPEN, 1:]
    large = (opens > closes * JUMP) | (opens * JUMP < closes)
    firsts = np.searchsorted(starts, [day_start(split.day) for split in splits])
    large[firsts[(firsts > 0) & (firsts < len(starts))] - 1] = True
    for at in np.flatnonzero(large & (closes > 0) & (opens > 0)).tolist():
        yield Step(day_of(starts[at]), float(closes[at]), day_of(starts[at + 1]), float(opens[at]))


def unexplained_jumps(steps: Iterable[Step], splits: Sequence[Split]) -> Iterator[Jump]:
    """Where the price changed that much and no split says why, or one does and the price did not follow."""
    for step in steps:
        if is_jump(step.before, step.open * share_ratio(splits, step.day0, step.day)):
            yield Jump(step.day, step.before, step.open)
