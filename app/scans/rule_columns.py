"""Columns of what a rule names, for tables that have more than stored values."""

from app.rules.catalogue import Unit
from app.rules.past_matching import rule_operands
from app.rules.show import operand_text
from app.rules.tree import Rule
from app.rules.units import unit_of
from app.rules.words import operand_words
from app.scans.columns import CLOSE, ScreenColumn, ValueKind

MOST = 6
KINDS = {
    Unit.PRICE: ValueKind.PRICE,
    Unit.PERCENT: ValueKind.DISTANCE,
    Unit.SHARES: ValueKind.VOLUME,
    Unit.MONEY: ValueKind.VOLUME,
}


def rule_columns(rule: Rule, timeframe: str, others: tuple[ScreenColumn, ...]) -> tuple[ScreenColumn, ...]:
    """The first MOST that none of the others shows."""
    visible = {CLOSE, *(column.source for column in others if column.base is None)}
    columns = []
    for operand in rule_operands(rule, timeframe):
        if operand not in visible:
            words, unit = operand_words(operand), unit_of(operand)
            label = f"{words[:1].upper()}{words[1:]}{', %' if unit is Unit.PERCENT else ''}"
            kind = KINDS.get(unit, ValueKind.NUMBER) if unit else ValueKind.NUMBER
            columns.append(ScreenColumn(operand_text(operand), label, kind, operand))
    return tuple(columns[:MOST])
