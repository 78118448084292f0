"""The parts of a tree: conditions inside conditions, and operands."""

from collections.abc import Iterable, Iterator

from app.rules import tree

GROUPS = (tree.All, tree.Any, tree.Not, tree.InLast, tree.ForLast)


def all_conditions(conditions: Iterable[tree.Condition]) -> Iterator[tree.Condition]:
    """Each condition before those inside it."""
    for condition in conditions:
        yield condition
        if isinstance(condition, GROUPS):
            yield from all_conditions(condition.conditions)


def operands(condition: tree.Condition) -> tuple[tree.Operand, ...]:
    """Of the condition itself, from the left; none of a group."""
    match condition:
        case tree.Within(operand, low, high):
            return tuple(each for each in (operand, low, high) if each)
        case tree.Compare(_, left, right) | tree.Cross(_, left, right):
            return (left, right)
        case tree.Flag(operand):
            return (operand,)
        case tree.Among() | tree.All() | tree.Any() | tree.Not() | tree.InLast() | tree.ForLast():
            return ()
