"""The identity of a rule: equal for two spellings that mean the same."""

import hashlib
from collections.abc import Iterable

import msgspec

from app.rules import show
from app.rules.resolve import resolve
from app.rules.tree import Among, Compare, Condition, Rule, Within
from app.rules.walk import GROUPS

DIGITS = 20
VERSION = 1
"""Of the meaning of rules."""


def key(rule: Rule, universe: str = "", timeframe: str = "d", version: int = VERSION) -> str:
    """20 hexadecimal digits for the topic, cache and result of a rule over a universe."""
    text = show.conditions_text(_sorted(resolve(rule, timeframe).conditions))
    identity = "\n".join((text, universe, timeframe, str(version)))
    return hashlib.sha256(identity.encode()).hexdigest()[:DIGITS]


def _sorted(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Ordered by their text, each once."""
    by_text = {show.condition_text(each): each for each in map(_canonical, conditions)}
    return tuple(by_text[text] for text in sorted(by_text))


def _canonical(condition: Condition) -> Condition:
    match condition:
        case Within(operand, None, high) if high:
            return Compare("le", operand, high)
        case Within(operand, low, None) if low:
            return Compare("ge", operand, low)
        case Among(field, words):
            return Among(field, tuple(sorted({word.casefold() for word in words})))
    if isinstance(condition, GROUPS):
        return msgspec.structs.replace(condition, conditions=_sorted(condition.conditions))
    return condition
