"""Undoes a change: puts entries or a list back, or takes an import back. Nothing that was added meanwhile is lost."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from app.db.connection import DatabaseConnection
from app.owned import names
from app.owned.queries import lock_owner
from app.owned.refusals import LimitReached, UndoExpired
from app.owned.undo import queries as undo_queries
from app.watchlists import queries
from app.watchlists.changes import lists
from app.watchlists.names import slug as slug_of
from app.watchlists.undo import payloads
from app.watchlists.undo.payloads import AddedEntries, DeletedList, RemovedEntries, StoredEntry
from app.watchlists.watchlist import MAX_ENTRIES, NoSuchList, Summary


async def undo(connection: DatabaseConnection, user_id: UUID, undo_id: UUID) -> str:
    """Needs a transaction. Returns the slug of the list. Raises UndoExpired, NoSuchList or LimitReached."""
    row = await undo_queries.take(connection, user_id, undo_id, payloads.KINDS)
    if row is None:
        raise UndoExpired
    match payloads.decode(row):
        case RemovedEntries(watchlist_id, entries):
            summary = await _lock(connection, user_id, watchlist_id)
            await _put_back(connection, summary, entries)
        case AddedEntries(watchlist_id, added, _):
            summary = await _lock(connection, user_id, watchlist_id)
            await _take_off(connection, summary, added)
        case DeletedList() as deleted:
            return await _restore(connection, user_id, deleted)
    return summary.slug


async def _lock(connection: DatabaseConnection, user_id: UUID, watchlist_id: UUID) -> Summary:
    """By the id: another list may have the address by now. Raises NoSuchList."""
    own = {each.id: each for each in await queries.summaries(connection, user_id)}
    if watchlist_id not in own:
        raise NoSuchList
    summary = await lists.lock(connection, user_id, own[watchlist_id].slug)
    if summary.id != watchlist_id:
        raise NoSuchList
    return summary


async def _take_off(connection: DatabaseConnection, summary: Summary, added: Mapping[str, datetime]) -> None:
    """One that was taken off and added again meanwhile stays."""
    on_list = [ranked.entry for ranked in await queries.ranked_entries(connection, summary.id)]
    symbols = [entry.symbol for entry in on_list if added.get(entry.symbol) == entry.added_at]
    await queries.delete_entries(connection, summary.id, symbols)
    await queries.increment_version(connection, summary.id)


async def _put_back(connection: DatabaseConnection, summary: Summary, entries: Iterable[StoredEntry]) -> None:
    """Where they were; to the first section if theirs is gone. One that was added again meanwhile stays as it is."""
    sections = [section.id for section in await queries.sections(connection, summary.id)]
    on_list = {ranked.entry.symbol for ranked in await queries.ranked_entries(connection, summary.id)}
    missing = [each for each in entries if each.symbol not in on_list]
    if len(on_list) + len(missing) > MAX_ENTRIES:
        raise LimitReached(f"{summary.name} has {MAX_ENTRIES} entries again, which is the most there can be.")
    ranked = [each.ranked(each.section if each.section in sections else sections[0]) for each in missing]
    await queries.insert_entries(connection, summary.id, ranked)
    await queries.increment_version(connection, summary.id)


async def _restore(connection: DatabaseConnection, user_id: UUID, deleted: DeletedList) -> str:
    """Under another name and address if another list has them now. Links that show it work again."""
    await lock_owner(connection, user_id)
    used = await queries.names(connection, user_id)
    lists.refuse_full(used)
    name = names.free_name(deleted.name, {*used.values()})
    slug = slug_of(name, used) if deleted.slug in used else deleted.slug
    await queries.insert_list(connection, user_id, name, names.name_key(name), slug, deleted.id)
    for section in deleted.sections:
        await queries.insert_section(connection, deleted.id, section.name, section.id)
    await queries.insert_entries(connection, deleted.id, [each.ranked(each.section) for each in deleted.entries])
    await queries.set_version(connection, deleted.id, deleted.version + 1)
    await lists.move(connection, user_id, slug, deleted.position)
    if deleted.on_desk and await queries.desk_list(connection, user_id) is None:
        await queries.set_desk_list(connection, user_id, deleted.id)
    return slug
