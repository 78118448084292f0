"""The truth of a condition on values: ranges, comparisons, crosses and flags."""

from collections.abc import Callable

from msgspec.structs import replace

from app.finance.panel import Floats
from app.rules.tree import Compare, Comparison, Condition, Cross, Flag, Number, Operand, Within
from app.rules.truth import Truth, all_of, any_of, compare

Side = Callable[[Operand, bool], Floats | float]
"""Values of an operand; as traded at their own bar if the other side is a number, else in one share."""

WAYS: tuple[tuple[str, Comparison, Comparison], ...] = (("up", "le", "gt"), ("down", "ge", "lt"))
"""By direction: how the left side stands to the right one at the bar before, and now."""


def comparison_truth(condition: Condition, side: Side) -> Truth:
    match condition:
        case Within(operand, low, high):
            bounds: tuple[tuple[Comparison, Operand | None], ...] = (("ge", low), ("le", high))
            return all_of(_compare(op, operand, bound, side) for op, bound in bounds if bound is not None)
        case Compare(op, left, right):
            return _compare(op, left, right, side)
        case Cross(direction, left, right):
            before = one_bar_before(left), one_bar_before(right)
            return any_of(
                _compare(was, *before, side) & _compare(now, left, right, side)
                for way, was, now in WAYS
                if direction in (way, "cross")
            )
        case Flag(operand):
            return compare("gt", side(operand, False), 0.0)
    raise TypeError(type(condition))


def one_bar_before(operand: Operand) -> Operand:
    return operand if isinstance(operand, Number) else replace(operand, lag=operand.lag + 1)


def _compare(op: Comparison, left: Operand, right: Operand, side: Side) -> Truth:
    traded = isinstance(left, Number) or isinstance(right, Number)
    return compare(op, side(left, traded), side(right, traded))
