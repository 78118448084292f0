"""Changes of whole lists: create, rename, order, choose for the desk, delete.

Every function needs a transaction that its caller begins, and raises a Refusal, after which that must be rolled back.
"""

from collections.abc import Collection
from uuid import UUID

from app.db.connection import DatabaseConnection
from app.owned import names
from app.owned.order import moved
from app.owned.queries import lock_owner
from app.owned.refusals import LimitReached, NameTaken, StaleChange
from app.owned.undo import queries as undo_queries
from app.watchlists import queries
from app.watchlists.names import slug as slug_of
from app.watchlists.undo import payloads
from app.watchlists.undo.payloads import DeletedList, StoredEntry, StoredSection
from app.watchlists.watchlist import MAX_LISTS, NoSuchList, Summary


async def create(connection: DatabaseConnection, user_id: UUID, text: str) -> Summary:
    """An empty list behind the others. Raises InvalidText, NameTaken or LimitReached."""
    name = names.checked_name(text)
    await lock_owner(connection, user_id)
    used = await queries.names(connection, user_id)
    if names.name_key(name) in used.values():
        raise NameTaken(name)
    refuse_full(used)
    slug = slug_of(name, used)
    await queries.insert_section(
        connection, await queries.insert_list(connection, user_id, name, names.name_key(name), slug), ""
    )
    return await lock(connection, user_id, slug)


def refuse_full(lists: Collection[str]) -> None:
    """Raises LimitReached if a person who has these lists may have no other one."""
    if len(lists) >= MAX_LISTS:
        raise LimitReached(f"You have {MAX_LISTS} lists, which is the most there can be. Delete one first.")


async def lock(connection: DatabaseConnection, user_id: UUID, slug: str, version: int | None = None) -> Summary:
    """The list, which nobody else changes until the transaction ends.

    Raises NoSuchList, and StaleChange if `version` is given and differs.
    """
    summary = await queries.lock(connection, user_id, slug)
    if summary is None:
        raise NoSuchList
    if version is not None and version != summary.version:
        raise StaleChange({"version": str(summary.version)}, summary.version)
    return summary


async def rename(connection: DatabaseConnection, user_id: UUID, slug: str, text: str, before: str | None = None) -> int:
    """The address stays. `before`: the name that the form began with; None replaces any. Returns the new version.

    Raises InvalidText, NameTaken, or StaleChange if the name was changed to another one meanwhile.
    """
    name = names.checked_name(text)
    await lock_owner(connection, user_id)
    summary = await lock(connection, user_id, slug)
    if before is not None and summary.name not in (before, name):
        raise StaleChange({"name": summary.name}, summary.version)
    used = await queries.names(connection, user_id)
    if names.name_key(name) in [key for other, key in used.items() if other != slug]:
        raise NameTaken(name)
    await queries.set_name(connection, summary.id, name, names.name_key(name))
    return await queries.increment_version(connection, summary.id)


async def move(connection: DatabaseConnection, user_id: UUID, slug: str, place: int) -> None:
    """To `place` (from 0) among the owner's lists; what lies outside is the first or the last place."""
    await queries.set_order(connection, user_id, moved(await _order(connection, user_id, slug), slug, place))


async def step(connection: DatabaseConnection, user_id: UUID, slug: str, by: int) -> None:
    """Moves a list up (-1) or down (1) among the owner's lists, from where it is now."""
    order = await _order(connection, user_id, slug)
    await queries.set_order(connection, user_id, moved(order, slug, order.index(slug) + by))


async def choose_for_desk(connection: DatabaseConnection, user_id: UUID, slug: str | None) -> None:
    """None: the desk shows none of them."""
    await lock_owner(connection, user_id)
    summary = await lock(connection, user_id, slug) if slug is not None else None
    await queries.set_desk_list(connection, user_id, summary.id if summary else None)


async def delete(connection: DatabaseConnection, user_id: UUID, slug: str, version: int | None = None) -> UUID:
    """Returns the id by which it can be undone. Raises StaleChange if `version` is given and differs."""
    await lock_owner(connection, user_id)
    summary = await lock(connection, user_id, slug, version)
    place = (await _order(connection, user_id, slug)).index(slug)
    payload = DeletedList(
        summary.id,
        summary.name,
        slug,
        summary.version,
        place,
        summary.on_desk,
        [StoredSection(*section) for section in await queries.sections(connection, summary.id)],
        [StoredEntry.of(ranked) for ranked in await queries.ranked_entries(connection, summary.id)],
    )
    await queries.delete_list(connection, summary.id)
    return await store_undo(connection, user_id, payload)


async def store_undo(connection: DatabaseConnection, user_id: UUID, payload: payloads.Payload) -> UUID:
    kind, seconds = type(payload).__name__, payloads.UNDO_SECONDS[type(payload)]
    return await undo_queries.insert(connection, user_id, kind, payloads.encode(payload), seconds)


async def _order(connection: DatabaseConnection, user_id: UUID, slug: str) -> list[str]:
    await lock_owner(connection, user_id)
    order = [summary.slug for summary in await queries.summaries(connection, user_id)]
    if slug not in order:
        raise NoSuchList
    return order
