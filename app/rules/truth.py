"""Three-valued truth of conditions: true, false, or neither, which is unknown (Kleene)."""

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any as Anything
from typing import NamedTuple

import numpy as np

from app.finance.panel import Floats, Mask
from app.rules.tree import Comparison

OPERATORS: Mapping[Comparison, Callable[[Anything, Anything], Anything]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip


class Truth(NamedTuple):
    """Both of one shape; nowhere are both set."""

    true: Mask
    false: Mask

    def __invert__(self) -> "Truth":
        return Truth(self.false, self.true)

    def __and__(self, other: "Truth") -> "Truth":
        return Truth(self.true & other.true, self.false | other.false)

    def __or__(self, other: "Truth") -> "Truth":
        return Truth(self.true | other.true, self.false & other.false)

    def within(self, present: Mask) -> "Truth":
        """Unknown outside of it."""
        return Truth(self.true & present, self.false & present)


def compare(op: Comparison, left: Floats | float, right: Floats | float) -> Truth:
    """Unknown where one of them is NaN."""
    present = ~(np.isnan(left) | np.isnan(right))
    outcome = OPERATORS[op](left, right)
    return Truth(np.asarray(outcome & present), np.asarray(~np.asarray(outcome) & present))


def all_of(truths: Iterable[Truth]) -> Truth:
    """Of at least one."""
    return reduce(operator.and_, truths)


def any_of(truths: Iterable[Truth]) -> Truth:
    """Of at least one."""
    return reduce(operator.or_, truths)


def any_of_last(truth: Truth, bars: int, columns: int) -> Truth:
    """True where it is on one of the last `bars` bars; unknown where the bars do not reach back and it is on none."""
    return Truth(_numbers(truth.true, bars, columns) > 0, _numbers(truth.false, bars, columns) == bars)


def _numbers(mask: Mask, bars: int, columns: int) -> Anything:
    """In how many of the last `bars` bars it is set, at the last `columns` bars."""
    sums = np.zeros((len(mask), mask.shape[1] + bars + 1), dtype=np.int64)
    np.cumsum(mask, axis=1, out=sums[:, bars + 1 :])
    numbers = sums[:, bars + 1 :] - sums[:, 1 : mask.shape[1] + 1]
    return numbers[:, -columns:]
