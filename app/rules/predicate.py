"""A rule on one bar whose values are at hand: an event, or a row of the newest bars."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from app.rules.catalogue import Unit
from app.rules.comparison_truth import WAYS, one_bar_before
from app.rules.detection_conditions import is_on_age, is_on_detection
from app.rules.tree import (
    All,
    Among,
    Any,
    Compare,
    Comparison,
    Condition,
    Cross,
    Flag,
    ForLast,
    InLast,
    Not,
    Number,
    Operand,
    Rolling,
    Rule,
    Series,
    Within,
)
from app.rules.truth import OPERATORS
from app.rules.units import unit_of


class BarDetection(NamedTuple):
    """A detection that is there at the bar."""

    pattern: str
    tier: str
    direction: str
    confidence: float
    age: float | None
    """Bars of its own timeframe."""
    expired: bool = False


class BarValues(NamedTuple):
    values: Mapping[Series | Rolling, float | None]
    """By operands of a resolved rule, without their factor, in the share of the bar; for a cross also those of one bar
    before. What is not there is unknown."""
    words: Mapping[str, Collection[str]]
    """Of the word fields of symbols. None for a sector, industry, exchange or type is unknown."""
    detections: Sequence[BarDetection] = ()
    traded: Mapping[tuple[str, int], float] = {}
    """By timeframe and lag: price as traded at that bar for one in the share of this; 1 where it is not there."""


Side = Mapping[str, float | None]


def holds(rule: Rule, bar: BarValues) -> bool | None:
    """None where it is unknown. `rule`: resolved, and without windows; ValueError with one."""
    return _all(rule.conditions, bar)


def _all(conditions: Sequence[Condition], bar: BarValues) -> bool | None:
    outcomes = [_condition(each, bar) for each in conditions if not is_on_detection(each)]
    if on_detection := [each for each in conditions if is_on_detection(each)]:
        outcomes.append(_any([_of_detection(on_detection, one, bar) for one in bar.detections]))
    return _every(outcomes)


def _every(outcomes: Sequence[bool | None]) -> bool | None:
    if False in outcomes:
        return False
    return None if None in outcomes else True


def _any(outcomes: Sequence[bool | None]) -> bool | None:
    if True in outcomes:
        return True
    return None if None in outcomes else False


def _not(outcome: bool | None) -> bool | None:
    return None if outcome is None else not outcome


def _condition(condition: Condition, bar: BarValues) -> bool | None:
    match condition:
        case All(conditions):
            return _all(conditions, bar)
        case Any(conditions):
            return _any([_all([each], bar) for each in conditions])
        case Not(conditions):
            return _not(_all(conditions, bar))
        case Among(field, words):
            return _among(words, bar.words.get(field, ()), field == "universe")
        case InLast() | ForLast():
            raise ValueError("a window needs the bars before")
    return _test(condition, bar, {})


def _among(words: Sequence[str], own: Collection[str], may_lack: bool) -> bool | None:
    if not own and not may_lack:
        return None
    return not {word.casefold() for word in words}.isdisjoint(word.casefold() for word in own)


def _test(condition: Condition, bar: BarValues, of_detection: Side) -> bool | None:
    match condition:
        case Within(operand, low, high):
            bounds: tuple[tuple[Comparison, Operand | None], ...] = (("ge", low), ("le", high))
            return _every(
                [_compare(op, operand, bound, bar, of_detection) for op, bound in bounds if bound is not None]
            )
        case Compare(op, left, right):
            return _compare(op, left, right, bar, of_detection)
        case Cross():
            return _cross(condition, bar)
        case Flag(operand):
            return _compare("gt", operand, Number(0.0), bar, of_detection)
    raise TypeError(type(condition))


def _cross(cross: Cross, bar: BarValues) -> bool | None:
    before = one_bar_before(cross.left), one_bar_before(cross.right)
    return _any(
        [
            _every([_compare(was, *before, bar, {}), _compare(now, cross.left, cross.right, bar, {})])
            for way, was, now in WAYS
            if cross.direction in (way, "cross")
        ]
    )


def _compare(op: Comparison, left: Operand, right: Operand, bar: BarValues, of_detection: Side) -> bool | None:
    traded = isinstance(left, Number) or isinstance(right, Number)
    one, other = (_value(operand, traded, bar, of_detection) for operand in (left, right))
    return None if one is None or other is None else bool(OPERATORS[op](one, other))


def _value(operand: Operand, traded: bool, bar: BarValues, of_detection: Side) -> float | None:
    if isinstance(operand, Number):
        return operand.value
    if isinstance(operand, Series) and operand.field in of_detection:
        value = of_detection[operand.field]
    else:
        value = bar.values.get(operand if operand.times == 1 else replace(operand, times=1.0))
        ratio = bar.traded.get((operand.timeframe, operand.lag), 1.0) if traded else 1.0
        if value is not None and ratio != 1:
            value = _as_traded(value, ratio, unit_of(operand))
    return None if value is None else value * operand.times


def _as_traded(value: float, ratio: float, unit: Unit | None) -> float:
    if unit is Unit.PRICE:
        return round(value * ratio, 6)
    return round(value / ratio, 6) if unit is Unit.SHARES else value


def _of_detection(conditions: Sequence[Condition], one: BarDetection, bar: BarValues) -> bool | None:
    if one.expired and not any(is_on_age(test) for test in conditions):
        return False
    words = {"pattern": (one.pattern,), "tier": (one.tier,), "direction": (one.direction,)}
    numbers: Side = {"conf": one.confidence, "age": one.age}
    return _every(
        [
            _among(test.words, words[test.field], False) if isinstance(test, Among) else _test(test, bar, numbers)
            for test in conditions
        ]
    )
