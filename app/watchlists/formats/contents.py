"""What a file of a list says, and what is written into one; limits and the error of reading."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

MOST_BYTES = 262_144
MOST_ENTRIES = 2_000
"""Read from one file; a list has fewer."""


class UnreadableImport(Exception):
    """No list can be read from this; the text says why."""


class ReadEntry(NamedTuple):
    """One line of a file. `symbol` is as it was written there; `price` in the instrument's currency."""

    symbol: str
    section: str = ""
    note: str = ""
    added_at: datetime | None = None
    price: float | None = None


class ReadList(NamedTuple):
    """`omitted`: what was read and is no entry, or a part of one that could not be kept, each with the reason."""

    name: str
    entries: list[ReadEntry]
    omitted: list[str]


class WrittenEntry(NamedTuple):
    """`exchange`: its market identifier code (ISO 10383), "" if that is not known."""

    symbol: str
    name: str
    exchange: str
    section: str
    note: str
    added_at: datetime
    price: float | None


class WrittenList(NamedTuple):
    name: str
    entries: Sequence[WrittenEntry]
    """By section, in the owner's order."""

    def sections(self) -> Iterable[tuple[str, list[WrittenEntry]]]:
        """The name of each section that has entries, with them."""
        for name in dict.fromkeys(entry.section for entry in self.entries):
            yield name, [entry for entry in self.entries if entry.section == name]
