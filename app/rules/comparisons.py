"""Ranges, comparisons and crossings in the text of a rule, in the strict and in the usual spelling."""

from collections.abc import Mapping
from typing import NoReturn, cast, get_args

from app.rules.catalogue import DETECTION_NUMBERS
from app.rules.errors import RuleError
from app.rules.names import TIMELESS
from app.rules.tokens import END, NAME, NUMBER, SIGN
from app.rules.tree import Compare, Comparison, Cross, Direction, Flag, Number, Operand, Series, Within
from app.rules.walk import operands
from app.rules.word_lists import WordListSyntax

COMPARISONS = frozenset(get_args(Comparison))
DIRECTIONS = frozenset(get_args(Direction))
SIGNS: Mapping[str, Comparison] = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq", "!=": "ne"}
INFIX = frozenset((*SIGNS, "cross", "crosses", "crossing", "between"))
SIDES: Mapping[str, Direction] = {"above": "up", "over": "up", "below": "down", "under": "down"}
CONJUNCTIONS = frozenset(("and", "or", "within", "for"))
"""Names that stand behind a condition."""

ValueTest = Within | Compare | Cross | Flag


class ComparisonSyntax(WordListSyntax):
    def test(self, left: Operand, start: int, inherited: str) -> ValueTest:
        """The condition whose left side, from `start` on, has been read."""
        self.left = left
        timeframe = inherited if isinstance(left, Number) else left.timeframe or inherited
        before = self.timeless
        condition = self._test(left, timeframe)
        if not isinstance(left, Series) or left.field in TIMELESS or self.timeless != before:
            self._check(condition, start)
        return condition

    def _test(self, left: Operand, timeframe: str) -> ValueTest:
        tokens = self.tokens
        if tokens.word == ":":
            tokens.advance()
            if tokens.word in SIGNS:
                return self._infix(left, timeframe)
            return self._strict(left, timeframe)
        if tokens.word in INFIX:
            return self._infix(left, timeframe)
        return Flag(left)

    def _strict(self, left: Operand, timeframe: str) -> ValueTest:
        tokens = self.tokens
        op = tokens.word
        if op in COMPARISONS or op in DIRECTIONS:
            tokens.advance()
            if tokens.word != ":":
                self.fail("incomplete", f"{op} needs :number or :field", ":number or :field")
            tokens.advance()
            right = self.operand(timeframe)
            if op in COMPARISONS:
                return Compare(cast(Comparison, op), left, right)
            self.reach += 1
            return Cross(cast(Direction, op), left, right)
        start = tokens.start
        low = None if op == ".." else self.operand(timeframe)
        if tokens.word != "..":
            self._no_range(start)
        tokens.advance()
        return self._range(left, low, self._bound(timeframe))

    def _no_range(self, start: int) -> NoReturn:
        tokens = self.tokens
        if tokens.kind not in (END, SIGN) or tokens.word == "%":
            self.unexpected("..")
        text = tokens.text[start : tokens.past].strip()
        self.report("range", start, f"{text} is no range; {text}.. is at least, ..{text} at most", "..", f"{text}..")
        raise RuleError(self.problems)

    def _bound(self, timeframe: str) -> Operand | None:
        tokens = self.tokens
        if tokens.kind == NUMBER or (tokens.kind == NAME and tokens.word not in CONJUNCTIONS):
            return self.operand(timeframe)
        return None

    def _range(self, left: Operand, low: Operand | None, high: Operand | None) -> Within:
        if low is None and high is None:
            self.fail("range", "a range needs a bound on one side", "a number or a field")
        if isinstance(low, Number) and isinstance(high, Number) and low.value > high.value:
            self.report("range", self.start, "a range goes from the lower number to the higher one")
        return Within(left, low, high)

    def _infix(self, left: Operand, timeframe: str) -> ValueTest:
        """rsi14 < 30, close between 5 and 50, sma50 crosses above sma200."""
        tokens = self.tokens
        word = tokens.word
        tokens.advance()
        if word == "between":
            low = self.operand(timeframe)
            self.expect("and")
            return self._range(left, low, self.operand(timeframe))
        if word not in SIGNS:
            direction = SIDES.get(tokens.word, "cross")
            if direction != "cross":
                tokens.advance()
            self.reach += 1
            return Cross(direction, left, self.operand(timeframe))
        op = SIGNS[word]
        right = self.operand(timeframe)
        if isinstance(right, Number) and op in {"le", "ge"}:
            return Within(left, None, right) if op == "le" else Within(left, right, None)
        return Compare(op, left, right)

    def _check(self, condition: ValueTest, start: int) -> None:
        """Numbers alone are no condition, and fields without history are compared with numbers."""
        sides = operands(condition)
        if all(isinstance(each, Number) for each in sides):
            self.report("number", start, "a condition needs a field")
        for place, side in enumerate(sides):
            if not isinstance(side, Series) or side.field not in TIMELESS:
                continue
            if place and side.field in DETECTION_NUMBERS:
                self.report("number", start, f"{side.field} stands on the left: {side.field}:1..")
            else:
                self._check_timeless(condition, side.field, sides[:place] + sides[place + 1 :], start)

    def _check_timeless(self, condition: ValueTest, field: str, others: tuple[Operand, ...], start: int) -> None:
        if isinstance(condition, Cross):
            self.report("history", start, f"{field} has no history: it crosses nothing")
        elif isinstance(condition, Flag):
            self.report("number", start, f"{field} needs a bound: {field}:1..")
        elif field in DETECTION_NUMBERS and not all(isinstance(each, Number) for each in others):
            self.report("number", start, f"{field} is compared with numbers alone")
