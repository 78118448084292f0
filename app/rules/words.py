"""Conditions in words, as chips and the counts of a screen show them."""

from collections.abc import Mapping

from app.rules import tree
from app.rules.catalogue import FIELDS, TIMEFRAMES, WORD_FIELDS, Unit
from app.rules.show import number_text
from app.rules.units import unit_of
from app.rules.walk import GROUPS

PROPER_NAMES = frozenset(("bb",))
MINUS = "\u2212"
COMPARISONS: Mapping[tree.Comparison, str] = {
    "lt": "below",
    "le": "at most",
    "gt": "above",
    "ge": "at least",
    "eq": "equal to",
    "ne": "not equal to",
}
DIRECTIONS: Mapping[tree.Direction, str] = {"up": "crosses above", "down": "crosses below", "cross": "crosses"}
FUNCTIONS: Mapping[tree.RollingFunction, str] = {
    "max": "highest {of} of {bars} bars",
    "min": "lowest {of} of {bars} bars",
    "avg": "{bars}-bar mean {of}",
    "sum": "{bars}-bar sum of {of}",
    "std": "{bars}-bar standard deviation of {of}",
    "chg": "{bars}-bar change of {of}",
}


def describe(condition: tree.Condition) -> str:
    """Such as "RSI 14 at most 40"."""
    text = _group_words(condition) if isinstance(condition, GROUPS) else _test_words(condition)
    return text[:1].upper() + text[1:]


def without(rule: tree.Rule, index: int) -> tree.Rule:
    """The rule less one of its conditions. Raises IndexError."""
    conditions = list(rule.conditions)
    del conditions[index]
    return tree.Rule(tuple(conditions))


def _test_words(condition: tree.Condition) -> str:
    match condition:
        case tree.Within(operand, low, high):
            return f"{operand_words(operand)} {_range(operand, low, high)}"
        case tree.Compare(op, left, right):
            return f"{operand_words(left)} {COMPARISONS[op]} {_side(right, left)}"
        case tree.Cross(direction, left, right):
            return f"{operand_words(left)} {DIRECTIONS[direction]} {_side(right, left)}"
        case tree.Among(field, words):
            return f"{WORD_FIELDS[field].label.lower()} {' or '.join(words)}"
        case tree.Flag(operand):
            pattern = isinstance(operand, tree.Series) and FIELDS[operand.field].group == "Pattern"
            return operand_words(operand) if pattern else f"{operand_words(operand)} above 0"
    return f"({_group_words(condition)})"


def _group_words(group: tree.Group) -> str:
    texts = [_test_words(each) for each in group.conditions]
    text = " and ".join(texts)
    match group:
        case tree.InLast(bars):
            return f"on one of the last {bars} bars: {text}"
        case tree.ForLast(bars):
            return f"on each of the last {bars} bars: {text}"
        case tree.Any():
            return " or ".join(texts)
        case tree.Not():
            return f"not ({text})" if len(texts) > 1 else f"not {text}"
    return text


def _range(operand: tree.Operand, low: tree.Operand | None, high: tree.Operand | None) -> str:
    if low is not None and high is not None:
        return f"from {_side(low, operand)} to {_side(high, operand)}"
    if low is not None:
        return f"at least {_side(low, operand)}"
    return f"at most {_side(high, operand)}" if high is not None else ""


def _side(operand: tree.Operand, other: tree.Operand) -> str:
    """A number has the unit of what it is compared with."""
    percent = isinstance(operand, tree.Number) and unit_of(other) is Unit.PERCENT
    return f"{operand_words(operand)} %" if percent else operand_words(operand)


def operand_words(operand: tree.Operand) -> str:
    """Such as "weekly SMA 30, 1 bar ago"; names begin in lower case."""
    if isinstance(operand, tree.Number):
        return number_text(operand.value).replace("-", MINUS)
    if isinstance(operand, tree.Series):
        text = _series(operand)
    else:
        text = FUNCTIONS[operand.function].format(of=operand_words(operand.of), bars=operand.bars)
    if operand.timeframe:
        text = f"{_adjective(operand.timeframe)} {text}"
    if operand.times != 1:
        text += f" \u00d7 {number_text(operand.times)}".replace("-", MINUS)
    if operand.lag:
        text += f", {operand.lag} {'bar' if operand.lag == 1 else 'bars'} ago"
    return text


def _series(series: tree.Series) -> str:
    field = FIELDS[series.field]
    text = field.label.format(period=series.period)
    part = next((f" {part.label}" for part in field.parts if part.name == series.part), "")
    capitals = field.group == "Pattern" or field.name in PROPER_NAMES or text[1:2].isupper()
    return (text if capitals else text[0].lower() + text[1:]) + part


def _adjective(prefix: str) -> str:
    """1-minute, daily"""
    name = TIMEFRAMES[prefix]
    return name if name.isalpha() else name.replace("min", "-minute")
