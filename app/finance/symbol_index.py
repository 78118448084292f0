"""Searches instruments by symbol and name, with suggestions for misspelt symbols."""

import difflib
import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.finance.instrument import Instrument
from app.finance.name_words import NameWords
from app.finance.symbols import folded

LONGEST_TEXT = 64
"""Characters of what a person types that count."""

MOST_COUNTED = 10_000
"""Entries of the index that one look for similar symbols goes through, however many symbols there are."""
MOST_COMPARED = 48
"""Symbols of these that are compared letter by letter."""
SIMILAR = 0.5
"""0 to 1: from here on a symbol is worth to be offered."""

OFFERED = 8
"""Symbols that are named as similar to a text."""

LAST = chr(0x10FFFF)


class Matches(NamedTuple):
    """The first of all that match, and how many those are."""

    instruments: list[Instrument]
    total: int


class Candidates(NamedTuple):
    """Symbols, folded, that share pairs of letters with a text, the likeliest first; `counted`: what that took."""

    symbols: list[str]
    entries_read: int


def clean_query(text: str) -> str:
    """One line without blanks around it; what is longer than any name is cut."""
    return " ".join(text[: 4 * LONGEST_TEXT].split())[:LONGEST_TEXT]


def visible_query(text: str) -> str:
    """As clean_query(), to be repeated on a page: of characters that can be seen."""
    return clean_query("".join(each if each.isprintable() else " " for each in text[: 4 * LONGEST_TEXT]))


class SymbolIndex(Mapping[str, Instrument]):
    """Only grows. Symbols keep their case; whoever types one need not."""

    def __init__(self) -> None:
        self._instruments: dict[str, Instrument] = {}
        self._names: dict[str, str] = {}
        """Folded, of those that have one."""
        self._words = NameWords()
        self._spellings: dict[str, tuple[str, ...]] = {}
        """Folded symbol to those that differ only in case, in order."""
        self._by_pair: dict[str, list[str]] = {}
        """Two neighbouring letters to the folded symbols that have them."""
        self._sorted: list[tuple[str, str]] = []
        """Folded symbol and symbol: those that were there at the last look."""

    def __getitem__(self, symbol: str) -> Instrument:
        return self._instruments[symbol]

    def __setitem__(self, symbol: str, instrument: Instrument) -> None:
        if symbol not in self._instruments:
            self._add(symbol)
        self._instruments[symbol] = instrument
        name = folded(instrument.name)
        if name and self._names.get(symbol) != name:
            self._names[symbol] = name
            self._words.add(symbol, name)
        elif not name:
            self._names.pop(symbol, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._instruments)

    def __len__(self) -> int:
        return len(self._instruments)

    def spellings(self, text: str) -> tuple[str, ...]:
        """Those that `text` can mean: the symbol itself, or else all that differ from it only in case, in order."""
        return (text,) if text in self._instruments else self._spellings.get(folded(text), ())

    def possible(self, text: str) -> tuple[str, ...]:
        """The same; where none is known here, what may be stored: as it was typed, and in capitals."""
        return self.spellings(text) or tuple(dict.fromkeys((text, folded(text))))

    def search(self, text: str, limit: int) -> Matches:
        """Symbols that begin with `text` first, then those whose name contains it; all of them for an empty text."""
        query = folded(clean_query(text))
        order = self._in_order()
        first, end = bisect_left(order, (query,)), bisect_left(order, (query + LAST,))
        begin = [symbol for _, symbol in order[first : min(end, first + limit)]]
        name_matches = self._name_matches(query) if query else []
        symbols = [*begin, *name_matches[: max(0, limit - len(begin))]]
        return Matches([self._instruments[symbol] for symbol in symbols], end - first + len(name_matches))

    def by_name(self, text: str, limit: int) -> list[Instrument]:
        """Those whose name has a word that begins with each word of `text`, in order of symbols."""
        return [self._instruments[symbol] for symbol in self._words.beginning(folded(clean_query(text)))[:limit]]

    def alike(self, text: str, limit: int, similar: float = SIMILAR) -> list[Instrument]:
        """Symbols that look like `text`, the likest first; `similar`: 0 to 1."""
        query = folded(clean_query(text))
        spelt = difflib.get_close_matches(query, self.candidates(query).symbols, n=limit, cutoff=similar)
        return [self._instruments[symbol] for each in spelt for symbol in self._spellings[each]][:limit]

    def near(self, text: str, limit: int = OFFERED) -> list[Instrument]:
        """Symbols that look like `text`, the likest first, then those that begin with it or are called so, then those
        in whose name a word differs by one typing error."""
        query = folded(clean_query(text))
        name_matches = self.search(query, limit).instruments if query else []
        mistyped = [self._instruments[symbol] for symbol in self._words.mistyped(query)[:limit]]
        matches = (*self.alike(query, limit), *name_matches, *mistyped)
        return list({instrument.symbol: instrument for instrument in matches}.values())[:limit]

    def candidates(self, query: str) -> Candidates:
        """For a folded text: from its rarest pairs of letters on, which say most, until MOST_COUNTED are counted."""
        pairs = _pairs(query)
        shared: Counter[str] = Counter()
        left = MOST_COUNTED
        for having in sorted((self._by_pair[pair] for pair in pairs if pair in self._by_pair), key=len):
            entries = having[:left]
            shared.update(entries)
            left -= len(entries)

        def likeness(symbol: str) -> float:
            return shared[symbol] / (len(pairs) + len(symbol) + 1)

        return Candidates(heapq.nlargest(MOST_COMPARED, shared, key=likeness), MOST_COUNTED - left)

    def _add(self, symbol: str) -> None:
        key = folded(symbol)
        before = self._spellings.get(key, ())
        self._spellings[key] = tuple(sorted((*before, symbol)))
        if not before:
            for pair in _pairs(key):
                self._by_pair.setdefault(pair, []).append(key)

    def _name_matches(self, query: str) -> list[str]:
        """In order of symbols, without those that begin with it."""
        names = self._names
        return [
            symbol
            for key, symbol in self._in_order()
            if symbol in names and query in names[symbol] and not key.startswith(query)
        ]

    def _in_order(self) -> list[tuple[str, str]]:
        if len(self._sorted) != len(self._instruments):
            self._sorted = sorted((folded(symbol), symbol) for symbol in self._instruments)
        return self._sorted


def _pairs(key: str) -> set[str]:
    """Of neighbouring letters, beginning and end being one."""
    return {"".join(pair) for pair in zip(f"^{key}", f"{key}$", strict=True)}
