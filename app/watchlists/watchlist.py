"""A watchlist as a value: sections, entries, limits, and the refusals of a change."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.owned.refusals import Refusal

MAX_LISTS = 50
"""Of one person."""
MAX_ENTRIES = 500
MAX_SECTIONS = 50
LONGEST_NOTE = 500
LISTS = "/w"
"""The path of the page of all lists."""


class NoSuchList(Refusal):
    """There is none, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such list.")


class NoSuchSection(Refusal):
    def __init__(self) -> None:
        super().__init__("This section is no longer on the list.")


class SectionTaken(Refusal):
    def __init__(self, name: str) -> None:
        super().__init__(f"This list has a section called {name} already.")


class Summary(NamedTuple):
    """A list without its entries."""

    id: UUID
    name: str
    slug: str
    on_desk: bool
    version: int
    updated_at: datetime
    size: int
    """Number of entries."""

    @property
    def path(self) -> str:
        return f"{LISTS}/{self.slug}"

    @property
    def contents(self) -> str:
        return f"{self.name} has {self.size} {'symbol' if self.size == 1 else 'symbols'}."


class ListSection(NamedTuple):
    id: UUID
    name: str
    """Empty for the section that a list begins with."""


class ListEntry(NamedTuple):
    symbol: str
    section_id: UUID
    note: str
    added_at: datetime
    price_added: float | None
    """In the instrument's currency, as traded then; None if no price was known."""


class Watchlist(NamedTuple):
    """Sections and entries are in the order of their owner; entries by section, then by place."""

    summary: Summary
    sections: tuple[ListSection, ...]
    entries: tuple[ListEntry, ...]

    def of_section(self, section_id: UUID) -> list[ListEntry]:
        return [entry for entry in self.entries if entry.section_id == section_id]

    def entry(self, symbol: str) -> ListEntry | None:
        return next((entry for entry in self.entries if entry.symbol == symbol), None)

    def section(self, section_id: UUID) -> ListSection | None:
        return next((section for section in self.sections if section.id == section_id), None)


class NewEntry(NamedTuple):
    """An entry to be added; `section` is a name, created where the list has none of it."""

    symbol: str
    price: float | None
    section: str = ""
    note: str = ""
    added_at: datetime | None = None
    """None: now."""


class Added(NamedTuple):
    """What became of entries that were to be added; symbols in the order in which they came."""

    version: int
    symbols: list[str]
    doubles: list[str]
    """On the list before, or twice among the new ones."""
    beyond_limit: list[str]
    undo_id: UUID | None = None


class EntryEdit(NamedTuple):
    """One row of an order form; `place` counts from 1 within the section, None leaves the entry where it is.

    `note` None leaves the note; `note_before`: what the form began with.
    """

    symbol: str
    place: int | None = None
    note: str | None = None
    note_before: str = ""
