"""What is stored to undo a change: removed entries, a deleted list, an import."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.owned.undo.notice import UndoNotice
from app.owned.undo.queries import StoredUndo
from app.watchlists.queries import RankedEntry
from app.watchlists.watchlist import ListEntry


class StoredEntry(msgspec.Struct, frozen=True):
    symbol: str
    section: UUID
    rank: float
    note: str
    added_at: datetime
    price_added: float | None

    @classmethod
    def of(cls, ranked: RankedEntry) -> "StoredEntry":
        entry = ranked.entry
        return cls(entry.symbol, entry.section_id, ranked.rank, entry.note, entry.added_at, entry.price_added)

    def ranked(self, section_id: UUID) -> RankedEntry:
        return RankedEntry(ListEntry(self.symbol, section_id, self.note, self.added_at, self.price_added), self.rank)


class StoredSection(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class RemovedEntries(msgspec.Struct, frozen=True, tag="entries"):
    """`watchlist`: its id. Another list may have its address later."""

    watchlist: UUID
    entries: list[StoredEntry]


class DeletedList(msgspec.Struct, frozen=True, tag="list"):
    id: UUID
    name: str
    slug: str
    version: int
    position: int
    on_desk: bool
    sections: list[StoredSection]
    entries: list[StoredEntry]


class AddedEntries(msgspec.Struct, frozen=True, tag="import"):
    """`added`: symbols, with their times. `omitted`: what was read and not added, each with the reason."""

    watchlist: UUID
    added: dict[str, datetime]
    omitted: list[str]


Payload = RemovedEntries | DeletedList | AddedEntries

UNDO_SECONDS = {RemovedEntries: 60, DeletedList: 60, AddedEntries: 600}
"""An import also says what it left out: that can be read for longer."""
KINDS = tuple(each.__name__ for each in UNDO_SECONDS)


def encode(payload: Payload) -> str:
    return msgspec.json.encode(payload).decode()


def decode(row: StoredUndo) -> Payload:
    payload: Payload = msgspec.json.decode(row.payload, type=Payload)
    return payload


def notice(row: StoredUndo) -> UndoNotice:
    omitted: list[str] = []
    match decode(row):
        case RemovedEntries(_, entries):
            text, act = f"{_some([each.symbol for each in entries])} taken off the list.", "Put back"
        case AddedEntries(_, added, omitted):
            text, act = f"{_some([*added])} added.", "Take off again"
        case DeletedList() as deleted:
            text, act = f"{deleted.name} deleted.", "Put the list back"
    return UndoNotice(row.id, text, act, row.expires_at.timestamp(), f"/w/undo/{row.id}", omitted)


def _some(symbols: list[str]) -> str:
    if len(symbols) == 1:
        return symbols[0]
    return f"{len(symbols)} symbols"
