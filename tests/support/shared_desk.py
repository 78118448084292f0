"""A desk that many tests use one after another: puts back what one test changed for the person they all sign in as."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import asyncpg

from app.accounts.settings import queries
from app.identity import UserSettings
from app.wire.channels import LIMITS_PREFIX, SETTINGS_VERSION_PREFIX
from app.wire.users.sessions import ANNOUNCED_SECONDS
from tests.support.desk_process import Desk


def reset_rate_limits(desk: Desk) -> None:
    """Tests share one address, from which they sign in more often than one reader may."""
    with desk.redis() as redis:
        for key in redis.scan_iter(f"{LIMITS_PREFIX}*", count=1000):
            redis.delete(key)


def reset_settings(desk: Desk) -> None:
    """Whoever stored settings has the defaults again, in every web process."""
    # In a thread of its own: a browser that is open occupies the event loop of this one.
    with ThreadPoolExecutor(1) as executor:
        versions = executor.submit(asyncio.run, store_defaults(desk.run_json()["database_url"])).result()
    with desk.redis() as redis:
        for user_id, version in versions.items():
            redis.set(f"{SETTINGS_VERSION_PREFIX}{user_id}", version, ex=ANNOUNCED_SECONDS)


async def store_defaults(url: str) -> dict[UUID, int]:
    """The new version of the settings of each user who had stored any."""
    connection = await asyncpg.connect(url)
    try:
        users = [row["user_id"] for row in await connection.fetch("select user_id from app.user_settings")]
        return {user_id: (await queries.put(connection, user_id, UserSettings())).version for user_id in users}
    finally:
        await connection.close()
