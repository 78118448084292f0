"""The tokens of a rule's text, read one after another."""

import re

from app.rules import limits

END, NAME, NUMBER, SIGN, OTHER = range(5)

_TOKEN = re.compile(
    r"\s*(?:([A-Za-z_][A-Za-z0-9_]*)"
    r"|([-\u2212\u2013]?[0-9]+(?:\.[0-9]+)?[kmbKMB]?(?![A-Za-z0-9_]|\.[0-9]))"
    r"|(<=|>=|==|!=|<>|\.\.|[<>=\u2264\u2265\u2260\u2026:;,()*@.%\[\]])"
    r"|([0-9](?:[A-Za-z0-9_]|\.(?!\.))*|.)|\Z)"
)
_SPELLINGS = {"\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "<>": "!=", "==": "=", "\u2026": ".."}
_MINUS = str.maketrans("\u2212\u2013", "--")
_EXPONENTS = {"k": "e3", "m": "e6", "b": "e9"}


class Tokens:
    """The current token: its kind, its text (names in lower case) and its place in the text, from 0. `past` is the end
    of the token before it."""

    __slots__ = ("_next", "end", "kind", "past", "start", "text", "word")

    def __init__(self, text: str) -> None:
        self.text = text
        self.seek(0)

    def seek(self, end: int) -> None:
        """Go on with the token that begins at `end` or behind it; nothing goes on behind the end of the text."""
        self.end = end
        self._next = _TOKEN.finditer(self.text, end).__next__
        self.advance()

    def advance(self) -> None:
        match = self._next()
        self.past = self.end
        self.kind = kind = match.lastindex or END
        if kind == NAME:
            self.word = match[NAME].lower()
        elif kind == SIGN:
            word = match[SIGN]
            self.word = _SPELLINGS.get(word, word)
        else:
            self.word = match[kind] if kind else ""
        self.start, self.end = match.span(kind)
        if kind == END:
            self.start = self.end


def number(word: str) -> float:
    """Value of a number token; infinite where it is too large."""
    if not word.isascii():
        word = word.translate(_MINUS)
    exponent = _EXPONENTS.get(word[-1].lower())
    return float(word[:-1] + exponent if exponent else word) + 0.0


def whole(word: str) -> int | None:
    """Value of a number token that counts bars; None where it is none."""
    return min(int(word), limits.PERIOD + 1) if word.isascii() and word.isdigit() else None
