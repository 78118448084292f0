"""What every part of the parser needs: the current token, brackets, and the problems that are reported."""

import re
from typing import NoReturn

from app.rules import limits
from app.rules.catalogue import Unit
from app.rules.errors import RuleError, RuleProblem
from app.rules.tokens import END, Tokens
from app.rules.tree import Number, Operand
from app.rules.units import unit_of

MOST_PROBLEMS = 20
_BARE_NUMBER = re.compile(r"[^:]*:\s*-?[0-9]+(\.[0-9]+)?[kmb]?\s*", re.I)
_REST = re.compile(r"[^,)]*")


class RuleSyntax:
    """`start`: where the current condition begins; `left`: what it compares."""

    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text)
        self.problems: list[RuleProblem] = []
        self.depth = 0
        self.start = 0
        self.left: Operand = Number(0)

    def report(
        self, code: str, start: int, message: str, expected: str = "", suggestion: str = "", length: int | None = None
    ) -> None:
        """A problem of what stands between `start` and the current token; parsing goes on."""
        if length is None:
            length = max(self.tokens.past - start, 0)
        self.problems.append(RuleProblem(code, start + 1, length, message, expected, suggestion))
        if len(self.problems) >= MOST_PROBLEMS:
            raise RuleError(self.problems)

    def fail(self, code: str, message: str, expected: str = "", suggestion: str = "") -> NoReturn:
        """The current token cannot stand here."""
        start = self.tokens.start
        problem = RuleProblem(code, start + 1, self.tokens.end - start, message, expected, suggestion)
        raise RuleError([*self.problems, problem])

    def unexpected(self, expected: str) -> NoReturn:
        tokens = self.tokens
        if tokens.kind == END:
            self.fail("incomplete", f"{expected} is missing", expected)
        if tokens.word == "%":
            self._percent()
        if tokens.word in {"or", "|"}:
            self.fail("or", "no or between conditions; write any(a,b)", suggestion="any(a,b)")
        text = tokens.text[tokens.start : tokens.end]
        self.fail("unexpected", f"{text} is unexpected; {expected} belongs here", expected)

    def _percent(self) -> NoReturn:
        text, place = self.tokens.text, self.tokens.start
        rest = _REST.match(text, place)
        suggestion = (text[self.start : place].rstrip() + (rest[0] if rest else "")).replace("%", "").strip()
        if _BARE_NUMBER.fullmatch(suggestion):
            suggestion += ".."
        reason = "percent is meant already" if unit_of(self.left) is Unit.PERCENT else "a number has no %"
        self.fail("percent", f"{reason}: {suggestion}", suggestion=suggestion)

    def open(self) -> int:
        """Go into the bracket that is the current token; its place, from 1."""
        self.depth += 1
        if self.depth > limits.DEPTH:
            self.too_deep()
        bracket = self.tokens.start + 1
        self.tokens.advance()
        return bracket

    def too_deep(self) -> NoReturn:
        self.fail("limit", f"at most {limits.DEPTH} groups, windows and functions inside each other")

    def close(self, bracket: int, expected: str = ") or ,") -> None:
        if self.tokens.word != ")":
            if self.tokens.kind == END:
                self.fail("bracket", f"( opened at {bracket} is not closed", ")")
            self.unexpected(expected)
        self.depth -= 1
        self.tokens.advance()

    def expect(self, sign: str) -> None:
        if self.tokens.word != sign:
            self.unexpected(sign)
        self.tokens.advance()
