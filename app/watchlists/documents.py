"""Watchlists as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from app.finance.symbols import LONGEST
from app.owned.names import LONGEST_NAME
from app.owned.undo.offer import UndoOffer
from app.watchlists.watchlist import LONGEST_NOTE, ListEntry, Summary, Watchlist
from app.web.api import PlainText, Versioned

Name = Annotated[PlainText, Meta(min_length=1, max_length=LONGEST_NAME)]
SectionName = Annotated[
    PlainText, Meta(max_length=LONGEST_NAME, description="Empty for the section that a list begins with.")
]
Note = Annotated[PlainText, Meta(max_length=LONGEST_NOTE)]
Symbol = Annotated[PlainText, Meta(min_length=1, max_length=LONGEST)]


class ListedWatchlist(msgspec.Struct, frozen=True):
    """`on_desk`: whether the desk shows it. `entries`: how many there are."""

    slug: str
    name: str
    on_desk: bool
    entries: int
    version: int
    updated_at: datetime


class ListedWatchlists(msgspec.Struct, frozen=True):
    """In the order of their owner."""

    watchlists: list[ListedWatchlist]

    @classmethod
    def of(cls, summaries: Sequence[Summary]) -> "ListedWatchlists":
        return cls(
            [
                ListedWatchlist(each.slug, each.name, each.on_desk, each.size, each.version, each.updated_at)
                for each in summaries
            ]
        )


class WatchlistEntry(msgspec.Struct, frozen=True):
    """`price_added`: in the instrument's currency, as traded then; null if no price was known."""

    symbol: str
    note: str
    added_at: datetime
    price_added: float | None

    @classmethod
    def of(cls, entry: ListEntry) -> "WatchlistEntry":
        return cls(entry.symbol, entry.note, entry.added_at, entry.price_added)


class WatchlistSection(msgspec.Struct, frozen=True):
    name: str
    entries: list[WatchlistEntry]


class WatchlistDocument(msgspec.Struct, frozen=True):
    """Sections and entries are in the order of their owner."""

    slug: str
    name: str
    updated_at: datetime
    sections: list[WatchlistSection]

    @classmethod
    def of(cls, watchlist: Watchlist) -> "WatchlistDocument":
        summary = watchlist.summary
        sections = [
            WatchlistSection(each.name, [WatchlistEntry.of(entry) for entry in watchlist.of_section(each.id)])
            for each in watchlist.sections
        ]
        return cls(summary.slug, summary.name, summary.updated_at, sections)


class ReplacedWatchlist(msgspec.Struct, frozen=True):
    """`undo`: of the entries that were removed."""

    watchlist: WatchlistDocument
    undo: UndoOffer


def versioned(watchlist: Watchlist) -> Versioned:
    return Versioned(WatchlistDocument.of(watchlist), watchlist.summary.version)
