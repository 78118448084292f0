"""Operands in the text of a rule: numbers, fields and functions over bars, each with its timeframe."""

import msgspec

from app.rules import limits
from app.rules.catalogue import TIMEFRAMES
from app.rules.look_back import rolling_bars
from app.rules.names import ADJECTIVES, TIMELESS, function_name
from app.rules.series_syntax import SUFFIXES, SeriesSyntax
from app.rules.tokens import NAME, NUMBER
from app.rules.tree import Number, Operand, Rolling, RollingFunction, Series


class OperandSyntax(SeriesSyntax):
    """`nodes`: conditions and operands so far."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.nodes = 0

    def operand(self, inherited: str) -> Operand:
        """`inherited`: timeframe of an operand without a prefix."""
        tokens = self.tokens
        if tokens.kind == NUMBER:
            number = self.number()
            if tokens.word == "*":
                return self._multiple(number, inherited)
            self.nodes += 1
            return Number(number)
        start = tokens.start
        return self.named_operand(self.name("a number or a field"), start, inherited)

    def _multiple(self, times: float, inherited: str) -> Operand:
        """1.02*sma50"""
        self.tokens.advance()
        start = self.tokens.start
        operand = self.named_operand(self.name("a field"), start, inherited)
        times *= operand.times
        self.check_factor(times, start)
        if isinstance(operand, Series):
            self.check_plain(operand.field, times, start)
        return msgspec.structs.replace(operand, times=times)

    def named_operand(self, name: str, start: int, inherited: str) -> Series | Rolling:
        """The operand whose first name, at `start`, has been read."""
        self.nodes += 1
        tokens = self.tokens
        timeframe = ""
        if tokens.word == ".":
            timeframe = name if name in TIMEFRAMES else ADJECTIVES.get(name, "")
            if timeframe:
                tokens.advance()
                name = self.name("a field")
        elif tokens.kind == NAME and name in ADJECTIVES:
            timeframe = ADJECTIVES[name]
            name = self.name("a field")
        if tokens.word == "(" and (function := function_name(name)):
            return self._rolling(*function, start, timeframe, inherited)
        return self.series(name, timeframe, inherited)

    def _rolling(
        self, function: RollingFunction, bars: int | None, start: int, timeframe: str, inherited: str
    ) -> Rolling:
        """max252(high) and highest(high,252)."""
        bracket = self.open()
        inside = self.operand(timeframe or inherited)
        if bars is None:
            self.expect(",")
            bars = self.count("a number of bars")
        self.close(bracket, ")")
        times, lag = self.suffixes() if self.tokens.word in SUFFIXES else (1.0, 0)
        if not 1 <= bars <= limits.PERIOD:
            self.report("limit", start, f"a function looks back 1 to {limits.PERIOD} bars")
        self.reach += rolling_bars(function, bars) + lag
        inside, timeframe = self._inside(inside, timeframe, start)
        return Rolling(function, bars, inside, timeframe, times, lag)

    def _inside(self, inside: Operand, timeframe: str, start: int) -> tuple[Series | Rolling, str]:
        """What a function is applied to, without a prefix, and the timeframe of both."""
        if isinstance(inside, Number):
            self.report("function", start, "a function looks back over a field, not over a number")
            return Series("close"), timeframe
        if isinstance(inside, Series) and inside.field in TIMELESS:
            self.report("history", start, f"{inside.field} has no history: no function over bars")
        if not inside.timeframe:
            return inside, timeframe
        if timeframe not in {"", inside.timeframe}:
            both = f"{timeframe} and {inside.timeframe}"
            self.report("timeframes", start, f"a function looks back in one timeframe, here {both}")
        return msgspec.structs.replace(inside, timeframe=""), inside.timeframe
