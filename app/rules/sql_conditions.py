"""Conditions of a rule as boolean SQL, unknown as null, over one `latest` row per symbol and timeframe."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from app.finance.series.functions import DECIMALS
from app.rules import latest_columns
from app.rules.catalogue import TIMEFRAMES, Unit
from app.rules.comparison_truth import WAYS, one_bar_before
from app.rules.detection_conditions import is_on_detection
from app.rules.sql_parameters import Parameters
from app.rules.tree import (
    All,
    Among,
    Any,
    Compare,
    Condition,
    Cross,
    Flag,
    Not,
    Number,
    Operand,
    Rolling,
    Series,
    Within,
)
from app.rules.units import unit_of
from app.rules.walk import operands

OPERATORS: Mapping[str, str] = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=", "ne": "<>"}
ORDER = tuple(TIMEFRAMES)

FACTS: Mapping[str, str] = {
    "symbol": "base.symbol", "sector": "facts.sector", "industry": "facts.industry",
    "exchange": "nullif(facts.exchange, '')", "type": "nullif(facts.type, '')",
}  # fmt: skip
"""Null where it is missing."""


class Reason(StrEnum):
    """Why a rule cannot be answered from `latest` rows."""

    WINDOW = "a window"
    LAG = "more than one bar back"
    COLUMN = "a value that is not stored"
    TIMEFRAME = "a timeframe shorter than the rule's own"
    ELSEWHERE = "detections, which are in another database"
    DETECTION = "a condition on detections that would have to look at too many"


class Inexpressible(Exception):
    """The rule needs bars, not `latest` rows alone."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"not expressible in SQL: {reason}")
        self.reason = reason


class DetectionChain(NamedTuple):
    """Conditions on one detection: those that all have to hold, and further ones, each of which is counted with those
    before it."""

    group: tuple[Condition, ...]
    further: tuple[Condition, ...] = ()


class SqlConditions:
    """Renders conditions, and collects what they need: columns by the name of the row, which is `base` or that of
    another timeframe; facts of the symbol; and conditions on detections, which are true of a symbol with such a
    detection."""

    def __init__(self, base: str, parameters: Parameters) -> None:
        """`base`: prefix of the rule's timeframe, such as `d`."""
        self.base = base
        self.columns: defaultdict[str, set[str]] = defaultdict(set)
        """By prefix of the timeframe."""
        self.has_facts = False
        self.detections: list[DetectionChain] = []
        self._parameters = parameters

    @property
    def joined(self) -> list[str]:
        """Prefixes of the other timeframes."""
        return sorted(prefix for prefix, names in self.columns.items() if names and prefix != self.base)

    def operand(self, operand: Operand, *, traded: bool = False) -> str:
        """`traded`: prices and volumes in shares of their own bar rather than of the newest."""
        if isinstance(operand, Number):
            return self._parameters.bind(operand.value, "float8")
        value, row, unit = self._column(operand), self._row(operand.timeframe), unit_of(operand)
        if unit in (Unit.PRICE, Unit.SHARES):
            if traded and operand.lag:
                value = _in_other_share(value, f"{row}.split_1", unit is Unit.PRICE)
            elif not traded and row != "base":
                value = _in_other_share(value, f"coalesce({row}_split.ratio, 1)", unit is Unit.SHARES)
        return f"({value} * {self._parameters.bind(operand.times, 'float8')})" if operand.times != 1 else f"({value})"

    def each(self, conditions: Sequence[Condition]) -> list[str]:
        """One for each condition of a list in which all must hold. Those on detections speak of one detection: each
        says that there is one for which it and those before it hold, and those on its age."""
        on_detection = [condition for condition in conditions if is_on_detection(condition)]
        first = [each for place, each in enumerate(on_detection) if not place or is_of_age(each)]
        further = tuple(each for each in on_detection if each not in first)
        return [
            self._detection(DetectionChain(tuple(first), further), each)
            if is_on_detection(each)
            else self.condition(each)
            for each in conditions
        ]

    def condition(self, condition: Condition) -> str:
        match condition:
            case All(conditions):
                return self._all(conditions)
            case Any(conditions):
                return f"({' or '.join(self._all([each]) for each in conditions)})"
            case Not(conditions):
                return f"(not {self._all(conditions)})"
            case _:
                return self._test(condition)

    def _test(self, condition: Condition) -> str:
        match condition:
            case Among(field, words):
                return self._among(field, words)
            case Within(operand, low, high):
                bounds = [self._compare(op, operand, bound) for op, bound in (("ge", low), ("le", high)) if bound]
                return f"({' and '.join(bounds)})"
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Cross():
                return self._cross(condition)
            case Flag(operand):
                return f"({self.operand(operand)} > 0)"
            case _:
                raise Inexpressible(Reason.WINDOW)

    def _all(self, conditions: Sequence[Condition]) -> str:
        texts = [self.condition(condition) for condition in conditions if not is_on_detection(condition)]
        if group := [condition for condition in conditions if is_on_detection(condition)]:
            texts.append(self._detection(DetectionChain(tuple(group)), group[0]))
        return f"({' and '.join(texts)})"

    def _detection(self, chain: DetectionChain, condition: Condition) -> str:
        """`condition`: one of the chain."""
        if chain not in self.detections:
            self.detections.append(chain)
        name = f"detected{self.detections.index(chain)}"
        if condition in chain.further:
            return f"coalesce({name}.further{chain.further.index(condition)}, false)"
        return f"({name}.symbol is not null)"

    def _among(self, field: str, words: Sequence[str]) -> str:
        lower = self._parameters.bind([word.lower() for word in words], "text[]")
        if field == "universe":
            return f"(base.symbol in (select symbol from universes where word = any({lower})))"  # noqa: S608 - bound
        self.has_facts |= field != "symbol"
        return f"(lower({FACTS[field]}) = any({lower}))"

    def _compare(self, op: str, left: Operand, right: Operand) -> str:
        traded = isinstance(left, Number) or isinstance(right, Number)
        return f"({self.operand(left, traded=traded)} {OPERATORS[op]} {self.operand(right, traded=traded)})"

    def _cross(self, cross: Cross) -> str:
        before = one_bar_before(cross.left), one_bar_before(cross.right)
        texts = [
            f"({self._compare(was, *before)} and {self._compare(now, cross.left, cross.right)})"
            for way, was, now in WAYS
            if cross.direction in (way, "cross")
        ]
        return f"({' or '.join(texts)})"

    def _column(self, operand: Series | Rolling) -> str:
        if isinstance(operand, Series) and operand.field == "cap":
            self.has_facts = True
            return "facts.cap"
        name, row = latest_columns.column(operand), self._row(operand.timeframe)
        if name is None:
            raise Inexpressible(Reason.LAG if operand.lag > 1 else Reason.COLUMN)
        self.columns[operand.timeframe or self.base].add(name)
        return f'{row}."{name}"'

    def _row(self, timeframe: str) -> str:
        """The row of that timeframe; higher ones are those of closed bars."""
        if timeframe in ("", self.base):
            return "base"
        if ORDER.index(timeframe) < ORDER.index(self.base):
            raise Inexpressible(Reason.TIMEFRAME)
        return f"of_{timeframe}"


def is_of_age(condition: Condition) -> bool:
    return any(isinstance(operand, Series) and operand.field == "age" for operand in operands(condition))


def _in_other_share(value: str, ratio: str, times: bool) -> str:
    """`times`: whether the value is multiplied by the ratio. Rounded as everywhere, so that a price is equal to itself
    in either share."""
    converted = f"{value} {'*' if times else '/'} {ratio}"
    return f"case {ratio} when 1 then {value} else round(({converted})::numeric, {DECIMALS})::float8 end"
