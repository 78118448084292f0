"""Names in the text of a rule: which field, function or timeframe each is, and which one was probably meant."""

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, get_args

from app.rules.catalogue import ALIASES, DETECTION_NUMBERS, FIELDS, TIMEFRAMES, WORD_FIELDS, Field
from app.rules.tree import RollingFunction

SIMILAR = 0.6
LONGEST = 40
"""Characters of a name that something is suggested for."""

FUNCTIONS: Mapping[str, RollingFunction] = {name: name for name in get_args(RollingFunction)} | {
    "highest": "max",
    "lowest": "min",
    "average": "avg",
    "mean": "avg",
    "total": "sum",
    "stdev": "std",
    "change": "chg",
}
GROUPS = ("all", "any", "not")
ADJECTIVES: Mapping[str, str] = {name: prefix for prefix, name in TIMEFRAMES.items() if name.isalpha()}
"""Prefix by what people write: weekly."""

TIMELESS = DETECTION_NUMBERS | {"cap"}
"""Fields with one value at a time: they have no timeframe, no lag and no function over bars."""


class FieldName(NamedTuple):
    """`period`: as it is written behind the name; None where there is none."""

    field: Field
    period: int | None


@lru_cache(maxsize=4096)
def field_name(word: str) -> FieldName | None:
    if field := _field(word):
        return FieldName(field, None)
    name = word.rstrip("0123456789")
    field = _field(name)
    return FieldName(field, int(word[len(name) :][:9])) if field and name != word else None


def _field(word: str) -> Field | None:
    return FIELDS.get(ALIASES.get(word, word))


@lru_cache(maxsize=4096)
def function_name(word: str) -> tuple[RollingFunction, int | None] | None:
    """The function and its bars: None where they are not written behind its name."""
    if function := FUNCTIONS.get(word):
        return function, None
    name = word.rstrip("0123456789")
    function = FUNCTIONS.get(name)
    return (function, int(word[len(name) :][:9])) if function else None


def similar_field(word: str) -> str:
    """The name that was probably meant, or "". A period stays behind it."""
    name = word.rstrip("0123456789")
    near = nearest(word, (*FIELDS, *ALIASES, *WORD_FIELDS)) or nearest(name, (*FIELDS, *ALIASES))
    field = ALIASES.get(near, near)
    periodic = field in FIELDS and FIELDS[field].period
    return field + word[len(name) :] if periodic else field


def similar_function(word: str) -> str:
    name = word.rstrip("0123456789")
    near = nearest(name, (*FUNCTIONS, *GROUPS, "in", "for"))
    bars = word[len(name) :] if near not in GROUPS else ""
    return FUNCTIONS.get(near, near) + bars if near else ""


def nearest(word: str, names: Iterable[str]) -> str:
    """The name that the word begins, or the one that resembles it most; "" where none does."""
    if not word or len(word) > LONGEST:
        return ""
    choices = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), choices, n=1, cutoff=SIMILAR)
    if not near and len(word) > 2:
        near = sorted((name for name in choices if name.startswith(word.casefold())), key=len)[:1]
    return choices[near[0]] if near else ""
