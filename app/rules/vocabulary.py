"""Whether the words of a rule are ones that the market has."""

from collections.abc import Collection, Iterable, Mapping

from app.rules.errors import RuleProblem
from app.rules.names import nearest
from app.rules.word_lists import RuleWord

FEW = 500
"""Words of a field that are compared letter by letter for a suggestion."""


def check_words(words: Iterable[RuleWord], vocabulary: Mapping[str, Collection[str]]) -> tuple[RuleProblem, ...]:
    """The words of a parsed rule that are not in the `vocabulary` of their field, without regard to case. Words of
    a field that it does not have are not checked."""
    spellings = {field: {word.casefold() for word in every} for field, every in vocabulary.items()}
    unknown = [each for each in words if each.word.casefold() not in spellings.get(each.field, {each.word.casefold()})]
    return tuple(_problem(each, vocabulary[each.field]) for each in unknown)


def _problem(word: RuleWord, every: Collection[str]) -> RuleProblem:
    near = nearest(word.word, every) if len(every) <= FEW else ""
    question = f"; {near}?" if near else ""
    message = f"no {word.field} {word.word}{question}"
    return RuleProblem("word", word.at, len(word.word), message, f"a {word.field}", near)
