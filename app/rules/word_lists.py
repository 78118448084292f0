"""Conditions on words in the text of a rule, such as a sector or a symbol."""

import re
from typing import NamedTuple

from app.rules import limits
from app.rules.catalogue import WORD_FIELDS
from app.rules.operands import OperandSyntax
from app.rules.tree import Among, Not

_WORD = re.compile(r"[^,();]*")
_FOLLOWING = re.compile(
    r"(?<!\s)\s+(?=(?:and|or)\s+(?:not\b|[a-z0-9_.]+\s*(?:[(:<>=!*@\[\u2264\u2265\u2260]|crosses\b|between\b|in\s*\())"
    r"|(?:within|for)\s+[0-9]+\s+bars?\b)",
    re.I,
)
"""Where a condition in words goes on behind a word: "Oil and Gas" is one word."""


class RuleWord(NamedTuple):
    """A word of a rule's text: `at` is its place, from 1."""

    field: str
    word: str
    at: int


class WordListSyntax(OperandSyntax):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.words: list[RuleWord] = []

    def among(self, field: str) -> Among | Not:
        """The condition whose field has been read."""
        tokens = self.tokens
        sign = tokens.word
        if sign == "in":
            tokens.advance()
            bracket = self.open()
            words = self._words(field, tokens.start, ",;")
            self.close(bracket)
        elif sign in {":", "=", "!="}:
            words = self._words(field, tokens.end, ";")
        else:
            self.unexpected(f"{field}:{WORD_FIELDS[field].example.partition(':')[2].partition(',')[0]}")
        if len(words) > limits.WORDS:
            self.report("limit", tokens.past, f"at most {limits.WORDS} words in a list")
        among = Among(field, tuple(words))
        if sign == "!=":
            self.nodes += 1
            return Not((among,))
        return among

    def _words(self, field: str, place: int, separators: str) -> list[str]:
        """All words from `place` on; the token behind them becomes the current one."""
        text = self.tokens.text
        words: list[str] = []
        while True:
            match = _WORD.match(text, place)
            assert match, "the pattern matches every text"
            following = _FOLLOWING.search(text, place, match.end())
            end = following.start() if following else match.end()
            words.append(self._word(field, place, end))
            if end == len(text) or text[end] not in separators:
                self.tokens.seek(end)
                return words
            place = end + 1

    def _word(self, field: str, start: int, end: int) -> str:
        raw = self.tokens.text[start:end]
        word = " ".join(raw.split()).strip(" '\"")
        if not word:
            self.tokens.seek(end)
            self.fail("word", f"{field} needs a word", "a word")
        place = start + len(raw) - len(raw.lstrip(" '\"\t\r\n"))
        if not word.isprintable():
            self.report("word", place, "a word has a character that cannot be shown", length=len(word))
        self.words.append(RuleWord(field, word, place + 1))
        return word
