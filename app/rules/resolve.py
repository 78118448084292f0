"""A rule whose every operand says its timeframe."""

from collections.abc import Iterable

import msgspec

from app.rules.names import TIMELESS
from app.rules.tree import Among, Compare, Condition, Cross, Flag, Number, Operand, Rolling, Rule, Series, Within
from app.rules.walk import all_conditions
from app.rules.walk import operands as condition_operands


def resolve(rule: Rule, timeframe: str) -> Rule:
    """Operands without a prefix get that of the left side of their condition, or the rule's own `timeframe`. What a
    function is applied to keeps none: it has that of the function."""
    return Rule(_all(rule.conditions, timeframe))


def series_of(rule: Rule) -> tuple[Series | Rolling, ...]:
    """The different operands of a rule that are no numbers, in the order in which they first appear."""
    operands = (operand for condition in all_conditions(rule.conditions) for operand in condition_operands(condition))
    return tuple(dict.fromkeys(operand for operand in operands if not isinstance(operand, Number)))


def _all(conditions: Iterable[Condition], timeframe: str) -> tuple[Condition, ...]:
    return tuple(_condition(condition, timeframe) for condition in conditions)


def _condition(condition: Condition, timeframe: str) -> Condition:
    match condition:
        case Within(operand, low, high):
            inner = _inherited(operand, timeframe)
            left = _operand(operand, timeframe, timeframe)
            return Within(left, low and _operand(low, inner, timeframe), high and _operand(high, inner, timeframe))
        case Compare(_, left, right) | Cross(_, left, right):
            inner = _inherited(left, timeframe)
            return msgspec.structs.replace(
                condition, left=_operand(left, timeframe, timeframe), right=_operand(right, inner, timeframe)
            )
        case Flag(operand):
            return Flag(_operand(operand, timeframe, timeframe))
        case Among():
            return condition
    return msgspec.structs.replace(condition, conditions=_all(condition.conditions, timeframe))


def _inherited(left: Operand, timeframe: str) -> str:
    return timeframe if isinstance(left, Number) else left.timeframe or timeframe


def _operand(operand: Operand, inherited: str, timeframe: str) -> Operand:
    """A field without a timeframe gets the rule's."""
    if isinstance(operand, Number):
        return operand
    if isinstance(operand, Series) and operand.field in TIMELESS:
        inherited = timeframe
    return operand if operand.timeframe else msgspec.structs.replace(operand, timeframe=inherited)
