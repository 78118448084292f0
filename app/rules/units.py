"""The unit of an operand."""

from app.rules.catalogue import FIELDS, Unit
from app.rules.tree import Number, Operand, Rolling


def unit_of(operand: Operand) -> Unit | None:
    """None for a number, which has the unit of what it is compared with."""
    if isinstance(operand, Number):
        return None
    if isinstance(operand, Rolling):
        return Unit.PERCENT if operand.function == "chg" else unit_of(operand.of)
    return FIELDS[operand.field].unit_of(operand.part) if operand.field in FIELDS else None
