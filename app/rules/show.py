"""The one spelling of a rule, in the order in which the person wrote it."""

from decimal import Decimal

from app.rules import tree

THOUSAND = 1_000


def show(rule: tree.Rule) -> str:
    return conditions_text(rule.conditions)


def conditions_text(conditions: tuple[tree.Condition, ...]) -> str:
    return ",".join(map(condition_text, conditions))


def condition_text(condition: tree.Condition) -> str:
    match condition:
        case tree.Within(operand, low, high):
            return f"{operand_text(operand)}:{_bound(low)}..{_bound(high)}"
        case tree.Compare(op, left, right) | tree.Cross(op, left, right):
            return f"{operand_text(left)}:{op}:{operand_text(right)}"
        case tree.Among(field, words):
            return f"{field}:{';'.join(words)}"
        case tree.Flag(operand):
            return operand_text(operand)
        case tree.All(conditions) | tree.Any(conditions) | tree.Not(conditions):
            return f"{type(condition).__name__.lower()}({conditions_text(conditions)})"
        case tree.InLast(bars, conditions):
            return f"in{bars}({conditions_text(conditions)})"
        case tree.ForLast(bars, conditions):
            return f"for{bars}({conditions_text(conditions)})"


def _bound(operand: tree.Operand | None) -> str:
    return operand_text(operand) if operand else ""


def operand_text(operand: tree.Operand) -> str:
    if isinstance(operand, tree.Number):
        return number_text(operand.value)
    prefix = f"{operand.timeframe}." if operand.timeframe else ""
    times = f"*{number_text(operand.times)}" if operand.times != 1 else ""
    lag = f"@{operand.lag}" if operand.lag else ""
    if isinstance(operand, tree.Series):
        return f"{prefix}{series_text(operand)}{times}{lag}"
    return f"{prefix}{operand.function}{operand.bars}({operand_text(operand.of)}){times}{lag}"


def series_text(series: tree.Series) -> str:
    """Field, period and part."""
    part = f".{series.part}" if series.part else ""
    return f"{series.field}{series.period or ''}{part}"


def number_text(value: float) -> str:
    """Without an exponent: whole thousands with k, and millions and billions to a tenth with m and b."""
    for suffix, size, step in (("b", 1e9, 1e8), ("m", 1e6, 1e5), ("k", THOUSAND, THOUSAND)):
        if abs(value) >= size and value % step == 0:
            return _decimal(value / size) + suffix
    return _decimal(value)


def _decimal(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
