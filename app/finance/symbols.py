"""The grammar of symbols, for feeds, files, jobs, topics, links and search."""

import re
from collections.abc import Iterable
from functools import lru_cache

LONGEST = 32
"""Characters of a symbol."""

LONGEST_STORED = 20
"""Characters that the columns of our own market tables take."""

_SEGMENT = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._:^=$&+-]+"
PATTERN = rf"(?=[A-Za-z0-9^$.])(?=.{{1,{LONGEST}}}$){_SEGMENT}(?:/{_SEGMENT})*"
"""Of a whole text; tools that search (msgspec, OpenAPI) need ^ before it and $ behind it.

Letters keep their case: BCPC and BCpC are two companies. No part between slashes is empty, "." or "..", so that a
symbol is also a path below /s/ that no browser shortens. No comma, quote, percent sign or blank is part of it,
so that it needs no quoting in lists and CSV files.
"""

_SYMBOL = re.compile(PATTERN)
_REMEMBERED = 65_536


def is_symbol(text: str) -> bool:
    return len(text) <= LONGEST and _matches(text)


def is_storable(symbol: str) -> bool:
    """Whether our own tables can hold it; its page, topics and links work all the same."""
    return len(symbol) <= LONGEST_STORED


def folded(text: str) -> str:
    """The same for all symbols that differ only in case."""
    return text.upper()


def spelt(text: str, symbols: Iterable[str]) -> tuple[str, ...]:
    """Those of `symbols` that somebody who typed `text` can mean: itself, or else all that differ only in case."""
    alike = sorted({symbol for symbol in symbols if folded(symbol) == folded(text)})
    return (text,) if text in alike else tuple(alike)


@lru_cache(_REMEMBERED)
def _matches(text: str) -> bool:
    return _SYMBOL.fullmatch(text) is not None
