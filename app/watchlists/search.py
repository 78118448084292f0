"""Resolves what a person typed to the symbols that it can mean."""

from typing import NamedTuple

from app.finance.instrument import Instrument
from app.finance.symbol_index import OFFERED, SymbolIndex, visible_query

SEPARATORS = (".", "-", "/", " ")
"""Between a symbol and its share class: BRK.B, BRK-B, BRK/B and BRK B are one."""


class Search(NamedTuple):
    """`symbol`: the one that is meant beyond doubt; else `choices`, the likeliest first, of which a person chooses."""

    typed: str
    symbol: str | None
    choices: list[Instrument]
    mistyped: bool = False
    """Whether nothing matches, and the choices are only near to it."""


def search(text: str, index: SymbolIndex) -> Search:
    """The exact symbol, else those that begin with the text or have its words in their name, else what is near."""
    typed = visible_query(text)
    spellings = exact(typed, index)
    if len(spellings) == 1:
        return Search(typed, spellings[0], [])
    if spellings:
        return Search(typed, None, [index[symbol] for symbol in spellings])
    if not typed:
        return Search(typed, None, [])
    matches = [*index.search(typed, OFFERED).instruments, *index.by_name(typed, OFFERED)]
    choices = list({instrument.symbol: instrument for instrument in matches}.values())[:OFFERED]
    if len(choices) == 1:
        return Search(typed, choices[0].symbol, [])
    return Search(typed, None, choices or index.near(typed), mistyped=not choices)


def exact(text: str, index: SymbolIndex) -> tuple[str, ...]:
    """The symbols that a text spells, in whatever case, with an exchange before a colon, a dollar sign, or another
    separator before the share class."""
    plain = text.strip()
    without_exchange = plain.partition(":")[2] or plain
    forms = (plain, without_exchange, *(each.removeprefix("$") for each in (plain, without_exchange)))
    for form in dict.fromkeys(forms):
        if spellings := index.spellings(form) or _other_separator(form, index):
            return spellings
    return ()


def _other_separator(text: str, index: SymbolIndex) -> tuple[str, ...]:
    separator = next((each for each in SEPARATORS if each in text), None)
    if separator is None:
        return ()
    stem, _, share_class = text.rpartition(separator)
    return next(
        (spellings for other in SEPARATORS if (spellings := index.spellings(f"{stem}{other}{share_class}"))), ()
    )
