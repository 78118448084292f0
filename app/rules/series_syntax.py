"""A field in the text of a rule, with its period, part, factor and lag."""

import re

from app.rules import limits
from app.rules.catalogue import DETECTION_NUMBERS, TIMEFRAMES, WORD_FIELDS, Field
from app.rules.errors import RuleError
from app.rules.names import ADJECTIVES, TIMELESS, field_name, nearest, similar_field, similar_function
from app.rules.syntax import RuleSyntax
from app.rules.tokens import NAME, NUMBER, number, whole
from app.rules.tree import Series

SUFFIXES = frozenset("*@[")
_WORDS = re.compile(r"[^,()]*")


class SeriesSyntax(RuleSyntax):
    """`fields`: field, period, part and timeframe of each series so far that has a timeframe; `timeless`: how many have
    none; `reach`: bars of all periods, windows and lags added up."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.fields: list[tuple[str, int, str, str]] = []
        self.timeless = 0
        self.reach = 0

    def number(self) -> float:
        tokens = self.tokens
        if tokens.kind != NUMBER:
            self.unexpected("a number")
        value, start = number(tokens.word), tokens.start
        tokens.advance()
        if abs(value) > limits.NUMBER:
            self.report("limit", start, f"a number is at most {limits.NUMBER:,.0f} in size")
        return value

    def count(self, expected: str) -> int:
        """A number of bars; what is above the limit of a period is one more than that."""
        tokens = self.tokens
        bars = whole(tokens.word) if tokens.kind == NUMBER else None
        if bars is None:
            self.unexpected(expected)
        tokens.advance()
        return bars

    def name(self, expected: str) -> str:
        tokens = self.tokens
        if tokens.kind != NAME:
            self.unexpected(expected)
        name = tokens.word
        tokens.advance()
        return name

    def series(self, name: str, timeframe: str, inherited: str) -> Series:
        """The series whose name has been read. `timeframe`: its own prefix, or ""."""
        entry = field_name(name)
        if entry is None:
            return self._unknown(name, timeframe or inherited)
        tokens = self.tokens
        field, period = entry
        start = tokens.past - len(name)
        if tokens.word == "(" or tokens.kind == NUMBER:
            period = self._separate_period(field, period)
        if period is not None or field.period:
            period = self._period(field, period, start)
        part = self._part(field) if tokens.word == "." else ""
        times, lag = self.suffixes() if tokens.word in SUFFIXES else (1.0, 0)
        if field.name in TIMELESS:
            return self._timeless(field.name, start, times, lag)
        resolved = timeframe or inherited
        if resolved not in field.timeframes:
            self._wrong_timeframe(field, resolved, start)
        self.fields.append((field.name, period or 0, part, resolved))
        self.reach += field.bars(period or 0) + lag
        return Series(field.name, period or 0, part, timeframe, times, lag)

    def _unknown(self, name: str, timeframe: str) -> Series:
        tokens = self.tokens
        start = tokens.past - len(name)
        if tokens.word == "(":
            self._report_name("function", name, start, similar_function(name))
            raise RuleError(self.problems)
        if tokens.word == ".":
            tokens.advance()
            following = self.name("a field")
            if field_name(following):
                near = nearest(name, [*TIMEFRAMES, *ADJECTIVES]) or ", ".join(TIMEFRAMES)
                self._report_name("timeframe", name, start, near)
                return self.series(following, "", timeframe)
        near = similar_field(name)
        self._report_name("field", name, start, near)
        if near in WORD_FIELDS:
            words = _WORDS.match(tokens.text, tokens.past)
            tokens.seek(words.end() if words else tokens.past)
        return Series(name)

    def _report_name(self, kind: str, name: str, start: int, near: str) -> None:
        question = f"; {near}?" if near else ""
        self.report(kind, start, f"no {kind} {name}{question}", suggestion=near, length=len(name))

    def _separate_period(self, field: Field, period: int | None) -> int | None:
        """rsi(14) and rsi 14."""
        tokens = self.tokens
        if period is not None or not field.period:
            self.unexpected("a comparison")
        if tokens.word != "(":
            return self.count("a period in bars")
        bracket = self.open()
        period = self.count("a period in bars")
        self.close(bracket, ")")
        return period

    def _period(self, field: Field, period: int | None, start: int) -> int:
        """The period, or the usual one."""
        if not field.period:
            self.report("period", start, f"{field.name} has no period", suggestion=field.name)
            return 0
        if period is None:
            return field.period.usual
        if not field.period.least <= period <= field.period.most:
            bars = f"{field.period.least} to {field.period.most} bars"
            self.report("period", start, f"the period of {field.name} is {bars}", expected=bars)
        return period

    def _part(self, field: Field) -> str:
        self.tokens.advance()
        part = self.name("a part of the field")
        names = [each.name for each in field.parts]
        if part not in names:
            near = nearest(part, names) or ", ".join(names)
            message = f"{field.name} has no part {part}; {near}?" if near else f"{field.name} has no parts"
            self.report("part", self.tokens.past - len(part), message, ", ".join(names), near)
        return part

    def suffixes(self) -> tuple[float, int]:
        """Factor and lag."""
        tokens = self.tokens
        times, lag, start = 1.0, 0, tokens.start
        while (sign := tokens.word) in SUFFIXES:
            tokens.advance()
            if sign == "*":
                times *= self.number()
                continue
            lag += self.count("a number of bars")
            if sign == "[":
                self.expect("]")
            if lag > limits.PERIOD:
                self.report("limit", start, f"a lag is at most {limits.PERIOD} bars")
        self.check_factor(times, start)
        return times, lag

    def check_factor(self, times: float, start: int) -> None:
        if abs(times) > limits.NUMBER:
            self.report("limit", start, f"a factor is at most {limits.NUMBER:,.0f} in size")

    def check_plain(self, name: str, times: float, start: int) -> None:
        if times != 1 and name in DETECTION_NUMBERS:
            self.report("history", start, f"{name} is compared as it is: no factor")

    def _timeless(self, name: str, start: int, times: float, lag: int) -> Series:
        self.timeless += 1
        if lag:
            self.report("history", start, f"{name} has no history: no lag")
        self.check_plain(name, times, start)
        return Series(name, times=times)

    def _wrong_timeframe(self, field: Field, timeframe: str, start: int) -> None:
        here = ", ".join(field.timeframes)
        suggestion = f"{field.timeframes[-1]}.{field.name}"
        message = f"{field.name} has the timeframes {here} and not {timeframe}; {suggestion}?"
        self.report("timeframe", start, message, here, suggestion)
