"""Whether a rule is true, false or unknown at each bar of many symbols."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from operator import and_

import numpy as np

from app.finance.bars import Timeframe
from app.finance.matrix import BarMatrix
from app.finance.panel import Floats, Mask
from app.rules.alignment import Alignment, align
from app.rules.catalogue import PATTERN_NAMES, TIMEFRAMES
from app.rules.comparison_truth import comparison_truth
from app.rules.detection_conditions import DetectionBars, DetectionEvaluation, confidences, is_on_age, is_on_detection
from app.rules.market_bars import MarketBars
from app.rules.names import TIMELESS
from app.rules.operand_series import NO_VALUES, OperandSeries, in_share
from app.rules.resolve import resolve
from app.rules.tree import All, Among, Any, Condition, ForLast, InLast, Not, Number, Operand, Rolling, Rule, Series
from app.rules.truth import Truth, all_of, any_of, any_of_last
from app.rules.units import unit_of
from app.rules.walk import all_conditions, operands

MOST_RULES = 2000
"""Whose resolved trees are remembered."""
PREFIXES = {timeframe: prefix for prefix, timeframe in TIMEFRAMES.items()}


class RuleEvaluation:
    """Of many rules on the same bars: what rules have in common is computed once."""

    def __init__(self, market: MarketBars, timeframe: str = "d", before: "RuleEvaluation | None" = None) -> None:
        """`timeframe`: prefix of the rules' own. `before`: the evaluation on the market before, from which those values
        are taken over that did not change; it is not used any more."""
        self.timeframe = timeframe
        self._market = market
        self._matrices: dict[str, BarMatrix] = {}
        self._operands: dict[str, OperandSeries] = {}
        self._earlier = {prefix: own.of_bars() for prefix, own in before._operands.items()} if before else {}
        self._alignments: dict[tuple[str, str, int], Alignment] = {}
        self._presence: dict[tuple[str, int], Mask] = {}
        self._truths: dict[tuple[Condition, str, int], Truth] = {}
        self._detections: DetectionEvaluation | None = None

    @property
    def symbols(self) -> Sequence[str]:
        """Of the rows of a truth."""
        return self._matrix(self.timeframe).symbols

    @property
    def has_bar(self) -> Mask:
        """(rows,)"""
        return self._present(self.timeframe, 1)[:, 0]

    def last(self, rule: Rule, bars: int = 1) -> Truth:
        """(rows, bars): at the last bars of each symbol."""
        return self._list(_resolved(rule, self.timeframe).conditions, self.timeframe, bars)

    def whole(self, rule: Rule) -> Truth:
        """(rows, width): at every bar."""
        return self.last(rule, self._matrix(self.timeframe).width)

    def steps(self, rule: Rule, bars: int = 1) -> list[Truth]:
        """As last(), of the first condition, the first two and so on: which of them leaves how many symbols. Those on
        detections speak of one detection, whose age counts from the first of them on."""
        conditions, prefix = _resolved(rule, self.timeframe).conditions, self.timeframe
        if not any(map(is_on_detection, conditions)):
            truths = (self._condition(each, prefix, bars) for each in conditions)
            return [each.within(self._present(prefix, bars)) for each in accumulate(truths, and_)]
        ages = [each for each in conditions if is_on_age(each)]
        steps = []
        for place in range(1, len(conditions) + 1):
            first = conditions[:place]
            more = [each for each in ages if each not in first] if any(map(is_on_detection, first)) else []
            steps.append(self._list((*first, *more), prefix, bars))
        return steps

    def bars(self, prefix: str) -> BarMatrix:
        """Of the timeframe with that prefix."""
        return self._matrix(prefix)

    def values(self, operand: Series | Rolling, bars: int = 1) -> Floats:
        """(rows, bars) of an operand with a timeframe, in the share of each row's last bar."""
        return self._aligned(operand, self.timeframe, bars, False)

    def _list(self, conditions: Sequence[Condition], prefix: str, columns: int) -> Truth:
        """All of them, at the last bars of the timeframe `prefix`; unknown where there is no bar."""
        others, on_detection = _by_kind(tuple(conditions))
        truths = [self._condition(each, prefix, columns) for each in others]
        if on_detection:
            truths.append(self._cached_detection(on_detection, prefix, columns))
        return all_of(truths).within(self._present(prefix, columns))

    def _condition(self, condition: Condition, prefix: str, columns: int) -> Truth:
        key = (condition, prefix, columns)
        if key not in self._truths:
            self._truths[key] = self._truth(condition, prefix, columns)
        return self._truths[key]

    def _truth(self, condition: Condition, prefix: str, columns: int) -> Truth:
        match condition:
            case All(conditions):
                return self._list(conditions, prefix, columns)
            case Any(conditions):
                return any_of(self._list((each,), prefix, columns) for each in conditions)
            case Not(conditions):
                return ~self._list(conditions, prefix, columns)
            case InLast() | ForLast():
                return self._window(condition, prefix, columns)
            case Among(field, words):
                return self._among(field, words, prefix, columns)
        return comparison_truth(condition, lambda operand, traded: self._side(operand, prefix, columns, traded))

    def _window(self, window: InLast | ForLast, prefix: str, columns: int) -> Truth:
        """In bars of the timeframe of what it holds."""
        own = _timeframe(window.conditions) or prefix
        if own != prefix:
            alignment = self._alignment(prefix, own, columns)
            return alignment.truth(self._window(window, own, alignment.columns))
        truth = self._list(window.conditions, prefix, columns + window.bars - 1)
        columns = min(columns, self._matrix(prefix).width)
        if isinstance(window, InLast):
            return any_of_last(truth, window.bars, columns)
        return ~any_of_last(~truth, window.bars, columns)

    def _among(self, field: str, words: Sequence[str], prefix: str, columns: int) -> Truth:
        symbols = self._matrix(prefix).symbols
        sought = {word.casefold() for word in words}
        true, false = np.zeros((2, len(symbols), 1), dtype=np.bool_)
        for row, symbol in enumerate(symbols):
            own = (symbol,) if field == "symbol" else self._market.words(symbol, field)
            true[row] = any(word.casefold() in sought for word in own)
            false[row] = not true[row] and (bool(own) or field == "universe")
        shape = self._ends(prefix, columns).shape
        return Truth(np.broadcast_to(true, shape), np.broadcast_to(false, shape))

    def _cached_detection(self, conditions: tuple[Condition, ...], prefix: str, columns: int) -> Truth:
        key = (All(conditions), f"detection {prefix}", columns)
        if key not in self._truths:
            if self._detections is None:
                self._detections = DetectionEvaluation(self._market.detections, self._market.matrix, self._align_to)
            ends = np.minimum(self._ends(prefix, columns), self._market.now)
            bars = DetectionBars(prefix, self._matrix(prefix).symbols, ends)
            self._truths[key] = self._detections.truth(
                conditions, bars, lambda operand, traded: self._side(operand, prefix, columns, traded)
            )
        return self._truths[key]

    def _side(self, operand: Operand, prefix: str, columns: int, traded: bool) -> Floats | float:
        return operand.value if isinstance(operand, Number) else self._aligned(operand, prefix, columns, traded)

    def _aligned(self, operand: Series | Rolling, prefix: str, columns: int, traded: bool) -> Floats:
        own = operand.timeframe or prefix
        if own == prefix:
            return self._series(prefix).values(operand, columns, traded=traded)
        alignment = self._alignment(prefix, own, columns)
        values = alignment.floats(self._series(own).values(operand, alignment.columns, traded=traded))
        return values if traded else in_share(values, unit_of(operand), alignment.share)

    def _series(self, prefix: str) -> OperandSeries:
        if prefix not in self._operands:
            earlier, change = self._earlier.pop(prefix, NO_VALUES), self._market.change(TIMEFRAMES[prefix])
            self._operands[prefix] = OperandSeries(self._matrix(prefix), self._other, earlier, change)
        return self._operands[prefix]

    def _other(self, matrix: BarMatrix, operand: Series, columns: int) -> Floats | None:
        """Fields that are not computed from bars: capitalisation, and the confidence of a pattern on its bar."""
        if operand.field == "cap":
            caps = np.array([[self._market.cap(symbol)] for symbol in matrix.symbols], dtype=np.float64)
            return np.broadcast_to(caps.reshape(-1, 1), (len(matrix.symbols), columns))
        pattern = PATTERN_NAMES.get(operand.field)
        if pattern is None:
            return None
        return confidences(self._market.detections, pattern, matrix)[:, matrix.width - columns :]

    def _ends(self, prefix: str, columns: int) -> Floats:
        return self._matrix(prefix).end[:, -columns:]

    def _present(self, prefix: str, columns: int) -> Mask:
        """(rows, columns): where there is a bar."""
        key = (prefix, columns)
        if key not in self._presence:
            self._presence[key] = ~np.isnan(self._ends(prefix, columns))
        return self._presence[key]

    def _matrix(self, prefix: str) -> BarMatrix:
        if prefix not in self._matrices:
            self._matrices[prefix] = self._market.matrix(TIMEFRAMES[prefix])
        return self._matrices[prefix]

    def _alignment(self, prefix: str, own: str, columns: int) -> Alignment:
        key = (prefix, own, columns)
        if key not in self._alignments:
            self._alignments[key] = align(self._matrix(prefix), self._matrix(own), columns)
        return self._alignments[key]

    def _align_to(self, prefix: str, timeframe: Timeframe, columns: int) -> Alignment:
        return self._alignment(prefix, PREFIXES[timeframe], columns)


@lru_cache(maxsize=MOST_RULES)
def _by_kind(conditions: tuple[Condition, ...]) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """Those on bars and facts, and those on detections."""
    on_detection = tuple(each for each in conditions if is_on_detection(each))
    return tuple(each for each in conditions if not is_on_detection(each)), on_detection


@lru_cache(maxsize=MOST_RULES)
def _resolved(rule: Rule, timeframe: str) -> Rule:
    return resolve(rule, timeframe)


def _timeframe(conditions: Sequence[Condition]) -> str:
    """Of the operands in it, which are of one; "" without any."""
    for condition in all_conditions(conditions):
        for operand in operands(condition):
            if not isinstance(operand, Number) and not (isinstance(operand, Series) and operand.field in TIMELESS):
                return operand.timeframe
    return ""
