"""Changes the settings of a user, and announces the change to all web processes."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from app import deps, wire
from app.accounts.settings import queries
from app.accounts.settings.queries import StoredSettings
from app.identity import Identity, UserSettings
from app.web import viewer


async def change(who: Identity, revise: Callable[[UserSettings], UserSettings]) -> None:
    """Whatever version is stored. Without any, what the cookies say is changed and stored."""
    async with deps.pools().own.transaction() as connection:
        before = await queries.lock(connection, who.user_id)
        current = await queries.put(connection, who.user_id, revise(chosen_settings(before)))
    await announce(who.user_id, current)


async def replace(user_id: UUID, settings: UserSettings, version: int) -> StoredSettings:
    """What is stored then: other settings than these if they are not of this version any more."""
    async with deps.pools().own.transaction() as connection:
        before = await queries.lock(connection, user_id)
        if before.version != version:
            return before
        current = await queries.put(connection, user_id, settings)
    await announce(user_id, current)
    return current


async def announce(user_id: UUID, current: StoredSettings) -> None:
    """To be called once it is committed. Without Redis a process may show the earlier settings for a moment."""
    with suppress(wire.RedisUnavailable):
        await deps.sessions().announce_settings(user_id, current.version)


def chosen_settings(before: StoredSettings) -> UserSettings:
    return before.settings if before.version else viewer.of_cookies()
