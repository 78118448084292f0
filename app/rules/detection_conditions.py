"""Conditions that speak of one detection: at which bars is there one for which all of them hold?"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.finance.bars import Timeframe
from app.finance.detections import LIFE, DetectedPattern, bars_of_age, tier
from app.finance.matrix import BarMatrix
from app.finance.panel import Counts, Floats, Mask
from app.rules.alignment import Alignment, closed_before
from app.rules.catalogue import DETECTION_NUMBERS, DETECTION_WORDS
from app.rules.comparison_truth import Side, comparison_truth
from app.rules.tree import Among, Condition, Number, Operand, Series
from app.rules.truth import Truth, all_of
from app.rules.walk import operands

CELLS = 1_000_000
"""Detections times bars that are computed together."""

Align = Callable[[str, Timeframe, int], Alignment]
"""To the last columns of the timeframe with that prefix."""


class DetectionBars(NamedTuple):
    """The bars at which detections are looked for."""

    prefix: str
    """Of their timeframe."""
    symbols: Sequence[str]
    ends: Floats
    """(rows, columns)"""


def is_on_detection(condition: Condition) -> bool:
    if isinstance(condition, Among):
        return condition.field in DETECTION_WORDS
    return any(_field(operand) in DETECTION_NUMBERS for operand in operands(condition))


def is_on_age(condition: Condition) -> bool:
    return any(_field(operand) == "age" for operand in operands(condition))


def _field(operand: Operand) -> str:
    return operand.field if isinstance(operand, Series) else ""


class DetectionEvaluation:
    def __init__(
        self, detections: Sequence[DetectedPattern], matrix: Callable[[Timeframe], BarMatrix], align: Align
    ) -> None:
        self._matrix = matrix
        self._align = align
        self._symbols = [one.symbol for one in detections]
        self._timeframes = np.array([one.timeframe for one in detections], dtype=np.str_)
        self._at = np.array([one.at for one in detections], dtype=np.float64)
        self._life = np.array([LIFE.get(one.timeframe, 0.0) for one in detections], dtype=np.float64)
        self._confidence = np.array([one.confidence for one in detections], dtype=np.float64)
        self._words: Mapping[str, Sequence[str]] = {
            "pattern": [one.pattern.casefold() for one in detections],
            "tier": [tier(one.timeframe) for one in detections],
            "direction": [one.direction.casefold() for one in detections],
        }

    def truth(self, conditions: Sequence[Condition], bars: DetectionBars, side: Side) -> Truth:
        """(rows, columns). `side`: of operands that are not of the detection."""
        shape = bars.ends.shape
        true, false = np.zeros(shape, dtype=np.bool_), np.ones(shape, dtype=np.bool_)
        rows_by_symbol = {symbol: row for row, symbol in enumerate(bars.symbols)}
        rows = np.array([rows_by_symbol.get(symbol, -1) for symbol in self._symbols], dtype=np.int64)
        places = np.flatnonzero((rows >= 0) & self._with_words(conditions))
        tests = [condition for condition in conditions if not isinstance(condition, Among)]
        portion = max(CELLS // max(shape[1], 1), 1)
        for first in range(0, len(places), portion):
            some = places[first : first + portion]
            outcome = self._of_each(tests, some, rows[some], bars, side)
            np.logical_or.at(true, rows[some], outcome.true)
            np.logical_and.at(false, rows[some], outcome.false)
        return Truth(true, false)

    def _with_words(self, conditions: Sequence[Condition]) -> Mask:
        mask = np.ones(len(self._symbols), dtype=np.bool_)
        for condition in conditions:
            if isinstance(condition, Among):
                words = {word.casefold() for word in condition.words}
                mask &= np.array([word in words for word in self._words[condition.field]], dtype=np.bool_)
        return mask

    def _of_each(
        self, tests: Sequence[Condition], places: Counts, rows: Counts, bars: DetectionBars, side: Side
    ) -> Truth:
        """(detections, columns): false where a detection is not yet there, or no longer."""
        at, ends = self._at[places][:, None], bars.ends[rows]
        with_age = any(is_on_age(test) for test in tests)
        ages = self._ages(places, rows, bars.prefix, ends.shape[1]) if with_age else None
        valid = (at <= ends) & (with_age | (ends < at + self._life[places][:, None]))

        def value(operand: Operand, traded: bool) -> Floats | float:
            if isinstance(operand, Number):
                return operand.value
            if _field(operand) not in DETECTION_NUMBERS:
                own = side(operand, traded)
                return own[rows] if isinstance(own, np.ndarray) else own
            values = self._confidence[places][:, None] if ages is None or _field(operand) == "conf" else ages
            return values * operand.times

        truth = Truth(valid, ~valid)
        return all_of([truth, *(comparison_truth(test, value) for test in tests)])

    def _ages(self, places: Counts, rows: Counts, prefix: str, columns: int) -> Floats:
        """Bars since the detection's own; NaN for a symbol without bars of that timeframe."""
        ages = np.full((len(places), columns), np.nan)
        timeframes = self._timeframes[places]
        for name in np.unique(timeframes).tolist():
            own = bars_of_age(name)
            matrix, alignment = self._matrix(own), self._align(prefix, own, columns)
            for index in np.flatnonzero(timeframes == name).tolist():
                own_row = alignment.rows[rows[index]]
                if own_row >= 0:
                    own_place = closed_before(matrix.end[own_row], self._at[places[index] : places[index] + 1])[0]
                    ages[index] = alignment.places[rows[index]] - own_place
        return ages


def confidences(detections: Sequence[DetectedPattern], pattern: str, matrix: BarMatrix) -> Floats:
    """The confidence of that pattern on each bar of the matrix, 0 without it; NaN where there is no bar."""
    values = np.where(np.isnan(matrix.end), np.nan, 0.0)
    rows = {symbol: row for row, symbol in enumerate(matrix.symbols)}
    for one in detections:
        row = rows.get(one.symbol)
        if one.pattern == pattern and one.timeframe == matrix.timeframe and row is not None:
            values[row, matrix.end[row] == one.at] = one.confidence
    return values
