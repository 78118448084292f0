"""The one grammar of symbols: what a feed, a file, a job, a topic, a link or a person may call an instrument."""

import re

LONGEST = 32
"""Characters of a symbol."""

_SEGMENT = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._:^=$&+-]+"
PATTERN = rf"(?=[A-Za-z0-9^$.])(?=.{{1,{LONGEST}}}$){_SEGMENT}(?:/{_SEGMENT})*"
"""Of a whole text, for tools that take a pattern (msgspec, OpenAPI): anchored at its end, to be matched from its start.

Letters keep their case: BCPC and BCpC are two companies. No part between slashes is empty, "." or "..", so that a
symbol is also a path below /symbols/ that no browser shortens.
"""

_SYMBOL = re.compile(PATTERN)


def is_symbol(text: str) -> bool:
    return _SYMBOL.fullmatch(text) is not None
