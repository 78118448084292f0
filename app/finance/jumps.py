"""Changes from a close to the next open that are too large to be ordinary, and that no split explains."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from app.finance.adjust import Split, held

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


def is_jump(before: float, opened: float) -> bool:
    """Of prices in one share."""
    return before > 0 and opened > 0 and not 1 / JUMP <= opened / before <= JUMP


def unexplained_jumps(steps: Iterable[Step], splits: Sequence[Split]) -> Iterator[Jump]:
    """Where the price changed that much and no split says why, or one does and the price did not follow."""
    for step in steps:
        if is_jump(step.before, step.open * held(splits, step.day0, step.day)):
            yield Jump(step.day, step.before, step.open)
