"""The words of instruments' names, for a search that forgives unfinished and mistyped words."""

import re
from collections.abc import Iterable

from app.finance.typing_errors import SHORTEST, begins_with_one_error

WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 3
"""Words of what a person types that count."""


class NameWords:
    """Words to the symbols whose names have them. Only grows: a name that was replaced is still found."""

    def __init__(self) -> None:
        self._symbols: dict[str, dict[str, None]] = {}
        self._lines = ""
        """All words, one a line, as far as they were there at the last search: an expression goes through them in a
        fiftieth of the time that a loop takes."""
        self._line_count = 0

    def add(self, symbol: str, name: str) -> None:
        """`name`: with its case folded."""
        for word in WORD.findall(name):
            self._symbols.setdefault(word, {})[symbol] = None

    def beginning(self, text: str) -> list[str]:
        """Symbols with a word for each word of `text` that begins with it, in order. `text`: with its case folded."""
        return self._common(self._beginning_with(typed) for typed in WORD.findall(text)[:MOST_WORDS])

    def mistyped(self, text: str) -> list[str]:
        """The same, but each word may have one typing error."""
        return self._common(
            [*self._beginning_with(typed), *self._with_one_error(typed)] for typed in WORD.findall(text)[:MOST_WORDS]
        )

    def _common(self, words: Iterable[list[str]]) -> list[str]:
        """Symbols that have one word of each list."""
        sets = [{symbol for word in each for symbol in self._symbols[word]} for each in words]
        return sorted(set.intersection(*sets)) if sets else []

    def _beginning_with(self, typed: str) -> list[str]:
        return self._lines_like(re.escape(typed))

    def _with_one_error(self, typed: str) -> list[str]:
        """The error is in one half of the word: the other half is right, at most one letter from its place."""
        if len(typed) < SHORTEST:
            return []
        half = len(typed) // 2
        begin, end = re.escape(typed[: half - 1]), re.escape(typed[half + 1 :])
        candidates = self._lines_like(f"(?:{begin}|[^\n]{{{half},{half + 2}}}{end})")
        return [word for word in candidates if begins_with_one_error(typed, word)]

    def _lines_like(self, expression: str) -> list[str]:
        if self._line_count != len(self._symbols):
            self._lines, self._line_count = "\n".join(self._symbols), len(self._symbols)
        return re.findall(f"^{expression}[^\n]*", self._lines, re.MULTILINE)
