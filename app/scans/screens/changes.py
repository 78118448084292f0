"""Changes of saved screens: create, rename, save another rule, order, delete, undo.

Every function needs a transaction that its caller begins, and raises a Refusal, after which that must be rolled back.
"""

from collections.abc import Collection
from uuid import UUID

import msgspec

from app.db.connection import DatabaseConnection
from app.owned import names
from app.owned.order import moved
from app.owned.queries import lock_owner
from app.owned.refusals import LimitReached, NameTaken, StaleChange, UndoExpired
from app.owned.undo import queries as undo_queries
from app.owned.undo.notice import UndoNotice
from app.owned.undo.queries import StoredUndo
from app.scans.screens import queries
from app.scans.screens.screen import MAX_SCREENS, SCREENS, NoSuchScreen, SavedScreen, ScreenDefinition

RESERVED = frozenset({"new", "order", "undo"})
"""Paths below /screens that are no screens."""
UNDO_SECONDS = 60


class DeletedScreen(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    slug: str
    version: int
    position: int
    definition: ScreenDefinition


UNDO_KINDS = (DeletedScreen.__name__,)


async def create(connection: DatabaseConnection, user_id: UUID, text: str, definition: ScreenDefinition) -> SavedScreen:
    """Behind the others. Raises InvalidText, NameTaken or LimitReached."""
    name = names.checked_name(text)
    await lock_owner(connection, user_id)
    used = await queries.names(connection, user_id)
    if names.name_key(name) in used.values():
        raise NameTaken(name, "screen")
    _refuse_full(used)
    slug = names.slug(name, "screen", used, RESERVED)
    await queries.insert(connection, user_id, name, names.name_key(name), slug, definition)
    return await lock(connection, user_id, slug)


async def lock(connection: DatabaseConnection, user_id: UUID, slug: str, version: int | None = None) -> SavedScreen:
    """The screen, which nobody else changes until the transaction ends.

    Raises NoSuchScreen, and StaleChange if `version` is given and differs.
    """
    await lock_owner(connection, user_id)
    screen = await queries.find(connection, user_id, slug)
    if screen is None:
        raise NoSuchScreen
    if version is not None and version != screen.version:
        raise StaleChange(screen.definition.parameters, screen.version)
    return screen


async def rename(connection: DatabaseConnection, user_id: UUID, slug: str, text: str, before: str | None = None) -> int:
    """The address stays. `before`: the name that the form began with; None replaces any. Returns the new version.

    Raises InvalidText, NameTaken, or StaleChange if the name was changed to another one meanwhile.
    """
    name = names.checked_name(text)
    screen = await lock(connection, user_id, slug)
    if before is not None and screen.name not in (before, name):
        raise StaleChange({"name": screen.name}, screen.version)
    used = await queries.names(connection, user_id)
    if names.name_key(name) in [key for other, key in used.items() if other != slug]:
        raise NameTaken(name, "screen")
    return await queries.set_name(connection, screen.id, name, names.name_key(name))


async def save(
    connection: DatabaseConnection,
    user_id: UUID,
    slug: str,
    definition: ScreenDefinition,
    version: int | None = None,
) -> int:
    """Returns the new version. Raises StaleChange with the stored parameters if `version` is given and differs."""
    screen = await lock(connection, user_id, slug, version)
    return await queries.set_definition(connection, screen.id, definition)


async def move(connection: DatabaseConnection, user_id: UUID, slug: str, place: int) -> None:
    """To `place` (from 0) among the owner's screens; what lies outside is the first or the last place."""
    await queries.set_order(connection, user_id, moved(await _order(connection, user_id, slug), slug, place))


async def step(connection: DatabaseConnection, user_id: UUID, slug: str, by: int) -> None:
    """Moves a screen up (-1) or down (1) among the owner's screens, from where it is now."""
    order = await _order(connection, user_id, slug)
    await queries.set_order(connection, user_id, moved(order, slug, order.index(slug) + by))


async def delete(connection: DatabaseConnection, user_id: UUID, slug: str, version: int | None = None) -> UUID:
    """Returns the id by which it can be undone. Raises StaleChange if `version` is given and differs."""
    screen = await lock(connection, user_id, slug, version)
    place = (await _order(connection, user_id, slug)).index(slug)
    payload = DeletedScreen(screen.id, screen.name, slug, screen.version, place, screen.definition)
    await queries.delete(connection, screen.id)
    text = msgspec.json.encode(payload).decode()
    return await undo_queries.insert(connection, user_id, DeletedScreen.__name__, text, UNDO_SECONDS)


def decode(row: StoredUndo) -> DeletedScreen:
    return msgspec.json.decode(row.payload, type=DeletedScreen)


def notice(row: StoredUndo) -> UndoNotice:
    text = f"{decode(row).name} deleted."
    return UndoNotice(row.id, text, "Put the screen back", row.expires_at.timestamp(), f"{SCREENS}/undo/{row.id}", [])


async def undo(connection: DatabaseConnection, user_id: UUID, undo_id: UUID) -> str:
    """Puts a deleted screen back, under another name and address if another one has them now. Links that show it work
    again. Returns its slug. Raises UndoExpired or LimitReached."""
    await lock_owner(connection, user_id)
    row = await undo_queries.take(connection, user_id, undo_id, UNDO_KINDS)
    if row is None:
        raise UndoExpired
    deleted, used = decode(row), await queries.names(connection, user_id)
    _refuse_full(used)
    name = names.free_name(deleted.name, {*used.values()})
    slug = names.slug(name, "screen", used, RESERVED) if deleted.slug in used else deleted.slug
    restored = (deleted.id, deleted.version + 1)
    await queries.insert(connection, user_id, name, names.name_key(name), slug, deleted.definition, restored)
    await move(connection, user_id, slug, deleted.position)
    return slug


def _refuse_full(screens: Collection[str]) -> None:
    if len(screens) >= MAX_SCREENS:
        raise LimitReached(f"You have {MAX_SCREENS} screens, which is the most there can be. Delete one first.")


async def _order(connection: DatabaseConnection, user_id: UUID, slug: str) -> list[str]:
    await lock_owner(connection, user_id)
    order = [screen.slug for screen in await queries.screens(connection, user_id)]
    if slug not in order:
        raise NoSuchScreen
    return order
