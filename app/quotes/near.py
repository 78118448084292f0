"""Symbols near to what was typed."""

import difflib
from collections.abc import Mapping
from typing import NamedTuple

from app.finance.instrument import Instrument

LONGEST = 64


class Found(NamedTuple):
    instruments: list[Instrument]
    total: int


def typed(text: str) -> str:
    """As symbols are written; what is longer than any name is cut."""
    return " ".join(text.split())[:LONGEST].upper()


def search(text: str, instruments: Mapping[str, Instrument], limit: int = 100) -> Found:
    """Symbols that begin with `text` first, then names that contain it; all of them for an empty text."""
    wanted = typed(text)
    begins = [symbol for symbol in instruments if symbol.startswith(wanted)]
    contains = [
        symbol
        for symbol, known in instruments.items()
        if wanted in known.name.upper() and not symbol.startswith(wanted)
    ]
    found = [*sorted(begins), *sorted(contains)]
    return Found([instruments[symbol] for symbol in found[:limit]], len(found))


def near(text: str, instruments: Mapping[str, Instrument], limit: int = 8) -> list[Instrument]:
    wanted = typed(text)
    alike = difflib.get_close_matches(wanted, instruments, n=limit, cutoff=0.5)
    begins = search(wanted, instruments, limit).instruments if wanted else []
    names = dict.fromkeys([*alike, *(instrument.symbol for instrument in begins)])
    return [instruments[name] for name in list(names)[:limit]]
