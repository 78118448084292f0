"""How other programs write the class of a share: BRK.B, BRK-B, BRK/B or BRK B."""

import re

CLASS = re.compile(r"([A-Z]{1,5})[./ -]([A-Z]{1,2})")


def with_separator(symbol: str, separator: str) -> str:
    """The symbol as another program writes it; unchanged if it has no share class."""
    return CLASS.sub(rf"\1{separator}\2", symbol) if CLASS.fullmatch(symbol) else symbol
