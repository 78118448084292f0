"""JSON API of the watchlists of whoever sends the request."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from quart import Blueprint, abort

from app import deps
from app.finance.symbols import folded
from app.identity import Scope
from app.owned import names
from app.owned.problems import as_problems
from app.owned.queries import lock_owner
from app.owned.undo.offer import UndoOffer
from app.watchlists import queries
from app.watchlists.changes import entries, lists, reversal
from app.watchlists.changes.sections import section_ids
from app.watchlists.documents import (
    ListedWatchlists,
    Name,
    Note,
    SectionName,
    WatchlistDocument,
    WatchlistEntry,
    versioned,
)
from app.watchlists.undo.payloads import UNDO_SECONDS, DeletedList, RemovedEntries
from app.watchlists.watchlist import MAX_ENTRIES, MAX_LISTS, EntryEdit, ListEntry, NoSuchList, Watchlist
from app.web import api, api_writes, guards
from app.web.api import Versioned
from app.web.api_writes import ApiWrite

blueprint = Blueprint("watchlists_api", __name__, url_prefix=f"{api.ROOT}/watchlists")


class WatchlistChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays. `place`: among your lists, from 1."""

    name: Name | UnsetType = UNSET
    on_desk: bool | UnsetType = UNSET
    place: Annotated[int, Meta(ge=1, le=MAX_LISTS)] | UnsetType = UNSET


class WatchlistEntryChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays. `section`: its name, created where there is none; `place`: within it, from 1."""

    note: Note | UnsetType = UNSET
    section: SectionName | UnsetType = UNSET
    place: Annotated[int, Meta(ge=1, le=MAX_ENTRIES)] | UnsetType = UNSET


@blueprint.get("")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(ListedWatchlists)
async def watchlists(_parameters: api.NoParameters) -> ListedWatchlists:
    """Your watchlists, without their entries."""
    async with deps.pools().own.acquire() as connection:
        return ListedWatchlists.of(await queries.summaries(connection, guards.identity().user_id))


@blueprint.get("/<slug:slug>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(WatchlistDocument, versioned=True)
async def watchlist(_parameters: api.NoParameters, slug: str) -> Versioned:
    """One of your watchlists, with its sections and entries."""
    async with deps.pools().own.transaction() as connection:
        return versioned(await queries.find(connection, guards.identity().user_id, slug) or abort(404))


@blueprint.patch("/<slug:slug>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(WatchlistDocument, body=WatchlistChange)
async def change(sent: WatchlistChange, write: ApiWrite, slug: str) -> Versioned:
    """Renames a watchlist, moves it among your lists, or chooses it for the desk."""
    user_id = guards.identity().user_id
    await _lock(write, slug)
    with as_problems():
        if sent.name is not UNSET:
            await lists.rename(write.connection, user_id, slug, sent.name)
    if sent.place is not UNSET:
        await lists.move(write.connection, user_id, slug, sent.place - 1)
    if sent.on_desk is not UNSET:
        await _show_on_desk(write, slug, on_desk=sent.on_desk)
    return versioned(await queries.find(write.connection, user_id, slug) or abort(404))


@blueprint.delete("/<slug:slug>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(UndoOffer, versioned=False)
async def delete(write: ApiWrite, slug: str) -> UndoOffer:
    """Deletes a watchlist, which can be undone for a short time."""
    await _lock(write, slug)
    undo_id = await lists.delete(write.connection, guards.identity().user_id, slug)
    return UndoOffer(undo_id, UNDO_SECONDS[DeletedList])


@blueprint.post("/undo/<uuid:undo_id>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(WatchlistDocument)
async def undo(write: ApiWrite, undo_id: UUID) -> Versioned:
    """Puts back what was removed, or takes added entries back."""
    user_id = guards.identity().user_id
    with as_problems():
        slug = await reversal.undo(write.connection, user_id, undo_id)
    return versioned(await queries.find(write.connection, user_id, slug) or abort(404))


@blueprint.patch("/<slug:slug>/entries/<path:symbol>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(WatchlistEntry, body=WatchlistEntryChange)
async def change_entry(sent: WatchlistEntryChange, write: ApiWrite, slug: str, symbol: str) -> Versioned:
    """Changes the note, section or place of an entry. The version is that of the watchlist."""
    user_id, before = guards.identity().user_id, await _lock(write, slug)
    entry = _entry(before, symbol)
    with as_problems():
        if sent.section is not UNSET:
            name = names.checked_name(sent.section) if sent.section else ""
            ids = await section_ids(write.connection, before.summary.id, [name])
            section_id = ids[names.name_key(name)]
            await entries.move_to_section(write.connection, user_id, slug, [entry.symbol], section_id)
        place, note = None if sent.place is UNSET else sent.place, None if sent.note is UNSET else sent.note
        edit = EntryEdit(entry.symbol, place, note, entry.note)
        await entries.arrange(write.connection, user_id, slug, [edit])
    after = await queries.find(write.connection, user_id, slug) or abort(404)
    return Versioned(WatchlistEntry.of(_entry(after, entry.symbol)), after.summary.version)


@blueprint.delete("/<slug:slug>/entries/<path:symbol>")
@guards.signed_in
@guards.open_to_tokens(Scope.JOBS)
@api_writes.typed(UndoOffer)
async def delete_entry(write: ApiWrite, slug: str, symbol: str) -> Versioned:
    """Takes an entry off a watchlist, which can be undone for a short time. The version is that of the watchlist."""
    entry = _entry(await _lock(write, slug), symbol)
    version, undo_id = await entries.remove(write.connection, guards.identity().user_id, slug, [entry.symbol])
    return Versioned(UndoOffer(undo_id, UNDO_SECONDS[RemovedEntries]), version)


async def _lock(write: ApiWrite, slug: str) -> Watchlist:
    """Also its owner, whom other changes lock before a list. Raises NoSuchList."""
    user_id = guards.identity().user_id
    await lock_owner(write.connection, user_id)
    summary = await lists.lock(write.connection, user_id, slug)
    write.require(summary.version)
    return await queries.whole(write.connection, summary)


async def _show_on_desk(write: ApiWrite, slug: str, *, on_desk: bool) -> None:
    user_id = guards.identity().user_id
    summary = await queries.summary(write.connection, user_id, slug)
    if summary is None:
        raise NoSuchList
    if summary.on_desk is not on_desk:
        await lists.choose_for_desk(write.connection, user_id, slug if on_desk else None)


def _entry(watchlist: Watchlist, symbol: str) -> ListEntry:
    """In any case, where no two of the list differ only in it. Answers 404 if it is not on the list."""
    if exact := watchlist.entry(symbol):
        return exact
    return watchlist.entry(api.single_symbol(_spellings(watchlist.entries, symbol))) or abort(
        404, "This symbol is not on the list."
    )


def _spellings(on_list: Iterable[ListEntry], symbol: str) -> list[str]:
    return [entry.symbol for entry in on_list if folded(entry.symbol) == folded(symbol)]
