"""JSON API by which symbols come onto watchlists, with their prices then."""

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from quart import Blueprint, abort

from app import deps
from app.identity import Scope
from app.owned import names
from app.owned.problems import as_problems
from app.owned.undo.offer import UndoOffer
from app.quotes.board import QuoteBoard
from app.watchlists import matching, queries
from app.watchlists.changes import entries, lists, replacement
from app.watchlists.changes.replacement import ArrangedSection
from app.watchlists.documents import (
    Name,
    Note,
    ReplacedWatchlist,
    SectionName,
    Symbol,
    WatchlistDocument,
)
from app.watchlists.formats.contents import ReadEntry
from app.watchlists.matching import MatchedEntry, MatchKind
from app.watchlists.names import note_text
from app.watchlists.undo.payloads import UNDO_SECONDS, RemovedEntries
from app.watchlists.watchlist import MAX_ENTRIES, MAX_SECTIONS, Added, NewEntry, SectionTaken, Watchlist
from app.web import api, api_writes, body_limits, guards
from app.web.api import Versioned
from app.web.api_writes import ApiWrite, Created

blueprint = Blueprint("lists_api", __name__, url_prefix=f"{api.ROOT}/watchlists")

LARGEST_LIST = 2_097_152
"""Bytes: as many entries as there can be, with the longest notes."""


class NewWatchlistEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`section`: its name, created where there is none."""

    symbol: Symbol
    section: SectionName = ""
    note: Note = ""


class NewWatchlist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    entries: Annotated[list[NewWatchlistEntry], Meta(max_length=MAX_ENTRIES)] = []


class NewWatchlistEntries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entries: Annotated[list[NewWatchlistEntry], Meta(min_length=1, max_length=MAX_ENTRIES)]


class UnknownSymbol(msgspec.Struct, frozen=True):
    """`near`: symbols that are likely to be meant, the likeliest first."""

    symbol: str
    near: list[str]


class AddedSymbols(msgspec.Struct, frozen=True):
    """What became of each entry. `doubles`: on the list before, or sent twice; `beyond_limit`: not added, since the
    list is full. By POST to `/watchlists/undo/{undo_id}` the added ones are taken back."""

    added: list[str]
    doubles: list[str]
    unknown: list[UnknownSymbol]
    beyond_limit: list[str]
    undo_id: UUID | None


class CreatedWatchlist(msgspec.Struct, frozen=True):
    watchlist: WatchlistDocument
    symbols: AddedSymbols


class ArrangedEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    symbol: Symbol
    note: Note = ""


class ArrangementSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Only the first one may have an empty name."""

    name: SectionName
    entries: Annotated[list[ArrangedEntry], Meta(max_length=MAX_ENTRIES)]


class WatchlistArrangement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is on the list afterwards, in this order."""

    sections: Annotated[list[ArrangementSection], Meta(min_length=1, max_length=MAX_SECTIONS)]


@blueprint.post("")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@body_limits.largest_body(LARGEST_LIST)
@api_writes.typed(CreatedWatchlist, body=NewWatchlist, creates=True)
async def create(sent: NewWatchlist, write: ApiWrite) -> Created:
    """Creates a watchlist behind your others."""
    user_id = guards.identity().user_id
    with as_problems():
        summary = await lists.create(write.connection, user_id, sent.name)
    symbols, _ = await _add(write, summary.slug, sent.entries) if sent.entries else (_NONE, 0)
    watchlist = await queries.find(write.connection, user_id, summary.slug) or abort(404)
    document = CreatedWatchlist(WatchlistDocument.of(watchlist), symbols)
    return Created(document, f"{api.ROOT}/watchlists/{summary.slug}", watchlist.summary.version)


@blueprint.put("/<slug:slug>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@body_limits.largest_body(LARGEST_LIST)
@api_writes.typed(ReplacedWatchlist, body=WatchlistArrangement)
async def replace(sent: WatchlistArrangement, write: ApiWrite, slug: str) -> Versioned:
    """Replaces all sections and entries of a watchlist. Entries that stay keep their time and price."""
    user_id = guards.identity().user_id
    summary = await lists.lock(write.connection, user_id, slug)
    write.require(summary.version)
    before = await queries.whole(write.connection, summary)
    with as_problems(SectionTaken):
        arrangement = [_arranged(section, before) for section in sent.sections]
        _, undo_id = await replacement.replace(write.connection, user_id, slug, arrangement)
    after = await queries.find(write.connection, user_id, slug) or abort(404)
    offer = UndoOffer(undo_id, UNDO_SECONDS[RemovedEntries])
    return Versioned(ReplacedWatchlist(WatchlistDocument.of(after), offer), after.summary.version)


@blueprint.post("/<slug:slug>/entries")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@body_limits.largest_body(LARGEST_LIST)
@api_writes.typed(AddedSymbols, body=NewWatchlistEntries)
async def add(sent: NewWatchlistEntries, write: ApiWrite, slug: str) -> Versioned:
    """Adds symbols behind the others of their sections. What is not known is listed, and the rest is added."""
    return Versioned(*await _add(write, slug, sent.entries))


_NONE = AddedSymbols([], [], [], [], None)


async def _add(write: ApiWrite, slug: str, sent: Sequence[NewWatchlistEntry]) -> tuple[AddedSymbols, int]:
    """Also the version of the list."""
    user_id = guards.identity().user_id
    summary = await lists.lock(write.connection, user_id, slug)
    on_list = {each.entry.symbol for each in await queries.ranked_entries(write.connection, summary.id)}
    with as_problems():
        read = [_read(entry) for entry in sent]
        matches = await matching.matched(read, deps.symbols(), on_list)
        accepted, omitted = matching.new_entries(matches, {}, deps.board(QuoteBoard).price)
        if not accepted:
            return _added(matches, Added(summary.version, [], [], [])), summary.version
        added = await entries.add_all(write.connection, user_id, slug, accepted, omitted)
    return _added(matches, added), added.version


def _read(entry: NewWatchlistEntry) -> ReadEntry:
    section = names.checked_name(entry.section) if entry.section else ""
    return ReadEntry(entry.symbol, section, note_text(entry.note))


def _added(matches: Iterable[MatchedEntry], added: Added) -> AddedSymbols:
    doubles = [each.symbol for each in matches if each.kind is MatchKind.DOUBLE]
    unknown = [
        UnknownSymbol(each.entry.symbol, [choice.symbol for choice in each.choices])
        for each in matches
        if each.kind in (MatchKind.NEAR, MatchKind.UNKNOWN)
    ]
    return AddedSymbols(added.symbols, doubles, unknown, added.beyond_limit, added.undo_id)


def _arranged(section: ArrangementSection, before: Watchlist) -> ArrangedSection:
    return ArrangedSection(section.name, [_new_entry(each, before) for each in section.entries])


def _new_entry(sent: ArrangedEntry, before: Watchlist) -> NewEntry:
    """Raises InvalidText. Answers 422 for an unknown symbol that is not on the list, and 404 if several differ from it
    only in case."""
    symbol = sent.symbol
    if before.entry(symbol) is None:
        symbol = api.single_symbol(deps.symbols().spellings(symbol)) or abort(422, f"The symbol {symbol} is not known.")
    return NewEntry(symbol, deps.board(QuoteBoard).price(symbol), note=note_text(sent.note))
