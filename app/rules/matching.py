"""The symbols for which rules hold now, how many are left after each condition, and why a symbol has left."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.finance.panel import Counts, Floats, Mask
from app.rules.catalogue import DETECTION_NUMBERS
from app.rules.evaluate import RuleEvaluation
from app.rules.market_bars import MarketBars
from app.rules.past_matches import PastMatches, past_matches
from app.rules.resolve import resolve
from app.rules.tree import Among, Compare, Condition, Cross, Flag, Operand, Rolling, Rule, Series, Within
from app.rules.words import describe


class RuleScope(NamedTuple):
    """As of LiveRule."""

    universes: tuple[str, ...] = ()
    symbols: tuple[str, ...] | None = None


class Departure(NamedTuple):
    """Why a rule no longer holds: the first condition that does not, in words, and the value of its left side, None
    where it has none; no words where the symbol has left the scope."""

    condition: str = ""
    value: float | None = None


class RuleMatches(NamedTuple):
    """`symbols`: in order of their names. `left`: symbols in scope with a bar, then those left after each condition."""

    symbols: tuple[str, ...]
    left: tuple[int, ...]


class RuleMatching:
    """Of many rules on the same bars: what they have in common is computed once."""

    def __init__(
        self,
        market: MarketBars,
        inactive: frozenset[str] = frozenset(),
        before: "RuleMatching | None" = None,
        traded: Mask | None = None,
    ) -> None:
        """`inactive`: symbols that are in no scope that does not name them. `before`: on the market before. `traded`:
        (rows,) of the rules' own timeframe, symbols that are in a scope at all; by default those with a bar."""
        self._market = market
        self._inactive = inactive
        self._traded = traded
        self._earlier = dict(before._evaluations) if before else {}
        self._evaluations: dict[str, RuleEvaluation] = {}
        self._scopes: dict[tuple[str, RuleScope], Mask] = {}
        self._places: dict[str, dict[str, int]] = {}
        self._orders: dict[str, tuple[Counts, Sequence[str]]] = {}
        self._steps: dict[tuple[Rule, str], list[Mask]] = {}

    def matches(self, rule: Rule, timeframe: str, scope: RuleScope) -> RuleMatches:
        """`timeframe`: prefix of the rule's own."""
        mask = self._scope(timeframe, scope)
        counts = [int(mask.sum())]
        left = mask
        for step in self._true_steps(rule, timeframe):
            left = mask & step
            counts.append(int(left.sum()))
        order, names = self._by_name(timeframe)
        return RuleMatches(tuple([names[place] for place in np.flatnonzero(left[order]).tolist()]), tuple(counts))

    def departures(
        self, rule: Rule, timeframe: str, scope: RuleScope, symbols: Sequence[str]
    ) -> Mapping[str, Departure]:
        """By symbol, of those for which the rule does not hold."""
        places, mask, steps = self._rows(timeframe), self._scope(timeframe, scope), self._true_steps(rule, timeframe)
        departures = dict.fromkeys(symbols, Departure())
        reasons: dict[int, tuple[str, Floats | None]] = {}
        for symbol in symbols:
            row = places.get(symbol, -1)
            number = next((number for number, step in enumerate(steps) if not step[row]), len(steps))
            if row < 0 or not mask[row] or number == len(steps):
                continue
            if number not in reasons:
                reasons[number] = describe(rule.conditions[number]), self._left_values(rule, number, timeframe)
            condition, values = reasons[number]
            value = math.nan if values is None else float(values[row, -1])
            departures[symbol] = Departure(condition, value if math.isfinite(value) else None)
        return departures

    def values(self, timeframe: str, symbols: Sequence[str], operands: Sequence[Series | Rolling]) -> Floats:
        """(symbols, operands): at the last bars of these symbols."""
        evaluation, places = self._evaluation(timeframe), self._rows(timeframe)
        rows = [places[symbol] for symbol in symbols]
        values = np.full((len(rows), len(operands)), np.nan)
        for column, operand in enumerate(operands if rows else ()):
            values[:, column] = evaluation.values(operand)[rows, -1]
        return values

    def past(self, rule: Rule, scope: RuleScope, now: float) -> PastMatches:
        """Of a rule of daily bars; `now`: market time."""
        matrix = self._market.matrix("daily")
        return past_matches(self._evaluation("d"), rule, matrix, self._scope("d", scope), now)

    def _left_values(self, rule: Rule, place: int, timeframe: str) -> Floats | None:
        """(rows, 1)"""
        operand = left_operand(resolve(rule, timeframe).conditions[place])
        return None if operand is None else self._evaluation(timeframe).values(operand)

    def _true_steps(self, rule: Rule, timeframe: str) -> list[Mask]:
        """(rows,) where the first condition holds, the first two and so on."""
        key = (rule, timeframe)
        if key not in self._steps:
            self._steps[key] = [step.true[:, -1] for step in self._evaluation(timeframe).steps(rule)]
        return self._steps[key]

    def _rows(self, timeframe: str) -> Mapping[str, int]:
        if timeframe not in self._places:
            self._places[timeframe] = {symbol: row for row, symbol in enumerate(self._evaluation(timeframe).symbols)}
        return self._places[timeframe]

    def _by_name(self, timeframe: str) -> tuple[Counts, Sequence[str]]:
        """Rows in order of the names of their symbols, and these names."""
        if timeframe not in self._orders:
            names = sorted(self._rows(timeframe))
            self._orders[timeframe] = np.array([self._rows(timeframe)[name] for name in names], dtype=np.int64), names
        return self._orders[timeframe]

    def _evaluation(self, timeframe: str) -> RuleEvaluation:
        if timeframe not in self._evaluations:
            before = self._earlier.pop(timeframe, None)
            self._evaluations[timeframe] = RuleEvaluation(self._market, timeframe, before)
        return self._evaluations[timeframe]

    def _scope(self, timeframe: str, scope: RuleScope) -> Mask:
        """(rows,)"""
        key = (timeframe, scope)
        if key not in self._scopes:
            evaluation = self._evaluation(timeframe)
            mask = np.array([symbol not in self._inactive for symbol in evaluation.symbols], dtype=np.bool_)
            if scope.universes:
                mask &= evaluation.last(Rule((Among("universe", scope.universes),))).true[:, -1]
            if scope.symbols is not None:
                own = frozenset(scope.symbols)
                mask &= bool(scope.universes)
                mask |= np.array([symbol in own for symbol in evaluation.symbols], dtype=np.bool_)
            self._scopes[key] = mask & (evaluation.has_bar if self._traded is None else self._traded)
        return self._scopes[key]


def left_operand(condition: Condition) -> Series | Rolling | None:
    """What a reader looks at to see why it does not hold; None of words, groups and detections."""
    match condition:
        case Within(operand) | Flag(operand) | Compare(_, operand) | Cross(_, operand):
            return _with_value(operand)
    return None


def _with_value(operand: Operand) -> Series | Rolling | None:
    if isinstance(operand, Series):
        return None if operand.field in DETECTION_NUMBERS else operand
    return operand if isinstance(operand, Rolling) else None
