"""The rule that fits a value of a column: the symbols that have as much of it, or as little."""

import math
from collections.abc import Mapping

import msgspec

from app.rules.tree import Among, Compare, Condition, Number, Rule, Series, Within
from app.scans.columns import CLOSE, CellValue, DetectionValue, ScreenColumn, ValueKind

MIDDLES: Mapping[str, float] = {"rsi14": 50.0, "bb20": 0.5, "relvol": 1.0, "beta": 1.0, "corr": 0.0, "sma20": 0.0}
"""Below it a column's rule has "at most", by the name of the column. Without one: 0 for a change, else none."""
IN_RULES: Mapping[DetectionValue, str] = {
    DetectionValue.PATTERN: "pattern",
    DetectionValue.TIER: "tier",
    DetectionValue.CONFIDENCE: "conf",
    DetectionValue.AGE: "age",
}
"""Fields of rules; the other values of detections have none."""
RATIO_PLACES = 3
DIGITS = 2
"""Of volumes."""


def fitting_rule(column: ScreenColumn, value: CellValue) -> Rule | None:
    """The symbol of that value is among those that match. None for a value that is missing or in no rule."""
    condition = _of_word(column, value) if isinstance(value, str) else _of_number(column, value)
    return Rule((condition,)) if condition else None


def _of_word(column: ScreenColumn, word: str) -> Condition | None:
    field = IN_RULES.get(column.source) if isinstance(column.source, DetectionValue) else None
    return Among(field, (word,)) if field and word and not set(word) & set(",();") else None


def _of_number(column: ScreenColumn, value: float | None) -> Condition | None:
    if value is None or not math.isfinite(value):
        return None
    is_most = value < _middle(column)
    if column.base is not None:
        ratio = _rounded(1 + value / 100, RATIO_PLACES, is_most=is_most)
        return Compare("le" if is_most else "ge", CLOSE, msgspec.structs.replace(column.base, times=ratio))
    source = column.source
    if isinstance(source, DetectionValue):
        if source not in IN_RULES:
            return None
        source = Series(IN_RULES[source])
        is_most = is_most or source.field == "age"
    bound = Number(_rounded(value, _places(column, value), is_most=is_most))
    return Within(source, None, bound) if is_most else Within(source, bound)


def _middle(column: ScreenColumn) -> float:
    is_signed = column.kind in (ValueKind.CHANGE, ValueKind.DISTANCE)
    return MIDDLES.get(column.name, 0.0 if is_signed else -math.inf)


def _places(column: ScreenColumn, value: float) -> int:
    """Decimals; negative for a volume."""
    if column.kind is not ValueKind.VOLUME or value < 1:
        return column.places
    return DIGITS - 1 - math.floor(math.log10(value))


def _rounded(value: float, places: int, *, is_most: bool) -> float:
    """Away from the middle's side, so that the value itself keeps the bound."""
    size = 10.0**places
    return round((math.ceil if is_most else math.floor)(round(value * size, 6)) / size, max(places, 0))
