"""From the text of a rule to its tree."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from app.rules import limits
from app.rules.catalogue import TIMEFRAMES, WORD_FIELDS
from app.rules.comparisons import ComparisonSyntax
from app.rules.errors import RuleError, RuleProblem
from app.rules.identity import VERSION
from app.rules.look_back import needs
from app.rules.show import show
from app.rules.tokens import END, NAME
from app.rules.tree import All, Any, Condition, ForLast, InLast, Not, Rule
from app.rules.word_lists import RuleWord

GROUPS: Mapping[str, type[All | Any | Not]] = {"all": All, "any": Any, "not": Not}
WINDOWS: Mapping[str, type[InLast | ForLast]] = {"in": InLast, "within": InLast, "for": ForLast}
GROWTH = limits.CHARACTERS // 2
"""A shorter text cannot be too long in its one spelling."""


class ParsedRule(NamedTuple):
    """`words`: of its conditions on words, in the order of the text."""

    rule: Rule
    words: tuple[RuleWord, ...]


def parse(text: str, timeframe: str = "d", version: int = VERSION) -> Rule:
    """Raises RuleError. `timeframe`: the prefix of operands that have none."""
    return parse_words(text, timeframe, version).rule


def parse_words(text: str, timeframe: str = "d", version: int = VERSION) -> ParsedRule:
    """The rule, and where its words are. Raises RuleError."""
    if len(text) > limits.CHARACTERS:
        raise _error("limit", f"a rule has at most {limits.CHARACTERS:,} characters, not {len(text):,}")
    if timeframe not in TIMEFRAMES:
        raise _error("timeframe", f"no timeframe {timeframe}; {', '.join(TIMEFRAMES)}")
    if version != VERSION:
        raise _error("version", f"no version {version} of the language of rules; v={VERSION}")
    syntax = ConditionSyntax(text, timeframe)
    rule = syntax.rule()
    if syntax.rewritten or len(text) > GROWTH:
        _check_spelling(rule, text, timeframe)
    return ParsedRule(rule, tuple(syntax.words))


def _check_spelling(rule: Rule, text: str, timeframe: str) -> None:
    """The one spelling of a rule keeps the limits that another one may have kept."""
    spelling = show(rule)
    if spelling == text:
        return
    try:
        parse_words(spelling, timeframe)
    except RuleError as error:
        problems = [msgspec.structs.replace(problem, at=1, length=len(text)) for problem in error.problems]
        raise RuleError(problems) from None


def _error(code: str, message: str) -> RuleError:
    return RuleError([RuleProblem(code, 1, 0, message)])


class ConditionSyntax(ComparisonSyntax):
    """`rewritten`: whether brackets were added, which count as written ones."""

    def __init__(self, text: str, timeframe: str) -> None:
        super().__init__(text)
        self.timeframe = timeframe
        self.rewritten = False

    def rule(self) -> Rule:
        if self.tokens.kind == END:
            self.fail("empty", "the rule is empty", "a condition")
        rule = Rule(self._conditions())
        if self.tokens.kind != END:
            self.unexpected("a comma or the end")
        if not self.problems:
            self._check_limits(rule)
        if self.problems:
            raise RuleError(self.problems)
        return rule

    def _conditions(self) -> tuple[Condition, ...]:
        tokens = self.tokens
        conditions = [self._condition()]
        while tokens.word in {",", "and"}:
            tokens.advance()
            conditions.append(self._condition())
        return tuple(conditions)

    def _bracket(self) -> tuple[Condition, ...]:
        bracket = self.open()
        conditions = self._conditions()
        self.close(bracket)
        return conditions

    def _condition(self) -> Condition:
        self.nodes += 1
        tokens = self.tokens
        self.start = start = tokens.start
        place = len(self.fields)
        if tokens.kind == NAME:
            name = tokens.word
            tokens.advance()
            condition = self._condition_by_name(name, start)
        elif tokens.word == "(":
            condition = All(self._bracket())
        else:
            condition = self.test(self.operand(self.timeframe), start, self.timeframe)
        if tokens.kind == NAME and tokens.word in WINDOWS:
            return self._window_behind(condition, start, place)
        return condition

    def _condition_by_name(self, name: str, start: int) -> Condition:
        """The condition whose first name has been read."""
        if self.tokens.word == "(":
            if group := GROUPS.get(name):
                return group(self._bracket())
            if (window := WINDOWS.get(name.rstrip("0123456789"))) and name[-1].isdigit():
                return self._window(window, name, start)
        if name in WORD_FIELDS:
            return self.among(name)
        if name == "not":
            return self._not()
        return self.test(self.named_operand(name, start, self.timeframe), start, self.timeframe)

    def _not(self) -> Not:
        """not industry = Biotechnology"""
        self.depth += 1
        if self.depth > limits.DEPTH:
            self.too_deep()
        self.rewritten = True
        condition = self._condition()
        self.depth -= 1
        return Not((condition,))

    def _window(self, window: type[InLast | ForLast], name: str, start: int) -> InLast | ForLast:
        place = len(self.fields)
        bars = int(name.lstrip("abcdefghijklmnopqrstuvwxyz")[:9])
        conditions = self._bracket()
        self._check_window(bars, start, place)
        return window(bars, conditions)

    def _window_behind(self, condition: Condition, start: int, place: int) -> InLast | ForLast:
        """close > close[1] for 3 bars"""
        tokens = self.tokens
        self.nodes += 1
        self.rewritten = True
        window = WINDOWS[tokens.word]
        tokens.advance()
        bars = self.count("a number of bars")
        if tokens.word not in {"bar", "bars"}:
            self.unexpected("bars")
        tokens.advance()
        self._check_window(bars, start, place)
        return window(bars, (condition,))

    def _check_window(self, bars: int, start: int, place: int) -> None:
        """`place`: number of the first series in the window."""
        self.reach += bars
        if not 1 <= bars <= limits.PERIOD:
            self.report("limit", start, f"a window has 1 to {limits.PERIOD} bars")
        timeframes = list(dict.fromkeys(field[3] for field in self.fields[place:]))
        if len(timeframes) > 1:
            here = " and ".join(timeframes)
            self.report("timeframes", start, f"a window looks back in one timeframe, here {here}")

    def _check_limits(self, rule: Rule) -> None:
        if self.nodes > limits.NODES:
            self._too_much(f"a rule has at most {limits.NODES} conditions and operands, not {self.nodes}")
        if len(self.fields) > limits.TIMEFRAMES:
            different = set(self.fields)
            if len(different) > limits.SERIES:
                self._too_much(f"a rule has at most {limits.SERIES} different series, not {len(different)}")
            timeframes = {field[3] for field in different}
            if len(timeframes) > limits.TIMEFRAMES:
                self._too_much(f"a rule has at most {limits.TIMEFRAMES} timeframes, not {len(timeframes)}")
        if self.reach > limits.LOOK_BACK:
            bars = max(needs(rule, self.timeframe).values(), default=0)
            if bars > limits.LOOK_BACK:
                self._too_much(f"a rule looks back at most {limits.LOOK_BACK} bars, not {bars}")

    def _too_much(self, message: str) -> None:
        self.report("limit", 0, message, length=len(self.tokens.text))
