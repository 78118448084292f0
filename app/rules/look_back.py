"""How many bars a rule looks back, in each timeframe."""

from collections import Counter
from collections.abc import Iterable, Mapping

from app.rules.catalogue import FIELDS
from app.rules.resolve import resolve
from app.rules.tree import Condition, Cross, ForLast, InLast, Number, Operand, Rolling, Rule
from app.rules.walk import GROUPS, operands


def needs(rule: Rule, timeframe: str) -> Mapping[str, int]:
    """Bars by prefix, the current one included, that the rule needs to be known at one bar of `timeframe`."""
    return _most(resolve(rule, timeframe).conditions)


def _most(conditions: Iterable[Condition]) -> Mapping[str, int]:
    bars: Counter[str] = Counter()
    for condition in conditions:
        bars |= Counter(_condition(condition))
    return bars


def _condition(condition: Condition) -> Mapping[str, int]:
    if isinstance(condition, GROUPS):
        inside = _most(condition.conditions)
        more = condition.bars - 1 if isinstance(condition, InLast | ForLast) else 0
    else:
        inside = _most_of(operands(condition))
        more = 1 if isinstance(condition, Cross) else 0
    return {timeframe: bars + more for timeframe, bars in inside.items()}


def _most_of(all_operands: Iterable[Operand]) -> Mapping[str, int]:
    bars: Counter[str] = Counter()
    for operand in all_operands:
        if not isinstance(operand, Number):
            bars |= Counter({operand.timeframe: operand_bars(operand)})
    return bars


def operand_bars(operand: Operand) -> int:
    """Bars until the operand has a value, of its own timeframe; 0 for a number."""
    if isinstance(operand, Number):
        return 0
    if isinstance(operand, Rolling):
        return operand_bars(operand.of) + rolling_bars(operand.function, operand.bars) + operand.lag
    return FIELDS[operand.field].bars(operand.period) + operand.lag


def rolling_bars(function: str, bars: int) -> int:
    """What a function adds: a change compares with the value so many bars before."""
    return bars if function == "chg" else bars - 1
