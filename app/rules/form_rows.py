"""The form beside the line of a rule: one row for each condition, each understood by the other."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.rules import tree, words
from app.rules.catalogue import DETECTION_NUMBERS, FIELDS, WINDOWS, WORD_FIELDS
from app.rules.show import condition_text, operand_text

CHOICES: Mapping[str, str] = {
    "most": "at most",
    "least": "at least",
    "between": "between",
    "lt": "is below",
    "gt": "is above",
    "le": "is not above",
    "ge": "is not below",
    "eq": "equals",
    "ne": "differs from",
    "up": "crosses above",
    "down": "crosses below",
    "cross": "crosses",
    "is": "is one of",
    "flag": "is above 0",
    "text": "as text",
}
"""Label by the comparison of a row."""

OPERATORS = frozenset(("lt", "gt", "le", "ge", "eq", "ne", "up", "down", "cross"))


class FormRow(NamedTuple):
    """`field`: the left side as a rule spells it, "" of a row as text; `comparison`: one of CHOICES; `value`: the right
    side, or the whole condition of a row as text."""

    field: str
    comparison: str
    value: str


def rows(rule: tree.Rule) -> list[FormRow]:
    """Groups and windows are rows as text."""
    return [_row(condition) for condition in rule.conditions]


def _row(condition: tree.Condition) -> FormRow:
    match condition:
        case tree.Within(operand, None, high) if high:
            return FormRow(operand_text(operand), "most", operand_text(high))
        case tree.Within(operand, low, None) if low:
            return FormRow(operand_text(operand), "least", operand_text(low))
        case tree.Within(operand, low, high) if low and high:
            return FormRow(operand_text(operand), "between", f"{operand_text(low)}..{operand_text(high)}")
        case tree.Compare(op, left, right) | tree.Cross(op, left, right):
            return FormRow(operand_text(left), op, operand_text(right))
        case tree.Among(field, among):
            return FormRow(field, "is", "; ".join(among))
        case tree.Flag(operand):
            return FormRow(operand_text(operand), "flag", "")
    return FormRow("", "text", condition_text(condition))


def rule_text(form_rows: Iterable[FormRow]) -> str:
    """What the rows mean, as a person may have typed it: `parse` says whether it is a rule. Rows without field and
    value are left out."""
    return ",".join(_text(row) for row in form_rows if row.field.strip() or row.value.strip())


def _text(row: FormRow) -> str:
    field, value = row.field.strip(), row.value.strip()
    if row.comparison == "text" or not field:
        return value
    if field in WORD_FIELDS:
        return f"{field}:{value.replace(',', ';')}"
    if row.comparison in OPERATORS:
        return f"{field}:{row.comparison}:{value}"
    match row.comparison:
        case "most":
            return f"{field}:..{value}"
        case "least":
            return f"{field}:{value}.."
        case "flag":
            return field
    low, separator, high = value.replace(" and ", "..").replace(" to ", "..").partition("..")
    return f"{field}:{low}..{high if separator else ''}"


def field_choices(form_rows: Iterable[FormRow] = ()) -> dict[str, list[tuple[str, str]]]:
    """Value and label of what a row may begin with, by heading: every field with its usual period, the usual functions
    over bars, and the fields of the rows themselves."""
    choices: dict[str, list[tuple[str, str]]] = {}
    for field in FIELDS.values():
        period = field.period.usual if field.period else 0
        for part in ("", *(each.name for each in field.parts)):
            choices.setdefault(field.group, []).append(_choice(tree.Series(field.name, period, part)))
    for function, name, bars in WINDOWS:
        rolling = tree.Rolling(function, bars, tree.Series(name))  # type: ignore[arg-type]
        choices[FIELDS[name].group].append(_choice(rolling))
    for word_field in WORD_FIELDS.values():
        heading = FIELDS[min(DETECTION_NUMBERS)].group if word_field.of_detection else "Symbol"
        choices.setdefault(heading, []).append((word_field.name, word_field.label))
    values = {value for group in choices.values() for value, _ in group}
    others = dict.fromkeys(row.field for row in form_rows if row.field and row.field not in values)
    return ({"This rule": [(field, field) for field in others]} if others else {}) | choices


def _choice(operand: tree.Operand) -> tuple[str, str]:
    label = words.operand_words(operand)
    return operand_text(operand), label[:1].upper() + label[1:]
