"""Matches what a file says to instruments: symbols, near ones to choose from, doubles and unknown ones."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import NamedTuple

from app.finance.instrument import Instrument
from app.finance.symbol_index import SymbolIndex
from app.watchlists.formats.contents import ReadEntry
from app.watchlists.search import exact
from app.watchlists.watchlist import NewEntry

MOST_NEAR = 40
"""Entries for which near symbols are looked for, which takes some milliseconds each."""
CHOICES = 3
SIMILAR = 0.75
"""0 to 1: from here on a symbol is likely to be the one that was meant."""


class MatchKind(StrEnum):
    CERTAIN = "found"
    NEAR = "near"
    DOUBLE = "double"
    UNKNOWN = "unknown"


class MatchedEntry(NamedTuple):
    """`symbol`: the instrument's, "" where there is none beyond doubt; `choices`: near to it, the likeliest first."""

    entry: ReadEntry
    kind: MatchKind
    symbol: str
    choices: list[Instrument]


async def matched(entries: Collection[ReadEntry], index: SymbolIndex, on_list: Collection[str]) -> list[MatchedEntry]:
    """In the order of the file. `on_list`: symbols that the list has already."""
    symbols, near, result = {*on_list}, 0, []
    for entry in entries:
        spellings = exact(entry.symbol, index)
        if len(spellings) == 1:
            (symbol,) = spellings
            result.append(MatchedEntry(entry, MatchKind.DOUBLE if symbol in symbols else MatchKind.CERTAIN, symbol, []))
            symbols.add(symbol)
            continue
        choices = [index[symbol] for symbol in spellings]
        if not choices and near < MOST_NEAR:
            near += 1
            choices = index.alike(entry.symbol, CHOICES, SIMILAR)
            await asyncio.sleep(0)  # other requests go on
        result.append(MatchedEntry(entry, MatchKind.NEAR if choices else MatchKind.UNKNOWN, "", choices))
    return result


def new_entries(
    matches: Collection[MatchedEntry], choices: Mapping[str, str], price_now: Callable[[str], float | None]
) -> tuple[list[NewEntry], list[str]]:
    """What is to be added, and what is not, each with the reason.

    `choices`: what stands in the file to the near symbol that was chosen for it; `price_now`: of a symbol, for
    entries that were added now.
    """
    accepted, omitted = [], []
    for match in matches:
        symbol = match.symbol or _choice_for(match, choices)
        if match.kind is MatchKind.DOUBLE:
            omitted.append(f"{match.entry.symbol}: on the list already, or twice in the file")
        elif not symbol:
            omitted.append(f"{match.entry.symbol}: {'left out' if match.choices else 'no such symbol is known'}")
        else:
            read = match.entry
            price = price_now(symbol) if read.added_at is None and read.price is None else read.price
            accepted.append(NewEntry(symbol, price, read.section, read.note, read.added_at))
    return accepted, omitted


def _choice_for(match: MatchedEntry, choices: Mapping[str, str]) -> str:
    symbol = choices.get(match.entry.symbol, "")
    return symbol if symbol in {instrument.symbol for instrument in match.choices} else ""
